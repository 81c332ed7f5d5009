//! The account as JSON: what `report --format json` and `status RUN --output json` print. A public format: keys are added,
//! and none changes its meaning.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    Account, At, Pinned, Session, Step, Task, TaskStatus,
    decisions::Decision,
    evidence::{BackedUp, Compared},
    next::NextCommand,
    standing::Standing,
};
use crate::{
    engine::event::RunCreated,
    failure::{Failure, Refusal},
    name::{Name, StepId, TaskId},
};

/// What was done, when, by whom.
#[derive(Serialize)]
struct Document<'a> {
    run: &'a str,
    plan: &'a str,
    plan_version: Option<&'a str>,
    environment: &'a str,
    digest: &'a str,
    houseplan: &'a str,
    by: &'a str,
    /// As bound; of secret ones only the names are kept.
    inputs: &'a IndexMap<Name, Value>,
    secret_inputs: &'a [Name],
    standing: Standing,
    started: Option<Timestamp>,
    /// The last record's time; the end, where the run has ended.
    last: Option<Timestamp>,
    sessions: &'a [Session],
    members: &'a [Pinned],
    steps: Vec<StepEntry<'a>>,
    decisions: Vec<Decision>,
    comparisons: Vec<Comparison<'a>>,
    backups: Vec<BackedUp<'a>>,
    notes: Vec<String>,
    /// What waits for an approval.
    approvals: Vec<Approval<'a>>,
    /// What may be typed now.
    next: Vec<NextCommand>,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    step: &'a StepId,
    /// The steps that it comes after, of those that are listed.
    needs: Vec<&'a StepId>,
    state: &'static str,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    seconds: Option<f64>,
    summary: Option<String>,
    refusals: &'a [At<Refusal>],
    failures: &'a [At<Failure>],
    tasks: Vec<TaskEntry<'a>>,
}

#[derive(Serialize)]
struct TaskEntry<'a> {
    task: &'a TaskId,
    #[serde(flatten)]
    own: &'a Task,
}

#[derive(Serialize)]
struct Approval<'a> {
    task: &'a TaskId,
    digest: &'a str,
    shown: &'a Value,
}

/// A comparison, with what can be counted of it.
#[derive(Serialize)]
struct Comparison<'a> {
    #[serde(flatten)]
    compared: Compared<'a>,
    tables: usize,
    equal: usize,
    equal_only_by_final: usize,
    /// `table on member: what differs`.
    differences: Vec<String>,
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let created = self.created.as_ref();
        let text = |of: fn(&RunCreated) -> &str| created.map(of).unwrap_or_default();
        let none = IndexMap::new();
        let document = Document {
            run: self.run(),
            plan: text(|it| &it.plan),
            plan_version: created.and_then(|it| it.plan_version.as_deref()),
            environment: text(|it| &it.environment),
            digest: text(|it| &it.digest),
            houseplan: text(|it| &it.houseplan),
            by: text(|it| &it.by),
            inputs: created.map_or(&none, |it| &it.inputs),
            secret_inputs: created.map(|it| it.secret_inputs.as_slice()).unwrap_or_default(),
            standing: self.standing(),
            started: self.first,
            last: self.last,
            sessions: &self.sessions,
            members: &self.members,
            steps: self.shown_steps().map(|(id, step)| self.step_entry(id, step)).collect(),
            decisions: self.decisions(),
            comparisons: self.compared().into_iter().map(comparison).collect(),
            backups: self.backups(),
            notes: [self.notes(), self.kept_locks()].concat(),
            approvals: self.approvals(),
            next: self.next(),
        };
        document.serialize(serializer)
    }
}

impl Account {
    fn step_entry<'a>(&'a self, id: &'a StepId, step: &'a Step) -> StepEntry<'a> {
        StepEntry {
            step: id,
            needs: self.needs(id),
            state: self.step_word(step),
            started: step.entered,
            ended: step.ended,
            seconds: self.step_took(id, step).map(|took| took.as_secs_f64()),
            summary: self.summary(id),
            refusals: &step.refusals,
            failures: &step.failures,
            tasks: self.tasks_of(step).map(|(task, own)| TaskEntry { task, own }).collect(),
        }
    }

    fn approvals(&self) -> Vec<Approval<'_>> {
        let awaited = self.tasks.iter().filter(|(_, task)| self.may_still_run(&task.step));
        awaited
            .filter_map(|(task, own)| match &own.state {
                TaskStatus::AwaitingApproval { shown, digest } => Some(Approval { task, digest, shown }),
                _ => None,
            })
            .collect()
    }
}

fn comparison(compared: Compared<'_>) -> Comparison<'_> {
    Comparison {
        tables: compared.tables.len(),
        equal: compared.equal(),
        equal_only_by_final: compared.by_final(),
        differences: compared.differences().map(|it| it.to_string()).collect(),
        compared,
    }
}
