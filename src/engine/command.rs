//! What a person may say about a run that no process drives: settle, approve. (Giving it up needs its servers: see [`crate::run`].)
//!
//! Each opens the run under its lock, checks that what is said fits, and appends one record. It is durable when the function
//! returns; the next `resume` goes on from it.

use miette::Diagnostic;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    event::{Event, Verdict},
    recorder::{RecordError, Recorder},
    resume::sketch,
    state::{ApplyError, Lifecycle, State, TaskPhase, TaskState},
    summary::borrowers,
};
use crate::{
    journal::{
        Journal, JournalError, Record, Torn,
        folder::{FolderError, RunFolder, RunStore},
    },
    name::TaskId,
};

/// A word that does not fit.
#[derive(Debug, Error, Diagnostic)]
pub enum CommandError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    #[diagnostic(code(houseplan::run::refused))]
    Record(#[from] RecordError),
    #[error("record {record} of the journal does not follow from those before it")]
    #[diagnostic(code(houseplan::run::refused))]
    Inconsistent {
        record: u64,
        #[source]
        error: ApplyError,
    },
    #[error("the run was never begun: its journal is empty")]
    #[diagnostic(code(houseplan::run::refused))]
    NeverBegun,
    #[error("the run has ended; nothing of it can be changed")]
    #[diagnostic(code(houseplan::run::refused))]
    Ended,
    #[error("run {borrower} works under the claim of run {run}, and has not ended")]
    #[diagnostic(
        code(houseplan::run::refused),
        help(
            "what it has begun may still be at work, and nothing is done beside it: `houseplan resume {borrower}` or `houseplan abandon {borrower}` first"
        )
    )]
    Lends { run: String, borrower: String },
    #[error("the run has no task `{1}`")]
    #[diagnostic(
        code(houseplan::run::refused),
        help("`houseplan status {0}` writes the tasks as they are given here; quote the brackets for the shell")
    )]
    UnknownTask(String, TaskId),
    #[error("task `{1}` is not in doubt")]
    #[diagnostic(
        code(houseplan::run::refused),
        help("only what is in doubt is settled; `houseplan status {0}` shows how it stands")
    )]
    NotInDoubt(String, TaskId),
    #[error("nobody has asked yet what became of task `{1}`, and what it would give to later steps is not known")]
    #[diagnostic(
        code(houseplan::run::refused),
        help(
            "`houseplan resume {0}` finds out by itself what can be found out; only what is still in doubt then is settled as done"
        )
    )]
    NotAsked(String, TaskId),
    #[error("task `{task}` is at attempt {now}, and {}", .said.map_or("which one is meant was not said".to_owned(), |it| format!("not at {it}")))]
    #[diagnostic(
        code(houseplan::run::refused),
        help("what is true of one attempt may not be of another: look at attempt {now}, then say `--attempt {now}`")
    )]
    OtherAttempt { task: TaskId, said: Option<u32>, now: u32 },
    #[error("task `{task}` asks for the {asks}. time, and which time is meant was not said")]
    #[diagnostic(
        code(houseplan::run::refused),
        help(
            "look at what it shows now, with `houseplan status {run}`, and give the digest that stands there: `--digest`"
        )
    )]
    DigestNotSaid { run: String, task: TaskId, asks: u32 },
    #[error("task `{1}` does not wait for an approval")]
    #[diagnostic(
        code(houseplan::run::refused),
        help("only what waits for a person is approved; `houseplan status {0}` shows how it stands")
    )]
    NotAwaited(String, TaskId),
    #[diagnostic(
        code(houseplan::run::refused),
        help("look at what it shows now, with `houseplan status {run}`, and approve that")
    )]
    #[error("what is approved is not what task `{task}` shows (digest {shown})")]
    OtherDigest { run: String, task: TaskId, shown: String },
}

/// A run's journal, opened by this process alone.
pub struct Opened {
    pub folder: RunFolder,
    pub journal: Journal,
    pub records: Vec<Record<Event>>,
    /// What was cut off its end, to be told.
    pub torn: Option<Torn>,
}

/// Locks a run and reads its journal, to go on with it.
pub fn open(store: &RunStore, run: &str) -> Result<Opened, CommandError> {
    let folder = store.open(run)?;
    let path = folder.journal();
    if !path.exists() {
        return Err(CommandError::NeverBegun);
    }
    let (journal, contents) = Journal::open(&path)?;
    if contents.records.is_empty() {
        return Err(CommandError::NeverBegun);
    }
    Ok(Opened { folder, journal, records: contents.records, torn: contents.torn })
}

/// A person says what became of a task in doubt: `Done` (with what it gave) or `NotDone`. In `finally`, also that they have
/// done by hand what failed: a run would otherwise never end where a clean-up cannot succeed any more.
///
/// A task that a dead process left running is in doubt too: the lock proves that the process is gone. `attempt` is the one
/// that they have looked at, and another is refused; after a second one it has to be said.
pub fn settle(
    store: &RunStore,
    run: &str,
    task: &TaskId,
    attempt: Option<u32>,
    verdict: Verdict,
    by: &str,
) -> Result<(), CommandError> {
    say(store, run, |state| {
        let found = known(state, run, task)?;
        let in_doubt = [TaskPhase::Running, TaskPhase::InDoubt, TaskPhase::Settling, TaskPhase::Unsettled];
        let known = state.task(found);
        let by_hand = state.may_be_done_by_hand(found) && matches!(verdict, Verdict::Done(_));
        if !in_doubt.contains(&known.phase) && !by_hand {
            return Err(CommandError::NotInDoubt(run.to_owned(), task.clone()));
        }
        if attempt.unwrap_or(1) != known.attempt {
            return Err(CommandError::OtherAttempt { task: task.clone(), said: attempt, now: known.attempt });
        }
        let verdict = match verdict {
            // What only reads, and what can be asked after, a resume settles with what it really gives.
            Verdict::Done(_) if gives(known).is_none() && known.phase != TaskPhase::Unsettled && !by_hand => {
                return Err(CommandError::NotAsked(run.to_owned(), task.clone()));
            }
            Verdict::Done(output) => Verdict::Done(filled(known, output, by)),
            other => other,
        };
        let attempt = known.attempt;
        // The resume that follows makes whatever is left eligible anew, so no time needs to be said.
        Ok(Event::TaskSettled { task: task.clone(), attempt, verdict, by: by.to_owned(), retry_at: None })
    })
}

/// What the task noted of its output before it began.
fn gives(task: &TaskState) -> Option<&Map<String, Value>> {
    task.notes.iter().rev().find_map(|note| note.get("gives")?.as_object())
}

/// What a task gives to later steps where a person says that it was done: what it noted of that before it began (a backup's
/// path, id and URL), and who said so.
fn filled(task: &TaskState, said: Value, by: &str) -> Value {
    let mut output = gives(task).cloned().unwrap_or_default();
    if let Value::Object(said) = said {
        output.extend(said);
    }
    output.insert("settled_by".to_owned(), by.into());
    Value::Object(output)
}

/// So much of a digest has to be given, at least.
const SHORTEST_DIGEST: usize = 8;

/// A person approves what a task shows. `digest` is that of what they saw (its beginning will do), where they
/// say so: anything else is refused. Where the task has asked before, they have to.
pub fn approve(store: &RunStore, run: &str, task: &TaskId, digest: Option<&str>, by: &str) -> Result<(), CommandError> {
    say(store, run, |state| {
        let found = state.task(known(state, run, task)?);
        let shown = match (&found.phase, &found.approval) {
            (TaskPhase::AwaitingApproval, Some(approval)) => approval.digest.clone(),
            _ => return Err(CommandError::NotAwaited(run.to_owned(), task.clone())),
        };
        let is_of = |digest: &str| digest == shown || digest.len() >= SHORTEST_DIGEST && shown.starts_with(digest);
        if !digest.is_none_or(is_of) {
            return Err(CommandError::OtherDigest { run: run.to_owned(), task: task.clone(), shown });
        }
        if digest.is_none() && found.attempt > 1 {
            return Err(CommandError::DigestNotSaid { run: run.to_owned(), task: task.clone(), asks: found.attempt });
        }
        Ok(Event::Approved { task: task.clone(), digest: shown, by: by.to_owned() })
    })
}

/// Refuses where another run works under the claim of this one and has not ended: it would be acted beside what that one has
/// begun. Asked under the run's lock, which whoever begins a run under it takes too.
pub fn lends_nothing(store: &RunStore, run: &str) -> Result<(), CommandError> {
    match borrowers(store, run)?.into_iter().next() {
        Some(borrower) => Err(CommandError::Lends { run: run.to_owned(), borrower }),
        None => Ok(()),
    }
}

fn known(state: &State, run: &str, task: &TaskId) -> Result<usize, CommandError> {
    state.task_index(task).ok_or_else(|| CommandError::UnknownTask(run.to_owned(), task.clone()))
}

fn say(
    store: &RunStore,
    run: &str,
    word: impl FnOnce(&State) -> Result<Event, CommandError>,
) -> Result<(), CommandError> {
    let Opened { folder: _locked, journal, records, .. } = open(store, run)?;
    let state = sketch(&records).map_err(|(record, error)| CommandError::Inconsistent { record, error })?;
    if matches!(state.lifecycle(), Lifecycle::Ended(_)) {
        return Err(CommandError::Ended);
    }
    let event = word(&state)?;
    Recorder::new(state, journal).record([event])?;
    Ok(())
}
