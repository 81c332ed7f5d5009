//! Which of a plan's checks hold now: those that need nothing of a run. What `render --check` asks.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{
    SessionError,
    binding::Binding,
    checks::render,
    prepare::{Documents, secrets},
};
use crate::{
    action::Attempt,
    check::Checks,
    engine::{
        event::{Failure, Refusal},
        performer::{CheckAnswer, CheckRun, NoteSender, Phase, Site},
    },
    exit::Exit,
    plan::{
        binding::Given,
        expanded::{Deed, ExpandedStep},
        model::Check,
        name::TaskId,
    },
    template::{RunFacts, redact::Redactor},
};

/// What was found.
pub struct Checked {
    lines: Vec<(String, Found)>,
}

enum Found {
    Holds,
    Refused(Refusal),
    Failed(Failure),
    /// It uses what only a run knows.
    NotYet,
}

impl Checked {
    /// A line a check, with what was found where it does not hold.
    pub fn text(&self) -> String {
        let mut text = String::from("checks, as of now\n");
        for (name, found) in &self.lines {
            let _ = match found {
                Found::Holds => writeln!(text, "  ✓ {name}"),
                Found::NotYet => writeln!(text, "  · {name}: known only in a run"),
                Found::Failed(failure) => writeln!(text, "  ✗ {name}: {}", failure.message),
                Found::Refused(refusal) => {
                    let found = refusal.found.iter().map(|cells| format!("\n      {}", cells.join("   ")));
                    writeln!(text, "  ✗ {name}{}", found.collect::<String>())
                }
            };
        }
        text
    }

    /// Stopped where a check says no, failed where one cannot be read.
    pub fn exit(&self) -> Exit {
        let any = |wanted: fn(&Found) -> bool| self.lines.iter().any(|(_, found)| wanted(found));
        if any(|found| matches!(found, Found::Failed(_))) {
            Exit::Failed
        } else if any(|found| matches!(found, Found::Refused(_))) {
            Exit::Stopped
        } else {
            Exit::Done
        }
    }
}

/// Reads every check that uses nothing of a run, once, without waiting for it to hold.
pub async fn check_now(documents: &Documents, given: &Given) -> Result<Checked, SessionError> {
    let run = RunFacts { id: "render".to_owned(), started: String::new() };
    let inputs = documents.bind(given, &run)?;
    let (targets, connections) = documents.connect(".".into())?;
    let secrets = secrets(&targets, &inputs);
    let binding = Binding {
        plan: Arc::clone(&documents.plan),
        inputs,
        run,
        connections: Arc::new(connections),
        redactor: Arc::new(Redactor::new(&secrets)),
        secrets,
        secret_variables: documents.secret_variables(),
        without: Vec::new(),
        elsewhere: HashMap::new(),
    };
    let mut asked = Vec::new();
    for step in &documents.plan.steps {
        let own: &[Check] = match &step.deed {
            Deed::Check(checks) => checks,
            _ => &[],
        };
        for check in own.iter().chain(&step.preconditions) {
            asked.push(look(&binding, step, check));
        }
    }
    Ok(Checked { lines: join_all(asked).await })
}

async fn look(binding: &Binding, step: &ExpandedStep, check: &Check) -> (String, Found) {
    let name = format!("{}: {}", step.id, check.name);
    let attempt = Attempt {
        run: binding.run.id.clone(),
        task: TaskId::new(&step.id, None, None),
        number: 0,
        stalled_after: None,
    };
    let nothing = |_: &str| None;
    let at = super::binding::Standpoint { binding, step, steps: &nothing, member: None, item: None };
    let once = Check { within: None, ..check.clone() };
    let Ok(checks) = render(at, std::iter::once(&once), Some(Phase::Before), None, &[], &attempt) else {
        return (name, Found::NotYet);
    };
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    let site = Site { progress: Arc::new(|_| {}), notes: NoteSender(notes), interrupted: CancellationToken::new() };
    let answer = Box::new(Checks(checks)).check(site).await;
    let found = match answer {
        CheckAnswer::Held => Found::Holds,
        CheckAnswer::Refused(refusal) => Found::Refused(refusal),
        // Its expectation uses what a step gives.
        CheckAnswer::Failed(failure) if failure.code == "houseplan::template::failed" => Found::NotYet,
        CheckAnswer::Failed(failure) => Found::Failed(failure),
        CheckAnswer::Interrupted => Found::NotYet,
    };
    (name, found)
}
