//! The account of one run, as data: what `report --format json` and `status RUN --output json` print, and what the other
//! formats are made of.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::status::Standing;

use crate::{
    failure::{Failure, Refusal},
    humanize,
    name::{Name, StepId, TaskId},
    view::{
        closing::notes,
        evidence::{self, ComparedTable, Verdict},
        line::{at, summary},
        model::{self, Attempt, Model, Step, StepState, Task, TaskState},
    },
};

/// What was done, when, by whom.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    pub run: String,
    pub plan: String,
    pub plan_version: Option<String>,
    pub environment: String,
    pub digest: String,
    pub houseplan: String,
    pub by: String,
    /// As bound; of secret ones only the names are kept.
    pub inputs: IndexMap<Name, Value>,
    pub secret_inputs: Vec<Name>,
    pub standing: Standing,
    pub started: Option<Timestamp>,
    /// The last record's time; the end, where the run has ended.
    pub last: Option<Timestamp>,
    pub sessions: Vec<SessionAccount>,
    pub members: Vec<MemberAccount>,
    pub steps: Vec<StepAccount>,
    /// What persons did: approvals, settlements, and giving up.
    pub decisions: Vec<Decision>,
    pub comparisons: Vec<ComparisonAccount>,
    pub backups: Vec<BackupAccount>,
    /// What the inventories say that no numbers do, and what the end of the run has left on a server.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SessionAccount {
    pub at: Timestamp,
    pub process: u32,
    pub host: String,
    pub user: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct MemberAccount {
    pub target: Name,
    pub member: Name,
    pub identity: Value,
}

#[derive(Debug, Clone, Serialize)]
pub struct StepAccount {
    pub step: StepId,
    pub state: &'static str,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub seconds: Option<f64>,
    pub summary: Option<String>,
    /// Every time a check said no, and every time something was wrong with the step itself.
    pub refusals: Vec<At<Refusal>>,
    pub failures: Vec<At<Failure>>,
    pub tasks: Vec<TaskAccount>,
}

/// Something, and when it was.
#[derive(Debug, Clone, Serialize)]
pub struct At<T> {
    pub at: Timestamp,
    pub what: T,
}

#[derive(Debug, Clone, Serialize)]
pub struct TaskAccount {
    pub task: TaskId,
    pub member: Option<Name>,
    pub state: &'static str,
    pub attempts: Vec<AttemptAccount>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AttemptAccount {
    pub number: u32,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub failure: Option<Failure>,
    /// `done`, `to be done again` or `failed`, where it had been in doubt.
    pub settled: Option<&'static str>,
}

/// What a person (or houseplan, for a settlement) decided.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    pub at: Timestamp,
    pub what: String,
    pub by: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ComparisonAccount {
    pub step: StepId,
    pub database: Option<String>,
    pub members: Vec<String>,
    pub tables: usize,
    pub equal: usize,
    pub equal_only_by_final: usize,
    /// Whether every table of the inventory was compared on every member of the target.
    pub covers_inventory: bool,
    /// The tables that were left out of the inventory, and so of the comparison.
    pub left_out: Vec<String>,
    /// `table on member: what differs`.
    pub differences: Vec<String>,
    pub compared: Vec<TableAccount>,
}

/// A table that was compared.
#[derive(Debug, Clone, Serialize)]
pub struct TableAccount {
    pub table: String,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub checksum: Option<String>,
    /// By the member: `=`, `= FINAL`, `differs`, `missing` or `extra`.
    pub found: IndexMap<String, &'static str>,
}

#[derive(Debug, Clone, Serialize)]
pub struct BackupAccount {
    pub step: StepId,
    pub store: Option<String>,
    pub path: String,
    pub bytes: Option<u64>,
    pub files: Option<u64>,
}

impl Account {
    /// Of a run as far as its records tell it. `at_work`: whether a process holds its lock.
    pub fn of(model: &Model, at_work: bool) -> Self {
        let created = model.created.as_ref();
        let text = |of: fn(&crate::engine::event::RunCreated) -> &String| created.map(of).cloned().unwrap_or_default();
        Self {
            run: model.run().to_owned(),
            plan: text(|it| &it.plan),
            plan_version: created.and_then(|it| it.plan_version.clone()),
            environment: text(|it| &it.environment),
            digest: text(|it| &it.digest),
            houseplan: text(|it| &it.houseplan),
            by: text(|it| &it.by),
            inputs: created.map(|it| it.inputs.clone()).unwrap_or_default(),
            secret_inputs: created.map(|it| it.secret_inputs.clone()).unwrap_or_default(),
            standing: Standing::of(model, at_work),
            started: model.first,
            last: model.last,
            sessions: sessions(model),
            members: members(model),
            steps: model.shown_steps().map(|(id, step)| step_account(model, id, step)).collect(),
            decisions: decisions(model),
            comparisons: comparisons(model),
            backups: backups(model),
            notes: all_notes(model),
        }
    }

    /// From the first record to the last.
    pub fn took(&self) -> Duration {
        self.started.zip(self.last).map_or(Duration::ZERO, |(from, to)| humanize::between(from, to))
    }
}

fn sessions(model: &Model) -> Vec<SessionAccount> {
    let account = |it: &crate::view::model::Session| SessionAccount {
        at: it.at,
        process: it.process,
        host: it.host.clone(),
        user: it.user.clone(),
    };
    model.sessions.iter().map(account).collect()
}

fn members(model: &Model) -> Vec<MemberAccount> {
    let account = |it: &crate::view::model::Pinned| MemberAccount {
        target: it.target.clone(),
        member: it.member.clone(),
        identity: it.identity.clone(),
    };
    model.members.iter().map(account).collect()
}

fn step_account(model: &Model, id: &StepId, step: &Step) -> StepAccount {
    StepAccount {
        step: id.clone(),
        state: standing_of(model, step),
        started: step.entered,
        ended: step.ended,
        seconds: model.step_took(id, step).map(|took| took.as_secs_f64()),
        summary: summary(model, id),
        refusals: step.refusals.iter().map(|(at, what)| At { at: *at, what: what.clone() }).collect(),
        failures: step.failures.iter().map(|(at, what)| At { at: *at, what: what.clone() }).collect(),
        tasks: model.tasks_of(step).map(|(id, task)| task_account(id, task)).collect(),
    }
}

/// How a step stands, in one word or two; once the run has ended, nothing is waited for any more.
pub fn standing_of(model: &Model, step: &Step) -> &'static str {
    match (model.standing, step_state(model.state(step))) {
        // What was asked of it is done; only what comes after in the step is not.
        (model::Standing::Ended(_), "running") if has_acted(model, step) => "done",
        (model::Standing::Ended(_), "running") => "given up",
        (model::Standing::Ended(_), "waiting") => "not begun",
        (_, state) => state,
    }
}

fn has_acted(model: &Model, step: &Step) -> bool {
    let acted = |task: &Task| matches!(task.state, TaskState::Acted | TaskState::CheckingAfter | TaskState::Succeeded);
    !step.tasks.is_empty() && model.tasks_of(step).all(|(_, task)| acted(task))
}

fn task_account(id: &TaskId, task: &Task) -> TaskAccount {
    let attempt = |it: &Attempt| AttemptAccount {
        number: it.number,
        started: it.started,
        ended: it.ended,
        failure: it.failure.clone(),
        settled: it.settled.as_ref().map(|settled| settled.verdict),
    };
    TaskAccount {
        task: id.clone(),
        member: task.member.clone(),
        state: task_state(&task.state),
        attempts: task.attempts.iter().map(attempt).collect(),
    }
}

/// A step's state, in one word or two.
fn step_state(state: StepState) -> &'static str {
    match state {
        StepState::Waiting => "waiting",
        StepState::Entered | StepState::CheckingBefore | StepState::Running | StepState::CheckingAfter => "running",
        StepState::Succeeded => "succeeded",
        StepState::Skipped => "skipped",
        StepState::Stopped => "stopped",
        StepState::Failed => "failed",
    }
}

/// A task's state, in one word or two.
pub fn task_state(state: &TaskState) -> &'static str {
    match state {
        TaskState::Waiting => "waiting",
        TaskState::CheckingBefore | TaskState::Running => "running",
        TaskState::CheckingAfter | TaskState::Acted => "acted",
        TaskState::Succeeded => "succeeded",
        TaskState::Failed(_) => "failed",
        TaskState::Retrying(..) => "to be retried",
        TaskState::Stopped(_) => "stopped",
        TaskState::InDoubt(_) | TaskState::Settling | TaskState::Unsettled(_) => "in doubt",
        TaskState::AwaitingApproval { .. } => "awaits approval",
    }
}

fn decisions(model: &Model) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for (id, task) in &model.tasks {
        if let Some((at, digest, by)) = &task.approved {
            let what = format!("approved {id}, which showed {digest}");
            decisions.push(Decision { at: *at, what, by: by.clone() });
        }
        for attempt in &task.attempts {
            if let Some(settled) = &attempt.settled {
                let what = format!("settled {id}, attempt {}, as {}", attempt.number, settled.verdict);
                decisions.push(Decision { at: settled.at, what, by: settled.by.clone() });
            }
        }
    }
    if let Some((at, by)) = &model.abandoned {
        decisions.push(Decision {
            at: *at,
            what: format!("abandoned the run{}", model::without(&model.without)),
            by: by.clone(),
        });
    }
    decisions.sort_by_key(|decision| decision.at);
    decisions
}

fn comparisons(model: &Model) -> Vec<ComparisonAccount> {
    let account = |it: evidence::Compared<'_>| {
        let unequal = it.tables.iter().flat_map(|table| {
            let unequal = table.found.iter().filter(|(_, found)| !found.verdict.is_equal());
            unequal.map(|(member, found)| {
                let words: Vec<&str> = found.differences.iter().map(String::as_str).collect();
                let words = if words.is_empty() { Verdict::sign(found.verdict).to_owned() } else { words.join("; ") };
                format!("{} on {member}: {words}", table.name)
            })
        });
        ComparisonAccount {
            step: it.step.clone(),
            database: it.database.map(str::to_owned),
            members: it.members.iter().map(|member| (*member).to_owned()).collect(),
            tables: it.tables.len(),
            equal: it.tables.iter().filter(|table| !table.found.is_empty() && table.all_equal()).count(),
            equal_only_by_final: it.by_final(),
            covers_inventory: it.covers_inventory,
            left_out: it.left_out.iter().map(|name| (*name).to_owned()).collect(),
            differences: unequal.collect(),
            compared: it.tables.iter().map(table_account).collect(),
        }
    };
    evidence::compared(model).into_iter().map(account).collect()
}

fn table_account(table: &ComparedTable<'_>) -> TableAccount {
    TableAccount {
        table: table.name.to_owned(),
        rows: table.rows,
        bytes: table.bytes,
        checksum: table.checksum.clone(),
        found: table.found.iter().map(|(member, found)| ((*member).to_owned(), found.verdict.sign())).collect(),
    }
}

fn all_notes(model: &Model) -> Vec<String> {
    let mut all: Vec<String> = notes(model).into_iter().map(str::to_owned).collect();
    if matches!(model.standing, model::Standing::Ended(_)) {
        let left = |(target, member): &(Name, Name)| format!("the claim on {} was left there", at(target, member));
        all.extend(model.claims.iter().map(left));
    }
    all
}

fn backups(model: &Model) -> Vec<BackupAccount> {
    let account = |it: evidence::BackedUp<'_>| BackupAccount {
        step: it.step.clone(),
        store: it.store.map(str::to_owned),
        path: it.path.to_owned(),
        bytes: it.bytes,
        files: it.files,
    };
    evidence::backups(model).into_iter().map(account).collect()
}
