//! Why a run was not begun, or not taken up again.

use jiff::Timestamp;
use thiserror::Error;

use super::documents::{Changes, PrepareError};

use crate::{
    catalogue::{Filled, Shown, claim, internal, journal, run, shown_by_the_catalogue, world},
    engine::{command::CommandError, event::MemberName, recorder::RecordError, spec::SpecError},
    exit::Exit,
    failure::Failure,
    journal::{JournalError, folder::FolderError, lock::LockError},
    name::Name,
};

/// Another run's claim, as it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub target: Name,
    pub member: Name,
    /// The run whose it is.
    pub run: String,
}

/// Why a run was not begun, or not taken up again. Nothing was changed, but where it says so.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum SessionError {
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    Digest {
        expected: String,
        found: String,
    },
    World(Vec<Failure>),
    Claimed {
        failure: Box<Failure>,
        claim: Option<Claim>,
    },
    #[error(transparent)]
    Locked(#[from] LockError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Command(#[from] CommandError),
    Inconsistent {
        record: u64,
        reason: String,
    },
    #[error("{}:\n{}", self.shown().title(), changes.lines().join("\n"))]
    Changed {
        run: String,
        changes: Changes,
        /// That the documents are taken as they were was said.
        as_begun: bool,
    },
    ChangedSteps {
        run: String,
        changes: Changes,
    },
    NotLent {
        run: String,
        reason: String,
    },
    Elsewhere {
        run: String,
        member: Name,
        host: String,
        since: Timestamp,
    },
    ClaimGone {
        run: String,
        members: Vec<Name>,
    },
    NoMember {
        said: String,
        known: Vec<MemberName>,
    },
    StillThere {
        members: Vec<String>,
        command: String,
    },
    SecretInName(String),
    Spec(#[from] SpecError),
    Signals(std::io::Error),
}

shown_by_the_catalogue!(SessionError);

impl SessionError {
    fn shown(&self) -> Shown<'_> {
        let entry = match self {
            Self::Prepare(error) => return Shown::As(error),
            Self::Locked(error) => return Shown::As(error),
            Self::Folder(error) => return Shown::As(error),
            Self::Journal(error) => return Shown::As(error),
            Self::Record(error) => return Shown::As(error),
            Self::Command(error) => return Shown::As(error),
            Self::Digest { expected, found } => run::DIGEST_MISMATCH.with("expected", expected).with("found", found),
            Self::World(_) => world::NOT_AS_NEEDED.bare(),
            Self::Claimed { claim: None, .. } => claim::HELD.bare(),
            Self::Claimed { claim: Some(it), .. } => claim::HELD.with("member", &it.member).with("run", &it.run),
            Self::Inconsistent { record, reason } => {
                journal::INCONSISTENT.with("record", record).with("reason", reason)
            }
            Self::Changed { run, changes, as_begun } => changed(run, changes, *as_begun),
            Self::ChangedSteps { run, changes } => {
                let steps = run::STEPS_CHANGED.with("run", run).with("steps", listed(&changes.fixed));
                steps.with("accept", accepting(!changes.scripts.is_empty()))
            }
            Self::NotLent { run, reason } => claim::CANNOT_BE_SHARED.with("run", run).with("reason", reason),
            Self::Elsewhere { run, member, host, since } => {
                let elsewhere = run::ON_ANOTHER_MACHINE.with("run", run).with("member", member);
                elsewhere.with("host", host).with("since", format!("{since:.0}"))
            }
            Self::ClaimGone { run, members } => claim::GONE.with("run", run).with("members", listed(members)),
            Self::NoMember { said, known } => run::MEMBER_UNKNOWN.with("said", said).with("known", listed(known)),
            Self::StillThere { members, command } => {
                run::MEMBER_REACHABLE.with("members", listed(members)).with("command", command)
            }
            Self::SecretInName(what) => run::SECRET_IN_NAME.with("what", what),
            Self::Spec(error) => internal::BUG.with("what", format!(": the plan cannot be scheduled: {error}")),
            Self::Signals(error) => internal::BUG.with("what", format!(": signals cannot be received: {error}")),
        };
        entry.into()
    }
}

/// What can be done where files have changed. Those that cannot be used cannot be accepted.
fn changed(run: &str, changes: &Changes, as_begun: bool) -> Filled {
    let accept = accepting(!changes.scripts.is_empty());
    match &changes.unusable {
        Some(_) => run::CHANGED_FILES_INVALID.with("run", run).with("accept", accept),
        None if !changes.fixed.is_empty() => {
            let fixed = run::CHANGES_REFUSED.with("run", run).with("steps", listed(&changes.fixed));
            fixed.with("accept", accept)
        }
        None if changes.files.is_empty() => {
            let as_begun = if as_begun { "--as-begun " } else { "" };
            run::SCRIPTS_CHANGED.with("run", run).with("as_begun", as_begun)
        }
        None => run::FILES_CHANGED.with("run", run).with("accept", accept),
    }
}

fn listed(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How a run goes on with its documents as they were: a file that a command names has to be accepted all the same.
fn accepting(scripts: bool) -> &'static str {
    if scripts { " --accept-changes" } else { "" }
}

impl SessionError {
    /// What the command ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Prepare(_)
            | Self::Digest { .. }
            | Self::Changed { .. }
            | Self::ChangedSteps { .. }
            | Self::SecretInName(_)
            | Self::NoMember { .. }
            | Self::StillThere { .. }
            | Self::NotLent { .. } => Exit::Invalid,
            Self::Elsewhere { .. } | Self::Claimed { claim: Some(_), .. } => Exit::Claimed,
            Self::Command(error) => error.into(),
            Self::Folder(error) => error.into(),
            Self::Locked(error) => error.into(),
            Self::World(_)
            | Self::ClaimGone { .. }
            | Self::Claimed { claim: None, .. }
            | Self::Journal(_)
            | Self::Record(_)
            | Self::Inconsistent { .. }
            | Self::Spec(_)
            | Self::Signals(_) => Exit::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_not_offered() {
        let help = |unusable: Option<&str>| {
            let files = vec!["plan.yaml: changed".to_owned()];
            let changes = Changes { files, unusable: unusable.map(str::to_owned), ..Changes::default() };
            SessionError::Changed { run: "r1".to_owned(), changes, as_begun: false }
                .help()
                .map(|help| help.to_string())
                .unwrap_or_default()
        };
        assert!(help(None).starts_with("`houseplan resume r1 --accept-changes`"));
        assert!(help(Some("a mistake")).starts_with("go on with `houseplan resume r1 --as-begun`,"));
        assert!(!help(Some("a mistake")).contains("--accept-changes"));
    }
}
