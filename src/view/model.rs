//! What the views, the screens at the end, `status` and `report` know of a run: a fold over its records.
//!
//! Apart from the engine's state, which decides: this one keeps times, attempts and words, and decides nothing. It takes any
//! order of events without complaint, so that a report can be made of a journal that this houseplan did not write.

use std::time::Duration;

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Record,
    outline::{Kind, Outline},
};

use crate::{
    engine::event::{MemberName, Outcome, RunCreated, SuspendReason},
    failure::{Failure, Refusal},
    humanize,
    name::{Name, StepId, TaskId},
};

/// What a run was given up without, behind that it was; nothing where it is whole.
pub fn without<'a>(members: impl IntoIterator<Item = &'a MemberName>) -> String {
    let names: Vec<&str> = members.into_iter().map(|it| it.member.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" without {}", humanize::list(&names)) }
}

/// A run so far.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub outline: Outline,
    pub created: Option<RunCreated>,
    /// The processes that worked at it, the first one included.
    pub sessions: Vec<Session>,
    pub members: Vec<Pinned>,
    /// Where the run's claim stands: target and member.
    pub claims: Vec<(Name, Name)>,
    /// In the plan's order, where the outline tells it.
    pub steps: IndexMap<StepId, Step>,
    pub tasks: IndexMap<TaskId, Task>,
    pub standing: Standing,
    /// Who abandoned it, and when.
    pub abandoned: Option<(Timestamp, String)>,
    /// The members that it was given up without.
    pub without: IndexSet<MemberName>,
    /// The tasks in doubt that were left so for that.
    pub left: IndexSet<TaskId>,
    pub interrupted: Option<String>,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

/// A process that took the run up.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub at: Timestamp,
    pub process: u32,
    pub host: String,
    pub user: String,
}

/// A server that was recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct Pinned {
    pub target: Name,
    pub member: Name,
    pub identity: Value,
}

/// How a run stands. `Open` says only that nothing ended it: whether a process works at it, the journal's lock knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    #[default]
    Open,
    Suspended(SuspendReason),
    Ended(Outcome),
}

/// One step.
#[derive(Debug, Clone, Default)]
pub struct Step {
    pub state: StepState,
    pub entered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub tasks: Vec<TaskId>,
    pub outputs: IndexMap<Name, Value>,
    pub summary: Option<String>,
    /// Whether its preconditions held, in this process or an earlier one.
    pub admitted: bool,
    /// What stopped it, each time.
    pub refusals: Vec<(Timestamp, Refusal)>,
    /// What was wrong with the step itself, each time.
    pub failures: Vec<(Timestamp, Failure)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepState {
    #[default]
    Waiting,
    Entered,
    CheckingBefore,
    Running,
    CheckingAfter,
    Succeeded,
    Skipped,
    Stopped,
    Failed,
}

/// One task.
#[derive(Debug, Clone)]
pub struct Task {
    pub step: StepId,
    pub target: Option<Name>,
    pub member: Option<Name>,
    pub item: Option<Value>,
    pub state: TaskState,
    pub attempts: Vec<Attempt>,
    /// The digest of what was approved, by whom, and when.
    pub approved: Option<(Timestamp, String, String)>,
    /// What a backup gave, also where its step has not come to its end.
    pub backed_up: Option<Value>,
    pub ended: Option<Timestamp>,
}

/// One attempt at a task.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub number: u32,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub failure: Option<Failure>,
    /// Whether its own look at the world stopped it before it did anything.
    pub refused: bool,
    pub notes: Vec<Value>,
    /// What it was found (or said) to have come to, where it had been in doubt.
    pub settled: Option<Settled>,
}

/// What an attempt in doubt came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub at: Timestamp,
    /// `done`, `to be done again` or `failed`.
    pub verdict: &'static str,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TaskState {
    Waiting,
    CheckingBefore,
    Running,
    CheckingAfter,
    Acted,
    Succeeded,
    Failed(Failure),
    Retrying(Failure, Timestamp),
    Stopped(Refusal),
    /// Nobody knows what became of it; without a failure where the process ended meanwhile.
    InDoubt(Option<Failure>),
    Settling,
    /// It cannot be found out; a person has to say.
    Unsettled(Failure),
    AwaitingApproval {
        shown: Value,
        digest: String,
    },
}

impl Task {
    pub fn awaits_approval(&self) -> bool {
        matches!(self.state, TaskState::AwaitingApproval { .. })
    }
}

impl TaskState {
    /// Whether something is going on that a person may wait for.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::CheckingBefore | Self::Running | Self::CheckingAfter | Self::Retrying(..) | Self::Settling)
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Succeeded)
    }
}

impl Model {
    /// Nothing has happened; `outline` is what could.
    pub fn new(outline: Outline) -> Self {
        let steps = outline.steps.keys().map(|id| (id.clone(), Step::default())).collect();
        Self { outline, steps, ..Self::default() }
    }

    /// All of `records`, in their order.
    pub fn replay<'a>(outline: Outline, records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut model = Self::new(outline);
        records.into_iter().for_each(|record| model.apply(record));
        model
    }

    /// Folds one record in.
    pub fn apply(&mut self, record: &Record) {
        self.first.get_or_insert(record.at);
        self.last = Some(record.at);
        super::fold::apply(self, record.at, &record.event);
    }

    /// The run's id, or `?` where its first record is missing.
    pub fn run(&self) -> &str {
        self.created.as_ref().map_or("?", |created| &created.run)
    }

    pub fn plan(&self) -> &str {
        self.created.as_ref().map_or("?", |created| &created.plan)
    }

    /// From the first record to the last.
    pub fn took(&self) -> Duration {
        self.first.zip(self.last).map_or(Duration::ZERO, |(first, last)| humanize::between(first, last))
    }

    /// Whether the step may still be done: of a run that is given up, only those of `finally`.
    pub fn is_left(&self, step: &StepId) -> bool {
        self.abandoned.is_none() || self.outline.is_finally(step)
    }

    /// Whether anything waits for an approval that has not been given.
    pub fn awaits_approval(&self) -> bool {
        self.tasks.values().any(|task| task.awaits_approval() && self.is_left(&task.step))
    }

    /// How a person calls the step.
    pub fn name<'a>(&'a self, step: &'a StepId) -> &'a str {
        self.outline.shown_as(step).as_str()
    }

    /// The tasks of a step, as far as it has been expanded.
    pub fn tasks_of<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = (&'a TaskId, &'a Task)> {
        step.tasks.iter().filter_map(|id| self.tasks.get_key_value(id))
    }

    /// Steps that are shown, with what is known of them: no openings, and nothing inside an inclusion that was skipped.
    pub fn shown_steps(&self) -> impl Iterator<Item = (&StepId, &Step)> {
        self.steps.iter().filter(|(id, _)| self.is_shown(id))
    }

    /// Whether a person is told of this step on its own.
    pub fn is_shown(&self, id: &StepId) -> bool {
        match self.outline.steps.get(id) {
            Some(step) if step.kind == Kind::IncludeStart => false,
            Some(step) if step.kind != Kind::IncludeEnd => {
                let start = step.enclosing.as_ref().and_then(|start| self.steps.get(start));
                start.is_none_or(|start| start.state != StepState::Skipped)
            }
            _ => true,
        }
    }

    /// How a step stands, with what became of its tasks.
    pub fn state(&self, step: &Step) -> StepState {
        let any = |wanted: fn(&TaskState) -> bool| self.tasks_of(step).any(|(_, task)| wanted(&task.state));
        match step.state {
            StepState::Running if any(|state| matches!(state, TaskState::Failed(_))) => StepState::Failed,
            StepState::Running if any(|state| matches!(state, TaskState::Stopped(_))) => StepState::Stopped,
            state => state,
        }
    }

    /// How long a step took, from its entering (that of its opening, where it closes an inclusion) to its end.
    pub fn step_took(&self, id: &StepId, step: &Step) -> Option<Duration> {
        let start = match self.outline.steps.get(id) {
            Some(outlined) if outlined.kind == Kind::IncludeEnd => outlined.enclosing.as_ref(),
            _ => None,
        };
        let began = start.and_then(|start| self.steps.get(start)).and_then(|start| start.entered);
        Some(humanize::between(began.or(step.entered)?, step.ended?))
    }

    /// What of its step a task is for, as a person says it: the table or item, the member where that alone tells it apart,
    /// or both. Nothing where the step has only this one task and no item.
    pub fn subject(&self, id: &TaskId) -> String {
        let Some(task) = self.tasks.get(id) else { return String::new() };
        let within = id.as_str().strip_prefix(task.step.as_str()).unwrap_or_default();
        let within = within.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
        let Some(member) = task.member.as_ref().map(Name::as_str) else { return within.to_owned() };
        match within.rsplit_once('@') {
            Some((item, at)) if at == member => {
                let tasks = self.steps.get(&task.step).map(|step| step.tasks.as_slice()).unwrap_or_default();
                let elsewhere = |other: &TaskId| self.tasks.get(other).is_some_and(|other| other.member != task.member);
                if tasks.iter().any(elsewhere) { format!("{item} on {member}") } else { item.to_owned() }
            }
            _ => within.to_owned(),
        }
    }

    /// The noun for the tasks of a step.
    pub fn noun(&self, id: &StepId) -> &'static str {
        let first = self.steps.get(id).and_then(|step| step.tasks.first()).and_then(|task| self.tasks.get(task));
        match (self.outline.kind(id), first) {
            (Kind::Restore, Some(task)) if task.item.is_some() => "table",
            (_, Some(task)) if task.item.is_some() => "item",
            (_, Some(task)) if task.member.is_some() => "member",
            _ => "task",
        }
    }
}
