//! How a run, a step and a task stand, in the words that every screen and the JSON use.

use serde::{Serialize, Serializer};

use super::{Account, Step, StepStatus, TaskStatus};
use crate::engine::{
    event::{Outcome, SuspendReason},
    state::Lifecycle,
};

/// How a run stands, the process that may hold it included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A process is at work.
    Running,
    /// Nothing ended it, and no process is at work: it crashed, or was killed.
    ProcessDied,
    Failed,
    Stopped,
    InDoubt,
    AwaitingApproval,
    /// It waited for an approval, which has been given.
    Approved,
    Interrupted,
    Succeeded,
    Abandoned,
}

impl Standing {
    /// As a person says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::ProcessDied => "process died",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::InDoubt => "in doubt",
            Self::AwaitingApproval => "awaits approval",
            Self::Approved => "approved",
            Self::Interrupted => "interrupted",
            Self::Succeeded => "succeeded",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Account {
    /// Whether its last process was asked to end, and ended before it had suspended the run: it was asked twice, or was killed
    /// meanwhile.
    pub fn is_cut_short(&self) -> bool {
        !self.at_work && self.interrupted.is_some() && matches!(self.lifecycle, Lifecycle::Created | Lifecycle::Running)
    }

    /// How the run stands.
    pub fn standing(&self) -> Standing {
        match self.lifecycle {
            Lifecycle::Ended(Outcome::Succeeded) => Standing::Succeeded,
            Lifecycle::Ended(Outcome::Abandoned) => Standing::Abandoned,
            _ if self.at_work => Standing::Running,
            Lifecycle::Created | Lifecycle::Running if self.is_cut_short() => Standing::Interrupted,
            Lifecycle::Created | Lifecycle::Running => Standing::ProcessDied,
            Lifecycle::Suspended(reason) => match reason {
                SuspendReason::Failed => Standing::Failed,
                SuspendReason::Stopped => Standing::Stopped,
                SuspendReason::InDoubt => Standing::InDoubt,
                SuspendReason::AwaitingApproval if !self.awaits_approval() => Standing::Approved,
                SuspendReason::AwaitingApproval => Standing::AwaitingApproval,
                SuspendReason::Interrupted => Standing::Interrupted,
            },
        }
    }

    /// How a step stands, in one word or two; once the run has ended, nothing is waited for any more.
    pub fn step_word(&self, step: &Step) -> &'static str {
        match (self.lifecycle, self.state(step).word()) {
            // What was asked of it is done; only what comes after in the step is not.
            (Lifecycle::Ended(_), "running") if self.has_acted(step) => "done",
            (Lifecycle::Ended(_), "running") => "not finished",
            (Lifecycle::Ended(_), "waiting") => "not started",
            (_, "running") if !self.at_work => "started",
            (_, word) => word,
        }
    }

    fn has_acted(&self, step: &Step) -> bool {
        !step.tasks.is_empty() && self.tasks_of(step).all(|(_, task)| task.state.has_acted())
    }
}

impl StepStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Entered | Self::CheckingBefore | Self::Running | Self::CheckingAfter => "running",
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

impl TaskStatus {
    /// In one word or two.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::CheckingBefore | Self::Running => "running",
            Self::CheckingAfter | Self::Acted => "done, to be checked",
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Retrying(..) => "to be retried",
            Self::Stopped(_) => "stopped",
            Self::InDoubt(_) | Self::Settling | Self::Unsettled(_) => "in doubt",
            Self::AwaitingApproval { .. } => "awaits approval",
        }
    }
}

impl Serialize for TaskStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// Why a run is suspended, as a sentence without its subject.
pub fn reason_words(reason: SuspendReason) -> &'static str {
    match reason {
        SuspendReason::Failed => "a step failed",
        SuspendReason::Stopped => "a check does not hold",
        SuspendReason::InDoubt => "the outcome of a task is unknown",
        SuspendReason::AwaitingApproval => "it waits for an approval",
        SuspendReason::Interrupted => "it was interrupted",
    }
}
