//! Exit codes: a public interface, which scripts and CI depend on.

use std::process::ExitCode;

use crate::{
    account::{Account, StepStatus, TaskStatus},
    engine::{
        command::CommandError,
        event::{Outcome, SuspendReason},
        state::Lifecycle,
    },
    journal::{folder::FolderError, lock::LockError},
};

/// What a `houseplan` command ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked for is done.
    Done = 0,
    /// A step failed; the run is suspended (or ended by `on_failure: abandon`).
    Failed = 1,
    /// The plan, an environment or the command line is invalid; nothing was started.
    Invalid = 2,
    /// A check stopped it; nothing was changed by that.
    Stopped = 3,
    /// It needs a person's decision: an approval, or a settlement.
    Waiting = 4,
    /// What it would act on is claimed by another run, or a process is at work on it; nothing was started.
    Claimed = 5,
    /// It was asked to end (Ctrl-C, SIGTERM), and is suspended; or asked twice, and left at once.
    Interrupted = 130,
}

impl Exit {
    /// What `run` and `resume` end with.
    ///
    /// A run that a failure had abandoned ends as that failure would; one that is neither suspended nor ended was cut short:
    /// by a second interruption, or by an error of houseplan's own, which counts as a failure.
    pub fn of_run(account: &Account) -> Self {
        match account.lifecycle {
            Lifecycle::Ended(Outcome::Succeeded) => Self::Done,
            Lifecycle::Ended(Outcome::Abandoned) if is_stopped(account) => Self::Stopped,
            Lifecycle::Created | Lifecycle::Running if account.is_cut_short() => Self::Interrupted,
            Lifecycle::Ended(Outcome::Abandoned) | Lifecycle::Created | Lifecycle::Running => Self::Failed,
            Lifecycle::Suspended(reason) => reason.into(),
        }
    }

    /// What `abandon` ends with: there, the end of the run is what was asked for.
    pub fn of_abandon(account: &Account) -> Self {
        match account.lifecycle {
            Lifecycle::Ended(_) => Self::Done,
            _ => Self::of_run(account),
        }
    }
}

impl From<&LockError> for Exit {
    fn from(error: &LockError) -> Self {
        match error {
            LockError::Held { .. } => Self::Claimed,
            LockError::Io { .. } => Self::Failed,
        }
    }
}

impl From<&FolderError> for Exit {
    fn from(error: &FolderError) -> Self {
        match error {
            FolderError::Locked(lock) => lock.into(),
            FolderError::Unknown(_) | FolderError::NoStateFolder => Self::Invalid,
            FolderError::Exists(_) | FolderError::Changed(_) | FolderError::Io { .. } | FolderError::Journal(_) => {
                Self::Failed
            }
        }
    }
}

impl From<&CommandError> for Exit {
    fn from(error: &CommandError) -> Self {
        match error {
            CommandError::Folder(folder) => folder.into(),
            CommandError::Journal(_) | CommandError::Record(_) | CommandError::Inconsistent { .. } => Self::Failed,
            CommandError::NeverBegun
            | CommandError::Ended { .. }
            | CommandError::Lends { .. }
            | CommandError::UnknownTask(..)
            | CommandError::NotInDoubt(..)
            | CommandError::NotAsked(..)
            | CommandError::OtherAttempt { .. }
            | CommandError::DigestNotSaid { .. }
            | CommandError::NotAwaited(..)
            | CommandError::OtherDigest { .. } => Self::Invalid,
        }
    }
}

/// Whether checks stopped it, and nothing failed.
fn is_stopped(account: &Account) -> bool {
    let failed = account.steps.values().any(|step| account.state(step) == StepStatus::Failed)
        || account.tasks.values().any(|task| matches!(task.state, TaskStatus::Failed(_)));
    !failed && account.steps.values().any(|step| account.state(step) == StepStatus::Stopped)
}

impl From<SuspendReason> for Exit {
    fn from(reason: SuspendReason) -> Self {
        match reason {
            SuspendReason::Failed => Self::Failed,
            SuspendReason::Stopped => Self::Stopped,
            SuspendReason::InDoubt | SuspendReason::AwaitingApproval => Self::Waiting,
            SuspendReason::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(lifecycle: Lifecycle, run: u8, abandon: u8) {
        let account = Account { lifecycle, ..Account::default() };
        assert_eq!((Exit::of_run(&account) as u8, Exit::of_abandon(&account) as u8), (run, abandon));
    }

    #[test]
    fn a_run_that_is_at_work_is_claimed_and_a_folder_that_cannot_be_written_is_a_failure() {
        let what = "run r".to_owned();
        let held = LockError::Held { what: what.clone(), holder: None };
        let full = LockError::Io { what, source: std::io::ErrorKind::StorageFull.into() };
        let of = |lock| Exit::from(&CommandError::from(FolderError::from(lock))) as u8;
        assert_eq!((of(held), of(full)), (5, 1));
        assert_eq!(Exit::from(&CommandError::from(FolderError::Unknown("r".to_owned()))) as u8, 2);
    }

    #[test]
    fn left_at_once_after_a_second_interruption_is_interrupted() {
        let account =
            Account { lifecycle: Lifecycle::Running, interrupted: Some("SIGINT".to_owned()), ..Account::default() };
        assert_eq!((Exit::of_run(&account) as u8, Exit::of_abandon(&account) as u8), (130, 130));
    }

    #[test]
    fn the_ending_of_a_run_is_its_exit_code() {
        case(Lifecycle::Ended(Outcome::Succeeded), 0, 0);
        case(Lifecycle::Ended(Outcome::Abandoned), 1, 0);
        case(Lifecycle::Running, 1, 1);
        case(Lifecycle::Suspended(SuspendReason::Failed), 1, 1);
        case(Lifecycle::Suspended(SuspendReason::Stopped), 3, 3);
        case(Lifecycle::Suspended(SuspendReason::InDoubt), 4, 4);
        case(Lifecycle::Suspended(SuspendReason::AwaitingApproval), 4, 4);
        case(Lifecycle::Suspended(SuspendReason::Interrupted), 130, 130);
    }
}
