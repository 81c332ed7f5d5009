//! Steps, tasks and attempts, as an account has them. What of them is public JSON is what `Serialize` writes.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{
    failure::{Failure, Refusal},
    name::{Name, StepId, TaskId},
};

/// One step.
#[derive(Debug, Clone, Default)]
pub struct Step {
    pub state: StepStatus,
    pub entered: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub tasks: Vec<TaskId>,
    pub outputs: IndexMap<Name, Value>,
    pub summary: Option<String>,
    /// Whether its preconditions held, in this process or an earlier one.
    pub admitted: bool,
    /// What stopped it or one of its tasks, each time.
    pub refusals: Vec<At<Refusal>>,
    /// What was wrong with the step itself, each time.
    pub failures: Vec<At<Failure>>,
}

/// Something, and when it was.
#[derive(Debug, Clone, Serialize)]
pub struct At<T> {
    pub at: Timestamp,
    pub what: T,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepStatus {
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

impl StepStatus {
    /// Whether nothing more comes of it, and it is as it should be.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped)
    }
}

/// One task.
#[derive(Debug, Clone, Serialize)]
pub struct Task {
    #[serde(skip)]
    pub step: StepId,
    #[serde(skip)]
    pub target: Option<Name>,
    pub member: Option<Name>,
    #[serde(skip)]
    pub item: Option<Value>,
    pub state: TaskStatus,
    pub attempts: Vec<Attempt>,
    /// That what it showed was approved.
    #[serde(skip)]
    pub approved: Option<Approved>,
    /// What a backup gave, also where its step has not come to its end.
    #[serde(skip)]
    pub backed_up: Option<Value>,
    #[serde(skip)]
    pub ended: Option<Timestamp>,
}

/// Who approved what, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    pub at: Timestamp,
    pub digest: String,
    pub by: String,
}

/// One attempt at a task.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub number: u32,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub failure: Option<Failure>,
    /// Whether its own look at the world stopped it before it did anything.
    #[serde(skip)]
    pub refused: bool,
    /// What it was found (or said) to have come to, where it had been in doubt; in JSON the verdict alone.
    #[serde(serialize_with = "verdict")]
    pub settled: Option<Settled>,
}

/// What an attempt in doubt came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub at: Timestamp,
    /// `done`, `not done` or `failed`.
    pub verdict: &'static str,
    pub by: String,
}

fn verdict<S: Serializer>(settled: &Option<Settled>, serializer: S) -> Result<S::Ok, S::Error> {
    settled.as_ref().map(|it| it.verdict).serialize(serializer)
}

#[derive(Debug, Clone, PartialEq)]
pub enum TaskStatus {
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
    /// It cannot be found out; a person has to decide.
    Unsettled(Failure),
    AwaitingApproval {
        shown: Value,
        digest: String,
    },
}

impl TaskStatus {
    /// Whether something is going on that a person may wait for.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::CheckingBefore | Self::Running | Self::CheckingAfter | Self::Retrying(..) | Self::Settling)
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Succeeded)
    }

    /// Whether what was asked of it is done; a check after it may still be to come.
    pub fn has_acted(&self) -> bool {
        matches!(self, Self::Acted | Self::CheckingAfter | Self::Succeeded)
    }
}

impl Task {
    pub fn awaits_approval(&self) -> bool {
        matches!(self.state, TaskStatus::AwaitingApproval { .. })
    }

    /// The number of its last attempt; 1 where there was none yet.
    pub fn attempt(&self) -> u32 {
        self.attempts.last().map_or(1, |attempt| attempt.number)
    }
}
