//! Why a run was not begun, or not taken up again.

use jiff::Timestamp;
use miette::Diagnostic;
use thiserror::Error;

use super::documents::{Changes, PrepareError};
use crate::{
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
#[derive(Debug, Error, Diagnostic)]
pub enum SessionError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Prepare(#[from] PrepareError),
    #[error("the plan's digest is {found}, not {expected}")]
    #[diagnostic(
        code(houseplan::run::digest_mismatch),
        help(
            "the plan, the environment, the inputs or the files that they name are not those that were reviewed; `houseplan render` prints what would run now"
        )
    )]
    Digest { expected: String, found: String },
    #[error("the servers are not as the plan needs them")]
    World(Vec<Failure>),
    #[error("the target is claimed by another run")]
    Claimed { failure: Box<Failure>, claim: Option<Claim> },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Locked(#[from] LockError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
    #[error("the run cannot be recorded: {0}")]
    #[diagnostic(code(houseplan::journal::unusable))]
    Record(#[from] RecordError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Command(#[from] CommandError),
    #[error("record {record} of the run's journal does not follow from those before it: {reason}")]
    #[diagnostic(
        code(houseplan::journal::inconsistent),
        help("the plan has changed in a step that has begun, or the journal was edited; nothing was done")
    )]
    Inconsistent { record: u64, reason: String },
    #[error("run {run} has ended ({outcome}); an ended run is not taken up again")]
    #[diagnostic(code(houseplan::run::ended), help("to do it again, begin a new run: `houseplan run …`"))]
    Ended { run: String, outcome: &'static str },
    #[error("the files of run {run} have changed since it began:\n{}", changes.lines().join("\n"))]
    #[diagnostic(code(houseplan::run::files_changed), help("{}", with_changes(run, changes, *as_begun)))]
    Changed { run: String, changes: Changes, as_begun: bool },
    #[error("what has changed cannot be accepted: {}", changes.fixed.join(", "))]
    #[diagnostic(
        code(houseplan::run::steps_changed),
        help(
            "{STAYS}: go on with {}, or abandon the run",
            as_begun(run, !changes.scripts.is_empty())
        )
    )]
    ChangedSteps { run: String, changes: Changes },
    #[error("run {0} cannot lend its claim: {1}")]
    #[diagnostic(
        code(houseplan::claim::cannot_be_shared),
        help(
            "a suspended run of this machine lends its claim while it stands still; `houseplan status` lists the runs"
        )
    )]
    NotLent(String, String),
    #[error("run {run} is at {host}: its claim on {member} says so, since {since:.0}")]
    #[diagnostic(
        code(houseplan::run::on_another_machine),
        help(
            "two processes at one run would do twice what must happen once, and a copy of its folder does not know what was done \
             since: take it up there. Where that machine is gone, or its process is dead, nothing that it started there still \
             runs, and nobody takes the run up there again, say so with `--gone-from {host}`, as in `houseplan resume {run} \
             --gone-from {host}`"
        )
    )]
    Elsewhere { run: String, member: Name, host: String, since: Timestamp },
    #[error("the claim of run {run} on {} is gone", members.iter().map(Name::as_str).collect::<Vec<_>>().join(", "))]
    #[diagnostic(
        code(houseplan::claim::gone),
        help(
            "somebody has freed it: with `houseplan abandon {run}`, on another machine or with `--env`, or by hand. Another run may \
             have worked there since, and what was checked and approved before may hold no more: look at what has run. Once you \
             are sure that nothing has changed: `houseplan resume {run} --claim-again` (with what else you said); else `houseplan abandon {run}`, and begin \
             a new run"
        )
    )]
    ClaimGone { run: String, members: Vec<Name> },
    #[error("`{said}` is not one member of the run: it has {}", known.iter().map(MemberName::to_string).collect::<Vec<_>>().join(", "))]
    #[diagnostic(
        code(houseplan::run::member_unknown),
        help("give its name, or `target/member` where several have that name")
    )]
    NoMember { said: String, known: Vec<MemberName> },
    #[error("{} answers, and is the server that the run began with", members.join(", "))]
    #[diagnostic(
        code(houseplan::run::member_reachable),
        help(
            "nothing was done: `finally` would pass over it, and what the run has stopped there would stay stopped. Give the run \
             up with it: `{command}`. What of `finally` fails there may be done by hand, and settled as done"
        )
    )]
    StillThere { members: Vec<String>, command: String },
    #[error("a secret stands in {0}")]
    #[diagnostic(
        code(houseplan::run::secret_in_name),
        help(
            "houseplan takes secrets out of all that it shows and keeps, and would take this for one: give the secret another value, or the thing another name"
        )
    )]
    SecretInName(String),
    #[error("the plan cannot be scheduled: {0}")]
    #[diagnostic(code(houseplan::internal))]
    Spec(#[from] SpecError),
    #[error("signals cannot be heard: {0}")]
    #[diagnostic(code(houseplan::internal))]
    Signals(std::io::Error),
}

/// What stays as it was in a run.
const STAYS: &str =
    "a step that has begun, was expanded or settled, and a target that the run has used stay what they were";

/// How a run goes on with its documents as they were. A file that a command names has to be accepted all the same.
fn as_begun(run: &str, scripts: bool) -> String {
    let accepting = if scripts { " --accept-changes" } else { "" };
    let what = if scripts { ", with the documents as they were and what commands name as it is" } else { "" };
    format!("`houseplan resume {run} --as-begun{accepting}`{what}")
}

/// What can be done where files have changed. Those that cannot be used cannot be accepted.
fn with_changes(run: &str, changes: &Changes, was_as_begun: bool) -> String {
    let scripts = !changes.scripts.is_empty();
    let accepts = format!("`houseplan resume {run} --accept-changes` goes on with them as they are now");
    match &changes.unusable {
        Some(_) => format!(
            "go on with {}; to go on with the documents as they are now, mend them first: `houseplan validate` shows what is wrong",
            as_begun(run, scripts)
        ),
        None if !changes.fixed.is_empty() => format!(
            "these cannot be accepted: {}, for {STAYS}. Put them back, go on with {}, or abandon the run",
            changes.fixed.join(", "),
            as_begun(run, scripts)
        ),
        None if was_as_begun => format!("go on with {}; or put them back", as_begun(run, scripts)),
        None if changes.files.is_empty() => format!("{accepts}; or put them back"),
        None => format!("{accepts}; or put them back, or go on with {}", as_begun(run, scripts)),
    }
}

impl SessionError {
    /// What the command ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Prepare(_)
            | Self::Digest { .. }
            | Self::Ended { .. }
            | Self::Changed { .. }
            | Self::ChangedSteps { .. }
            | Self::SecretInName(_)
            | Self::NoMember { .. }
            | Self::StillThere { .. }
            | Self::NotLent(..) => Exit::Invalid,
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
    use super::*;

    #[test]
    fn what_cannot_be_used_is_not_offered() {
        let help = |unusable: Option<&str>, fixed: &[&str]| {
            let fixed = fixed.iter().map(|it| (*it).to_owned()).collect();
            let files = vec!["plan.yaml: 1 lines differ".to_owned()];
            let changes = Changes { unusable: unusable.map(str::to_owned), files, fixed, ..Changes::default() };
            SessionError::Changed { run: "r1".to_owned(), changes, as_begun: false }
                .help()
                .map(|help| help.to_string())
                .unwrap_or_default()
        };
        assert!(help(None, &[]).starts_with("`houseplan resume r1 --accept-changes`"));
        assert!(help(Some("a mistake"), &[]).starts_with("go on with `houseplan resume r1 --as-begun`;"));
        assert!(!help(Some("a mistake"), &[]).contains("--accept-changes"));
        let fixed = help(None, &["freeze"]);
        assert!(fixed.contains("freeze") && fixed.contains("`houseplan resume r1 --as-begun`"), "{fixed}");
        assert!(!fixed.contains("--accept-changes"), "{fixed}");
    }
}
