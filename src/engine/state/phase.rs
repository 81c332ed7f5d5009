//! What steps and tasks can be.

use jiff::Timestamp;

/// `waiting → entered → skipped | expanded → checking → admitted → concluding → succeeded`, or failed, or stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepPhase {
    /// Something that it needs is missing, or it was not reached yet.
    #[default]
    Waiting,
    /// `when` and `for_each` are being evaluated.
    Entered,
    Skipped,
    /// Its tasks are known.
    Expanded,
    /// Its preconditions are being read.
    Checking,
    /// Its tasks may run.
    Admitted,
    /// All its tasks have succeeded; its postconditions are being read, then its outputs are made.
    Concluding,
    Succeeded,
    Failed,
    Stopped,
}

impl StepPhase {
    /// Whether what needs the step may start.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped)
    }
}

/// `waiting → (checking → admitted →) running → acted → (concluding →) succeeded`, and what can come between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPhase {
    Waiting,
    /// It failed, and is tried again by itself at this time.
    Retrying(Timestamp),
    /// The checks before it are being read.
    Checking,
    /// They hold.
    Admitted,
    Running,
    /// The effect is done.
    Acted,
    /// The checks after it are being read.
    Concluding,
    Succeeded,
    Failed,
    Stopped,
    /// The answer is unknown; it will be asked after.
    InDoubt,
    /// It is being asked after.
    Settling,
    /// A person has to say what became of it.
    Unsettled,
    /// A person has to approve what it shows.
    AwaitingApproval,
    /// The run was abandoned without finding out what became of it.
    LeftInDoubt,
}
