//! The state of a run, as a fold over its events. Pure: no I/O, no clock, no tokio.
//!
//! Steps and tasks are dense indices. Whatever [`decide`](super::decide::decide) may want to know is kept at hand in ordered
//! sets by [`Stage`](stage::Stage), so nothing here or there ever looks at all tasks, but for a resume, which does once.

mod apply;
mod lifecycle;
mod phase;
pub(super) mod stage;
mod steps;
mod tasks;

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    event::{MemberName, Outcome, RunCreated, SuspendReason, TaskSeed, Verdict},
    spec::RunSpec,
};
use crate::failure::Failure;
use crate::failure::Refusal;
use crate::name::{Name, StepId, TaskId};

pub use apply::ApplyError;
pub use phase::{StepPhase, TaskPhase};
pub use stage::Item;
use stage::{Section, Stage};

/// Who settles what the engine settles by itself.
pub const ENGINE: &str = "houseplan";

/// Everything that is known of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    spec: Arc<RunSpec>,
    created: Option<RunCreated>,
    lifecycle: Lifecycle,
    interrupted: bool,
    abandoned: Option<Abandoned>,
    finally_begun: bool,
    /// How many tasks of irreversible steps that change something have started.
    irreversible_started: u32,
    /// Steps whose preconditions are to be read again in this process; in their order.
    reopening: BTreeSet<usize>,
    steps: Vec<StepState>,
    tasks: Vec<TaskState>,
    task_index: HashMap<TaskId, u32>,
    /// The main steps, and those of `finally`.
    sections: [Section; 2],
    pins: IndexMap<(Name, Name), Value>,
    clusters: IndexMap<Name, String>,
    claims: Vec<(Name, Name)>,
    lent: Vec<LentCredentials>,
}

/// A store's credentials that a server was given, and that were not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LentCredentials {
    pub to: MemberName,
    /// The named collection that they are in.
    pub collection: String,
}

/// Where a run is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifecycle {
    /// No process has taken it up yet.
    #[default]
    Created,
    /// A process is at work, or was when the journal ended.
    Running,
    Suspended(SuspendReason),
    Ended(Outcome),
}

#[derive(Debug, Clone, PartialEq)]
struct Abandoned {
    by: String,
    leave_in_doubt: bool,
    without: IndexSet<MemberName>,
    left_in_doubt: IndexSet<TaskId>,
}

/// One step, as it is now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepState {
    pub phase: StepPhase,
    /// Its tasks' indices, once it was expanded.
    pub tasks: Option<Range<usize>>,
    pub outputs: IndexMap<Name, Value>,
    pub summary: Option<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// What is wrong with the step itself; a task's trouble stands with the task.
    pub trouble: Option<Trouble>,
    pub entered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// How many of its tasks have started; of the start of an inclusion, how many of the steps in it that change something.
    started: u32,
    unmet: u32,
    unfinished: u32,
}

/// One task, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskState {
    pub seed: TaskSeed,
    pub step: usize,
    pub phase: TaskPhase,
    /// The last attempt; zero before the first.
    pub attempt: u32,
    /// What it gave, once it has acted.
    pub output: Option<Value>,
    /// What the last attempt noted for a settlement.
    pub notes: Vec<Value>,
    pub trouble: Option<Trouble>,
    pub approval: Option<Approval>,
    /// Who settled it last.
    pub settled_by: Option<String>,
    /// When the last attempt began.
    pub begun: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Whether an attempt was sent, or may have been: true from before it is sent until it is known that it never was.
    started: bool,
    /// The same of the attempts before the last.
    started_before: bool,
    /// Whether it may have changed something, or has.
    touched: bool,
    /// The attempts before this process's first.
    spent: u32,
    /// Whether the one repetition after a lost connection was used up in this process.
    repeated: bool,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    Failed(Failure),
    Stopped(Refusal),
}

/// What a person is asked to approve.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    pub shown: Value,
    pub digest: String,
    pub by: Option<String>,
}

impl State {
    /// A run of which nothing has happened yet.
    pub fn new(spec: Arc<RunSpec>) -> Self {
        let mut state = Self {
            steps: (0..spec.steps.len()).map(|i| StepState { unmet: spec.needed(i), ..StepState::default() }).collect(),
            spec,
            created: None,
            lifecycle: Lifecycle::Created,
            interrupted: false,
            abandoned: None,
            finally_begun: false,
            irreversible_started: 0,
            reopening: BTreeSet::new(),
            tasks: Vec::new(),
            task_index: HashMap::new(),
            sections: [Section::default(), Section::default()],
            pins: IndexMap::new(),
            clusters: IndexMap::new(),
            claims: Vec::new(),
            lent: Vec::new(),
        };
        for step in 0..state.steps.len() {
            state.section_of(step).remaining += 1;
            state.enlist_step(step);
        }
        state
    }

    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// The first record's content, once it was applied.
    pub fn created(&self) -> Option<&RunCreated> {
        self.created.as_ref()
    }

    pub fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    /// Who abandoned the run.
    pub fn abandoned_by(&self) -> Option<&str> {
        self.abandoned.as_ref().map(|abandoned| abandoned.by.as_str())
    }

    /// The members that the run was given up without.
    pub fn without(&self) -> impl Iterator<Item = &MemberName> {
        self.abandoned.iter().flat_map(|abandoned| &abandoned.without)
    }

    pub fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    pub fn finally_begun(&self) -> bool {
        self.finally_begun
    }

    pub fn steps(&self) -> &[StepState] {
        &self.steps
    }

    pub fn step(&self, step: usize) -> &StepState {
        &self.steps[step]
    }

    pub fn step_id(&self, step: usize) -> &StepId {
        &self.spec.steps[step].id
    }

    pub fn step_index(&self, id: &StepId) -> Option<usize> {
        self.spec.position(id)
    }

    pub fn tasks(&self) -> &[TaskState] {
        &self.tasks
    }

    pub fn task(&self, task: usize) -> &TaskState {
        &self.tasks[task]
    }

    pub fn task_index(&self, id: &TaskId) -> Option<usize> {
        self.task_index.get(id).map(|i| *i as usize)
    }

    /// A step's tasks; none before it was expanded.
    pub fn tasks_of(&self, step: usize) -> &[TaskState] {
        self.steps[step].tasks.clone().map_or(&[], |tasks| &self.tasks[tasks])
    }

    /// Whether a task of the step was ever sent, or of a step that it includes and that changes something: `steps.x.started`.
    ///
    /// What could not be sent (no process was made, no connection was there) has not started. What was once sent has, whatever
    /// it is settled as; and so has what a person has settled as done.
    pub fn has_started(&self, step: usize) -> bool {
        let any = |step: usize| self.steps[step].started > 0;
        any(step) || self.spec.steps[step].closes.is_some_and(any)
    }

    /// Whether it is known which tasks the step is made of.
    pub fn is_expanded(&self, step: usize) -> bool {
        self.steps[step].tasks.is_some()
    }

    /// Whether a doubt of one of its tasks was ever settled.
    pub fn was_settled(&self, step: usize) -> bool {
        self.tasks_of(step).iter().any(|task| task.settled_by.is_some())
    }

    /// The uid of the cluster of Kubernetes that each target was pinned to.
    pub fn clusters(&self) -> &IndexMap<Name, String> {
        &self.clusters
    }

    /// The identity that each member was pinned to, by target and member.
    pub fn pins(&self) -> &IndexMap<(Name, Name), Value> {
        &self.pins
    }

    /// The members that the run's claim stands on, in the order it was made.
    pub fn claims(&self) -> &[(Name, Name)] {
        &self.claims
    }

    /// The credentials that servers may still have, in the order they were given.
    pub fn lent(&self) -> &[LentCredentials] {
        &self.lent
    }

    /// The tasks whose answer is unknown: not yet asked after, or for a person to settle.
    #[cfg(test)]
    pub fn in_doubt(&self) -> impl Iterator<Item = usize> {
        let stages = [Stage::Doubted, Stage::Unsettled];
        self.sections.iter().flat_map(move |section| stages.into_iter().flat_map(|stage| section.tasks(stage)))
    }

    /// The tasks that wait for an approval.
    #[cfg(test)]
    pub fn awaiting_approval(&self) -> impl Iterator<Item = usize> {
        self.sections.iter().flat_map(|section| section.tasks(Stage::Awaiting))
    }

    /// How many steps are neither done nor skipped: of the main part, and of `finally`.
    pub fn remaining(&self) -> (usize, usize) {
        (self.sections[0].remaining, self.sections[1].remaining)
    }

    /// The steps that are being worked on: the main ones until `finally` begins.
    pub(super) fn active(&self) -> &Section {
        &self.sections[usize::from(self.finally_begun)]
    }

    /// Whether main steps may still go on: after an abandonment, only doubts are settled until `finally` begins.
    pub(super) fn goes_on(&self) -> bool {
        self.abandoned.is_none() || self.finally_begun
    }

    /// The steps whose preconditions are to be read again before anything else is done.
    pub(super) fn reopening(&self) -> impl Iterator<Item = usize> {
        self.reopening.iter().copied()
    }

    /// Whether the step's preconditions can be read: not while what became of one of its tasks is being found out.
    pub(super) fn is_at_rest(&self, step: usize) -> bool {
        let unknown = [TaskPhase::Running, TaskPhase::InDoubt, TaskPhase::Settling];
        !self.spec.steps[step].recheck || !self.tasks_of(step).iter().any(|task| unknown.contains(&task.phase))
    }

    /// Something went wrong: nothing new starts. In `finally` no trouble holds up what does not need it: clean-up of one thing
    /// is no reason to leave another as it is.
    pub(super) fn is_halted(&self) -> bool {
        let troubles = [Stage::Failed, Stage::Stopped, Stage::Unsettled];
        !self.finally_begun && troubles.into_iter().any(|stage| !self.active().is_empty(stage))
    }

    /// Why the run would be suspended now: what a person has to look at first.
    ///
    /// A doubt that only a person can settle comes before a failure, a failure before a check's no. An interruption comes
    /// before an approval, for the rest of the run may have been cut short. A doubt that the next resume settles by itself
    /// is no reason of its own.
    pub fn suspend_reason(&self) -> SuspendReason {
        let section = self.active();
        let by_stage = [
            (Stage::Unsettled, SuspendReason::InDoubt),
            (Stage::Failed, SuspendReason::Failed),
            (Stage::Stopped, SuspendReason::Stopped),
        ];
        let worst = by_stage.into_iter().filter(|(stage, _)| self.goes_on() || *stage == Stage::Unsettled);
        match worst.into_iter().find(|(stage, _)| !section.is_empty(*stage)) {
            Some((_, reason)) => reason,
            None if !self.interrupted && !section.is_empty(Stage::Awaiting) => SuspendReason::AwaitingApproval,
            None => SuspendReason::Interrupted,
        }
    }

    /// When a task that failed is tried again; the earliest such time.
    pub fn next_retry(&self) -> Option<Timestamp> {
        (!self.interrupted && self.goes_on() && !self.is_halted()).then(|| self.active().next_retry()).flatten()
    }

    /// When a task whose current attempt fails now is tried again by its step's policy; `None` where it is not.
    ///
    /// The policy counts the attempts of one process: a resume begins a new count.
    pub fn retry_at(&self, task: usize, now: Timestamp) -> Option<Timestamp> {
        let (task, retry) = (&self.tasks[task], &self.spec.steps[self.tasks[task].step].retry);
        let used = task.attempt.saturating_sub(task.spent);
        (used < retry.attempts).then(|| now.saturating_add(retry.wait(used)).unwrap_or(Timestamp::MAX))
    }

    /// When a task in doubt is tried again by itself after this verdict; `None` where it is not.
    ///
    /// An attempt of an earlier process is, at once: the person said `resume`. One of this process is by its step's policy;
    /// besides, once where it was not done and the doubt was temporary (a lost connection), so that a blip needs no policy,
    /// and a statement that loses its connection every time does not go round for ever.
    pub fn again_at(&self, task: usize, verdict: &Verdict, now: Timestamp) -> Option<Timestamp> {
        let state = &self.tasks[task];
        let temporary = matches!(&state.trouble, Some(Trouble::Failed(failure)) if failure.temporary);
        match verdict {
            Verdict::Done(_) => None,
            _ if state.attempt <= state.spent => Some(now),
            Verdict::NotDone if temporary && !state.repeated => self.retry_at(task, now).or(Some(now)),
            Verdict::NotDone | Verdict::Failed(_) => self.retry_at(task, now),
        }
    }

    /// How often the sets of stages were changed: what has to be linear.
    #[cfg(test)]
    pub(super) fn changes(&self) -> u64 {
        self.sections.iter().map(|section| section.changes).sum()
    }

    #[cfg(test)]
    pub(super) fn forget_changes(&mut self) {
        self.sections.iter_mut().for_each(|section| section.changes = 0);
    }
}
