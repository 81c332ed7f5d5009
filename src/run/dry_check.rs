//! Whether a plan could begin now, and which of its checks hold that need nothing of a run. What `render --check` asks.
//!
//! Asks what a run asks before it begins, in the same words, and changes nothing: it takes neither a lock nor a claim.

use std::sync::Arc;

use futures::future::{join, join_all};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    documents::{Documents, branches::Branches, here},
    error::SessionError,
    readiness::{ApprovalToCome, Readiness, ask},
    session::prepared::PreparedRun,
};

use crate::{
    action::{
        Attempt,
        acting::Around,
        check::render,
        context::{EvalContext, RunContext, expression},
        helm,
    },
    catalogue,
    check::Checks,
    claims::unclaimed,
    diagnose::is_no_answer,
    engine::performer::{CheckAnswer, CheckRun, NoteSender, Phase, TaskContext},
    exit::Exit,
    failure::Failure,
    name::{StepId, TaskId},
    plan::{
        actions::{Action, Check},
        binding::InputSources,
    },
    redact::Redactor,
    template::{Reference, RunFacts},
    world::preflight,
};

/// What was found.
#[derive(Debug, Serialize)]
pub struct DryCheck {
    /// Why a run would not begin; empty where it would. What is not there is told once, whoever needs it.
    pub refused: Vec<Failure>,
    /// What is there besides the servers, a line each.
    pub answered: Vec<String>,
    /// What could not be asked, or is known only in the run, a line each.
    pub unknown: Vec<String>,
    /// Where the run will stop until a person approves.
    pub approvals: Vec<ApprovalToCome>,
    /// What steps with `helm` would change, as far as that is known before the run.
    pub upgrades: Vec<DryUpgrade>,
    pub checks: Vec<DryChecked>,
}

/// What an upgrade of a release would change, as of now.
#[derive(Debug, Serialize)]
pub struct DryUpgrade {
    /// As a person calls it.
    pub step: StepId,
    /// An object a line, or why it cannot be told.
    pub changes: Vec<String>,
}

/// One check, as of now.
#[derive(Debug, Serialize)]
pub struct DryChecked {
    /// As a person calls it.
    pub step: StepId,
    pub check: String,
    pub state: CheckState,
    /// What was found where it does not hold, or why it cannot be read: a line each.
    pub found: Vec<String>,
    /// Where it cannot be read because of something that is among [`DryCheck::refused`]: its index there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Holds,
    DoesNotHold,
    NotRead,
    /// It uses what only a run knows.
    NotYet,
}

impl DryCheck {
    /// Claimed or failed as `run` would be; else stopped where a check says no, failed where one cannot be read.
    pub fn exit(&self) -> Exit {
        let any = |wanted: CheckState| self.checks.iter().any(|it| it.state == wanted);
        if self.refused.iter().any(|failure| failure.is(&catalogue::claim::HELD)) {
            Exit::Claimed
        } else if !self.refused.is_empty() || any(CheckState::NotRead) {
            Exit::Failed
        } else if any(CheckState::DoesNotHold) {
            Exit::Stopped
        } else {
            Exit::Done
        }
    }

    /// Without what a server has said of secrets.
    fn redacted(mut self, redactor: &Redactor) -> Self {
        let redact = |text: &mut String| *text = redactor.redact(text).into_owned();
        self.refused.iter_mut().for_each(|failure| redact(&mut failure.message));
        self.answered.iter_mut().chain(&mut self.unknown).for_each(redact);
        self.upgrades.iter_mut().flat_map(|it| &mut it.changes).for_each(redact);
        self.checks.iter_mut().flat_map(|it| &mut it.found).for_each(redact);
        self
    }
}

/// Asks what a run asks before it begins, then reads every check that uses nothing of a run, once, without waiting for it to
/// hold.
pub async fn dry_check(documents: &Documents, given: &InputSources) -> Result<DryCheck, SessionError> {
    let run = RunFacts { id: "render".to_owned(), started: String::new() };
    let prepared = PreparedRun::new(documents, given, run, &here(), 1, &|_| true).await?;
    let (mut refused, ready) = join(refused(&prepared, documents), ask(&prepared.context, |_| true)).await;
    refused.extend(ready.failures);
    let plan = &documents.plan;
    let branches = Branches { plan, inputs: &prepared.context.inputs, run: &prepared.context.run };
    let mut asked = Vec::new();
    for (index, step) in plan.steps.iter().enumerate().filter(|(index, _)| branches.may_happen(*index)) {
        let own: &[Check] = match &step.action {
            Action::Check(checks) => checks,
            _ => &[],
        };
        for check in own.iter().chain(&step.preconditions) {
            asked.push(look(&prepared.context, index, check, &refused));
        }
    }
    let checks = join_all(asked).await;
    let may_happen = (0..plan.steps.len()).filter(|index| branches.may_happen(*index));
    let upgrades = join_all(may_happen.map(|index| upgrade(&prepared.context, index))).await;
    let upgrades = upgrades.into_iter().flatten().collect();
    let Readiness { answered, unknown, approvals, .. } = ready;
    Ok(DryCheck { refused, answered, unknown, approvals, upgrades, checks }.redacted(&prepared.context.redactor))
}

/// What a step with `helm` would change; `None` for another one, and where only the run knows.
async fn upgrade(context: &RunContext, index: usize) -> Option<DryUpgrade> {
    let Action::Helm(helm) = &context.step(index).action else { return None };
    let changes = helm::foretold(context, context.step(index), helm).await?;
    let changes = changes.unwrap_or_else(|failure| {
        let cause = failure.cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("cannot be told: {}{cause}", failure.message).lines().map(str::to_owned).collect()
    });
    Some(DryUpgrade { step: context.plan.called(index).clone(), changes })
}

async fn refused(prepared: &PreparedRun, documents: &Documents) -> Vec<Failure> {
    let refused = preflight(&prepared.expectations(&documents.plan), &prepared.context.run.id, &[]).await.err();
    let claimed = prepared.claims();
    let claims = join_all(claimed.iter().map(|store| unclaimed(store.as_ref()))).await;
    // Of a server that does not answer, the first look has told.
    let claims = claims.into_iter().filter_map(Result::err).filter(|failure| !is_no_answer(failure));
    let mut refused = refused.unwrap_or_default();
    for failure in claims {
        // Of one that lets nobody in, too.
        if !refused.iter().any(|told: &Failure| told.code == failure.code && told.member == failure.member) {
            refused.push(failure);
        }
    }
    refused
}

async fn look(context: &RunContext, index: usize, check: &Check, refused: &[Failure]) -> DryChecked {
    let (step, called) = (context.step(index), context.plan.called(index));
    let attempt = Attempt {
        run: context.run.id.clone(),
        task: TaskId::new(&step.id, None, None),
        number: 0,
        stalled_after: None,
    };
    let nothing = |_: &str| None;
    let at = EvalContext { context, step, steps: &nothing, member: None, item: None };
    let once = Check { within: None, ..check.clone() };
    let now =
        |state, found| DryChecked { step: called.clone(), check: check.name.clone(), state, found, because: None };
    let around = Around { task: None, past: &[], attempt: &attempt };
    let Ok(checks) = render(at, std::iter::once(&once), Some(Phase::Before), &around) else {
        return now(CheckState::NotYet, Vec::new());
    };
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    let task_context =
        TaskContext { progress: Arc::new(|_| {}), notes: NoteSender(notes), interrupted: CancellationToken::new() };
    match Box::new(Checks(checks)).check(task_context).await {
        CheckAnswer::Held => now(CheckState::Holds, Vec::new()),
        CheckAnswer::Refused(refusal) => {
            now(CheckState::DoesNotHold, refusal.found.iter().map(|cells| cells.join("   ")).collect())
        }
        // Its expectation uses what a step gives, or it reads a store by what only a run makes.
        CheckAnswer::Failed(failure)
            if (failure.is(&catalogue::template::FAILED) && needs_a_run(check))
                || failure.is(&catalogue::store::COLLECTION_NOT_MADE) =>
        {
            now(CheckState::NotYet, Vec::new())
        }
        CheckAnswer::Failed(failure) => DryChecked {
            because: refused.iter().position(|it| it.code == failure.code && it.member == failure.member),
            ..now(CheckState::NotRead, vec![without_name(&failure.message, &check.name)])
        },
        CheckAnswer::Interrupted => now(CheckState::NotYet, Vec::new()),
    }
}

/// Whether its expectation uses what only a run knows: what a step gives, for what a task is.
fn needs_a_run(check: &Check) -> bool {
    let expect = check.expect.as_ref().and_then(|expect| expression(expect).ok());
    let of_a_run = |reference: &Reference| matches!(reference.namespace(), "steps" | "run" | "member" | "item");
    expect.is_some_and(|expect| expect.references().iter().any(of_a_run))
}

/// A failure's words where the check's name stands already.
fn without_name(message: &str, check: &str) -> String {
    message.strip_prefix(&format!("check `{check}`: ")).unwrap_or(message).to_owned()
}
