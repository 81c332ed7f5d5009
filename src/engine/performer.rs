//! What the scheduler asks of the outside world: the seam between the engine and actions, checks and templates.

use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use serde_json::Value;

use super::{
    event::{TaskSeed, Verdict},
    state::State,
};
use crate::catalogue;
use crate::failure::Failure;
use crate::failure::Refusal;
use crate::name::Name;

/// Acts on the world for the scheduler. Steps and tasks are named by their index in the [`State`].
///
/// All of them are called on the scheduler's own thread, between two events: they evaluate templates from the state and
/// return quickly. What the two `prepare_*` functions return is then driven on a task of its own.
pub trait Performer: Send + Sync {
    /// Evaluates `when` and `for_each`, and says which tasks there are.
    fn enter(&self, state: &State, step: usize) -> Entered;

    /// The checks before (or after) a step as a whole, or around `task` those that name `member` or `item`; `None` where
    /// there are none. Which steps have which is said once, by [`StepSpec`](super::spec::StepSpec).
    fn prepare_checks(
        &self,
        state: &State,
        step: usize,
        task: Option<usize>,
        phase: Phase,
    ) -> Option<Result<Box<dyn CheckRun>, Failure>>;

    /// The task's action, with its templates rendered as they were (or will be) for `attempt`: to perform it, or to settle
    /// what became of it. Called before the start is journalled, so a template that fails leaves nothing in doubt.
    fn prepare_task(&self, state: &State, task: usize, attempt: u32) -> Result<Box<dyn TaskRun>, Failure>;

    /// What the step gives to later ones, from its tasks' outputs; and one line that says what was done.
    fn conclude(&self, state: &State, step: usize) -> Result<(IndexMap<Name, Value>, Option<String>), Failure>;
}

/// What a step turned out to be.
#[derive(Debug)]
pub enum Entered {
    Skipped(String),
    Expanded(Vec<TaskSeed>),
    Failed(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Before,
    After,
}

/// One task at work.
#[async_trait]
pub trait TaskRun: Send {
    /// Does it.
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer;

    /// Finds out what became of an attempt whose answer is unknown; changes nothing but to follow work of our own.
    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement;
}

/// Checks at work.
#[async_trait]
pub trait CheckRun: Send {
    async fn check(self: Box<Self>, task_context: TaskContext) -> CheckAnswer;
}

/// Where a task's talk goes, and how it hears that it should stop.
#[derive(Clone)]
pub struct TaskContext {
    pub progress: Arc<dyn Fn(Progress) + Send + Sync>,
    /// Makes a note durable before it returns (a [`TaskNoted`](super::event::Event::TaskNoted) record).
    pub notes: NoteSender,
    /// Cancelled when the process has to end: let go of tracked work and return [`Answer::Unknown`].
    pub interrupted: tokio_util::sync::CancellationToken,
}

/// Makes notes durable through the scheduler, which owns the journal.
#[derive(Clone)]
pub struct NoteSender(pub tokio::sync::mpsc::UnboundedSender<(Value, tokio::sync::oneshot::Sender<()>)>);

impl NoteSender {
    /// Returns once the note is on disk; an error where the run is ending.
    pub async fn note(&self, note: Value) -> Result<(), Failure> {
        let (done, durable) = tokio::sync::oneshot::channel();
        let gone = || catalogue::run::ENDING.failure();
        self.0.send((note, done)).map_err(|_| gone())?;
        durable.await.map_err(|_| gone())
    }
}

/// How far a task is; for people, never journalled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// What it is doing, in a few words ("RESTORING", "waiting until replication queues are empty").
    pub doing: Option<String>,
    pub done: Option<u64>,
    pub total: Option<u64>,
    /// Whether `done` and `total` are bytes.
    pub bytes: bool,
    /// A line that a process printed, already redacted.
    pub line: Option<String>,
}

/// What came of a task.
#[derive(Debug)]
pub enum Answer {
    /// The effect is done; this is its output.
    Acted(Value),
    /// The effect is known not to have happened (or to be harmless to repeat, for what is idempotent).
    Failed(Failure),
    /// A check that is part of the action said no; nothing was changed.
    Stopped(Refusal),
    /// Nobody knows.
    Unknown(Failure),
    /// A person has to approve what is shown.
    AwaitApproval { shown: Value, digest: String },
}

#[derive(Debug)]
pub enum Settlement {
    Settled(Verdict),
    /// It cannot be found out; a person has to say.
    Unsettled(Failure),
    /// The process has to end before it was found out; the next one asks again.
    Interrupted,
}

#[derive(Debug)]
pub enum CheckAnswer {
    Held,
    Refused(Refusal),
    /// The check could not be read.
    Failed(Failure),
    /// The process has to end.
    Interrupted,
}
