//! Whether a plan could begin now, and which of its checks hold that need nothing of a run. What `render --check` asks.
//!
//! Asks what a run asks before it begins, in the same words, and changes nothing: it takes neither a lock nor a claim.

use std::{fmt::Write as _, sync::Arc};

use futures::future::join_all;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    documents::{Documents, here},
    error::SessionError,
    perform::checks::render,
    session::prepared::PreparedRun,
};

use crate::{
    action::{
        Attempt,
        context::{EvalContext, RunContext},
    },
    catalogue,
    check::Checks,
    claims::unclaimed,
    diagnose::is_no_answer,
    engine::performer::{CheckAnswer, CheckRun, NoteSender, Phase, Site},
    exit::Exit,
    failure::Failure,
    name::{StepId, TaskId},
    plan::{
        actions::{Action, Check},
        binding::Given,
        expanded::ExpandedStep,
    },
    redact::Redactor,
    template::RunFacts,
    world::preflight,
};

/// What was found.
#[derive(Debug, Serialize)]
pub struct DryCheck {
    /// Why a run would not begin; empty where it would.
    refused: Vec<Failure>,
    checks: Vec<DryChecked>,
}

/// One check, as of now.
#[derive(Debug, Serialize)]
struct DryChecked {
    step: StepId,
    check: String,
    state: State,
    /// What was found where it does not hold, or why it cannot be read: a line each.
    found: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Holds,
    DoesNotHold,
    NotRead,
    /// It uses what only a run knows.
    NotYet,
}

impl DryCheck {
    /// A line a check, with what was found where it does not hold.
    pub fn text(&self) -> String {
        let mut text = String::from("whether it could begin, as of now\n");
        if self.refused.is_empty() {
            text.push_str("  ✓ the servers are as the plan needs them, and no run has claimed them\n");
        }
        let mut said = None;
        for failure in &self.refused {
            let _ = writeln!(text, "  ✗ {} ({})", failure.message, failure.code);
            // Of several members the same is to be done.
            if said != Some(&failure.help) {
                failure.help.iter().flat_map(|help| help.lines()).for_each(|line| {
                    let _ = writeln!(text, "      {line}");
                });
            }
            said = Some(&failure.help);
        }
        text.push_str("\nchecks, as of now\n");
        for it in &self.checks {
            let name = format!("{}: {}", it.step, it.check);
            let _ = match it.state {
                State::Holds => writeln!(text, "  ✓ {name}"),
                State::NotYet => writeln!(text, "  · {name}: known only in a run"),
                State::DoesNotHold | State::NotRead => writeln!(text, "  ✗ {name}"),
            };
            it.found.iter().for_each(|line| {
                let _ = writeln!(text, "      {line}");
            });
        }
        text
    }

    /// The same for a merge request.
    pub fn markdown(&self) -> String {
        let text = self.text();
        let fence = "`".repeat(text.split(|it| it != '`').map(str::len).max().unwrap_or(0).max(2) + 1);
        format!("## As of now\n\n{fence}text\n{text}{fence}\n")
    }

    /// Claimed or failed as `run` would be; else stopped where a check says no, failed where one cannot be read.
    pub fn exit(&self) -> Exit {
        let any = |wanted: State| self.checks.iter().any(|it| it.state == wanted);
        if self.refused.iter().any(|failure| failure.is(&catalogue::claim::HELD)) {
            Exit::Claimed
        } else if !self.refused.is_empty() || any(State::NotRead) {
            Exit::Failed
        } else if any(State::DoesNotHold) {
            Exit::Stopped
        } else {
            Exit::Done
        }
    }

    /// Without what a server has said of secrets.
    fn redacted(mut self, redactor: &Redactor) -> Self {
        let redact = |text: &mut String| *text = redactor.redact(text).into_owned();
        self.refused.iter_mut().for_each(|failure| redact(&mut failure.message));
        self.checks.iter_mut().flat_map(|it| &mut it.found).for_each(redact);
        self
    }
}

/// Asks what a run asks before it begins, then reads every check that uses nothing of a run, once, without waiting for it to
/// hold.
pub async fn dry_check(documents: &Documents, given: &Given) -> Result<DryCheck, SessionError> {
    let run = RunFacts { id: "render".to_owned(), started: String::new() };
    let parts = PreparedRun::new(documents, given, run, &here(), 1)?;
    let refused = refused(&parts, documents).await;
    let mut asked = Vec::new();
    for step in &documents.plan.steps {
        let own: &[Check] = match &step.action {
            Action::Check(checks) => checks,
            _ => &[],
        };
        for check in own.iter().chain(&step.preconditions) {
            asked.push(look(&parts.binding, step, check));
        }
    }
    Ok(DryCheck { refused, checks: join_all(asked).await }.redacted(&parts.binding.redactor))
}

async fn refused(parts: &PreparedRun, documents: &Documents) -> Vec<Failure> {
    let mut refused = preflight(&parts.expectations(&documents.plan), &parts.binding.run.id, &[]).await.err();
    let claimed = parts.claims();
    let claims = join_all(claimed.iter().map(|store| unclaimed(store.as_ref()))).await;
    // Of a server that does not answer, the first look has told.
    let claims = claims.into_iter().filter_map(Result::err).filter(|failure| !is_no_answer(failure));
    refused.get_or_insert_default().extend(claims);
    refused.unwrap_or_default()
}

async fn look(binding: &RunContext, step: &ExpandedStep, check: &Check) -> DryChecked {
    let attempt = Attempt {
        run: binding.run.id.clone(),
        task: TaskId::new(&step.id, None, None),
        number: 0,
        stalled_after: None,
    };
    let nothing = |_: &str| None;
    let at = EvalContext { binding, step, steps: &nothing, member: None, item: None };
    let once = Check { within: None, ..check.clone() };
    let now = |state, found| DryChecked { step: step.id.clone(), check: check.name.clone(), state, found };
    let Ok(checks) = render(at, std::iter::once(&once), Some(Phase::Before), None, &[], &attempt) else {
        return now(State::NotYet, Vec::new());
    };
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    let site = Site { progress: Arc::new(|_| {}), notes: NoteSender(notes), interrupted: CancellationToken::new() };
    match Box::new(Checks(checks)).check(site).await {
        CheckAnswer::Held => now(State::Holds, Vec::new()),
        CheckAnswer::Refused(refusal) => {
            now(State::DoesNotHold, refusal.found.iter().map(|cells| cells.join("   ")).collect())
        }
        // Its expectation uses what a step gives.
        CheckAnswer::Failed(failure) if failure.is(&catalogue::template::FAILED) => now(State::NotYet, Vec::new()),
        CheckAnswer::Failed(failure) => now(State::NotRead, vec![without_name(&failure.message, &check.name)]),
        CheckAnswer::Interrupted => now(State::NotYet, Vec::new()),
    }
}

/// A failure's words where the check's name stands already.
fn without_name(message: &str, check: &str) -> String {
    message.strip_prefix(&format!("check `{check}`: ")).unwrap_or(message).to_owned()
}
