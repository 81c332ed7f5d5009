//! The account of one run: what was done, when, by whom, how it stands and what comes next. The one read model: every screen,
//! `status`, `report` and the exit code are made of it, and serialised it is the JSON of `report` and `status`.
//!
//! A fold over the run's records, beside the plan's outline. Apart from the engine's state, which decides: this one keeps
//! times, attempts and words, and decides nothing. It takes any order of events without complaint, so that an account can be
//! made of a journal that this houseplan did not write. It reads no file and prints nothing.

pub mod decisions;
pub mod ending;
pub mod evidence;
mod fold;
mod json;
pub mod next;
pub mod outline;
pub mod outputs;
pub mod standing;
mod step;

use std::time::Duration;

use ending::FinallyStep;
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use outline::{Kind, Outline};
use serde::Serialize;
use serde_json::Value;

use crate::{
    engine::{
        event::{Event, MemberName, Outcome, RunCreated},
        state::Lifecycle,
    },
    humanize,
    name::{Name, StepId, TaskId},
};

pub use fold::task_of;
pub use step::{Approved, At, Attempt, Settled, Step, StepStatus, Task, TaskStatus};

/// One event of a run, with its number and time.
pub type Record = crate::journal::Record<Event>;

/// A run so far.
#[derive(Debug, Clone, Default)]
pub struct Account {
    pub outline: Outline,
    pub created: Option<RunCreated>,
    /// Whether a process holds the run's lock: the journal cannot tell.
    pub at_work: bool,
    /// The processes that worked at it, the first one included.
    pub sessions: Vec<Session>,
    pub members: Vec<Pinned>,
    /// The uid of the cluster of Kubernetes that each target of that kind is.
    pub clusters: IndexMap<Name, String>,
    /// Where the run's claim stands: target and member.
    pub claims: Vec<(Name, Name)>,
    /// Where a server may still have credentials of a store: target, member, and the named collection that they are in.
    pub lent: Vec<(Name, Name, String)>,
    /// In the plan's order, where the outline tells it.
    pub steps: IndexMap<StepId, Step>,
    pub tasks: IndexMap<TaskId, Task>,
    pub lifecycle: Lifecycle,
    /// Who abandoned it, and when.
    pub abandoned: Option<(Timestamp, String)>,
    /// The members that it was abandoned without.
    pub without: IndexSet<MemberName>,
    /// The tasks whose outcome was left unknown for that.
    pub left_in_doubt: IndexSet<TaskId>,
    /// What the steps of `finally` would do, were the run abandoned now; empty where that is not known.
    pub finally: Vec<FinallyStep>,
    /// The signal that asked its last process to end.
    pub interrupted: Option<String>,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

/// A process that took the run up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    pub at: Timestamp,
    pub process: u32,
    pub host: String,
    pub user: String,
}

/// A server that was recognised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pinned {
    pub target: Name,
    pub member: Name,
    pub identity: Value,
}

impl Account {
    /// Nothing has happened; `outline` is what could.
    pub fn new(outline: Outline) -> Self {
        let steps = outline.steps.keys().map(|id| (id.clone(), Step::default())).collect();
        Self { outline, steps, ..Self::default() }
    }

    /// All of `records`, in their order.
    pub fn replay<'a>(outline: Outline, records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut account = Self::new(outline);
        records.into_iter().for_each(|record| account.apply(record));
        account
    }

    /// Folds one record in.
    pub fn apply(&mut self, record: &Record) {
        self.first.get_or_insert(record.at);
        self.last = Some(record.at);
        fold::apply(self, record.at, &record.event);
    }

    /// The run's id, or `?` where its first record is missing.
    pub fn run(&self) -> &str {
        self.created.as_ref().map_or("?", |created| &created.run)
    }

    pub fn environment(&self) -> &str {
        self.created.as_ref().map_or("?", |created| &created.environment)
    }

    pub fn plan(&self) -> &str {
        self.created.as_ref().map_or("?", |created| &created.plan)
    }

    /// From the first record to the last.
    pub fn took(&self) -> Duration {
        self.first.zip(self.last).map_or(Duration::ZERO, |(first, last)| humanize::between(first, last))
    }

    /// How it ended, where it has.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.lifecycle {
            Lifecycle::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Whether the step may still be done: of a run that was abandoned, only those of `finally`.
    pub fn may_still_run(&self, step: &StepId) -> bool {
        self.abandoned.is_none() || self.outline.is_finally(step)
    }

    /// Whether anything waits for an approval that has not been given.
    pub fn awaits_approval(&self) -> bool {
        self.tasks.values().any(|task| task.awaits_approval() && self.may_still_run(&task.step))
    }

    /// How a person calls the step.
    pub fn name<'a>(&'a self, step: &'a StepId) -> &'a str {
        self.outline.shown_as(step).as_str()
    }

    /// The tasks of a step, as far as it has been expanded.
    pub fn tasks_of<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = (&'a TaskId, &'a Task)> {
        step.tasks.iter().filter_map(|id| self.tasks.get_key_value(id))
    }

    /// The tasks that are in a state, by the order of the plan.
    pub fn tasks_in<'a, T>(
        &'a self,
        wanted: impl Fn(&'a Task) -> Option<T> + 'a,
    ) -> impl Iterator<Item = (&'a TaskId, &'a Task, T)> {
        let all = self.steps.values().flat_map(|step| self.tasks_of(step));
        all.filter_map(move |(id, task)| wanted(task).map(|it| (id, task, it)))
    }

    /// Steps that are shown, with what is known of them: no starts of inclusions, and nothing inside an inclusion that was skipped.
    pub fn shown_steps(&self) -> impl Iterator<Item = (&StepId, &Step)> {
        self.steps.iter().filter(|(id, _)| self.is_shown(id))
    }

    /// Whether a person is told of this step on its own.
    pub fn is_shown(&self, id: &StepId) -> bool {
        match self.outline.steps.get(id) {
            Some(step) if step.kind == Kind::IncludeStart => false,
            Some(step) if step.kind != Kind::IncludeEnd => {
                let start = step.enclosing.as_ref().and_then(|start| self.steps.get(start));
                start.is_none_or(|start| start.state != StepStatus::Skipped)
            }
            _ => true,
        }
    }

    /// How a step stands, with what became of its tasks.
    pub fn state(&self, step: &Step) -> StepStatus {
        let any = |wanted: fn(&TaskStatus) -> bool| self.tasks_of(step).any(|(_, task)| wanted(&task.state));
        match step.state {
            StepStatus::Running if any(|state| matches!(state, TaskStatus::Failed(_))) => StepStatus::Failed,
            StepStatus::Running if any(|state| matches!(state, TaskStatus::Stopped(_))) => StepStatus::Stopped,
            state => state,
        }
    }

    /// How long a step took, from its entering (that of its start, where it ends an inclusion) to its end.
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

    /// The steps that a shown step comes after, of those that are shown: through what is not shown it is followed to what
    /// that comes after.
    pub fn needs<'a>(&'a self, id: &StepId) -> Vec<&'a StepId> {
        let needs_of = |id: &StepId| self.outline.steps.get(id).map(|it| it.needs.as_slice()).unwrap_or_default();
        let mut shown = IndexSet::new();
        let mut hidden = IndexSet::new();
        let mut open: Vec<&StepId> = needs_of(id).iter().rev().collect();
        while let Some(need) = open.pop() {
            if self.is_shown(need) {
                shown.insert(need);
            } else if hidden.insert(need) {
                open.extend(needs_of(need).iter().rev());
            }
        }
        shown.into_iter().collect()
    }

    /// Whether it is a procedure for which the environment defines no steps: it has done nothing, which is not to be read as
    /// done.
    pub fn is_empty_inclusion(&self, id: &StepId) -> bool {
        self.outline.kind(id) == Kind::IncludeEnd && self.outline.included(id) == 0
    }

    /// What a step says of itself.
    pub fn summary(&self, id: &StepId) -> Option<String> {
        let step = self.steps.get(id)?;
        let empty = step.state == StepStatus::Succeeded && self.is_empty_inclusion(id);
        step.summary.clone().or_else(|| empty.then(|| self.done_words(id)))
    }

    /// What can be said of a step that was done and has no summary of its own.
    pub fn done_words(&self, id: &StepId) -> String {
        let tasks = self.steps.get(id).map_or(0, |step| step.tasks.len()) as u64;
        match self.outline.kind(id) {
            Kind::IncludeEnd => match self.outline.included(id) {
                0 => format!("no steps are defined for this procedure in environment {}", self.environment()),
                steps => humanize::count(steps as u64, "step"),
            },
            _ if tasks > 1 => humanize::count(tasks, self.noun(id)),
            _ => "done".to_owned(),
        }
    }
}

/// `source`, or `cluster/replica1`.
pub fn at(target: &Name, member: &Name) -> String {
    if target == member { target.to_string() } else { format!("{target}/{member}") }
}
