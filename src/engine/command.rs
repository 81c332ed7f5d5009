//! What a person may say about a run that no process drives: settle, approve. (Giving it up needs its servers: see [`crate::run`].)
//!
//! Each opens the run under its lock, checks that what is said fits, and appends one record. It is durable when the function
//! returns; the next `resume` goes on from it.

use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    event::{Event, Outcome, Verdict},
    recorder::{RecordError, Recorder},
    resume::sketch,
    state::{ApplyError, Lifecycle, State, TaskPhase, TaskState},
    summary::borrowers,
};
use crate::{
    catalogue::{self, Shown, shown_by_the_catalogue, task},
    journal::{
        Journal, JournalError, Record, Torn,
        folder::{FolderError, RunFolder, RunStore},
    },
    name::TaskId,
};

/// A word that does not fit.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum CommandError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Record(#[from] RecordError),
    Inconsistent {
        record: u64,
        error: ApplyError,
    },
    NeverBegun,
    Ended {
        run: String,
        outcome: Outcome,
    },
    Lends {
        run: String,
        borrower: String,
    },
    UnknownTask(String, TaskId),
    NotInDoubt(String, TaskId),
    NotAsked(String, TaskId),
    OtherAttempt {
        task: TaskId,
        said: Option<u32>,
        now: u32,
    },
    DigestNotSaid {
        run: String,
        task: TaskId,
        asks: u32,
    },
    NotAwaited(String, TaskId),
    OtherDigest {
        run: String,
        task: TaskId,
        shown: String,
    },
}

shown_by_the_catalogue!(CommandError);

impl CommandError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Folder(error) => Shown::As(error),
            Self::Journal(error) => Shown::As(error),
            Self::Record(error) => Shown::As(error),
            Self::Inconsistent { record, error } => {
                catalogue::journal::INCONSISTENT.with("record", record).with("reason", error).into()
            }
            Self::NeverBegun => catalogue::run::NEVER_BEGUN.bare().into(),
            Self::Ended { run, outcome } => {
                catalogue::run::ENDED.with("run", run).with("outcome", outcome.as_str()).into()
            }
            Self::Lends { run, borrower } => {
                catalogue::claim::SHARED.with("run", run).with("borrower", borrower).into()
            }
            Self::UnknownTask(run, id) => task::UNKNOWN.with("run", run).with("task", id).into(),
            Self::NotInDoubt(run, id) => task::NOT_IN_DOUBT.with("run", run).with("task", id).into(),
            Self::NotAsked(run, id) => task::NOT_CHECKED.with("run", run).with("task", id).into(),
            Self::OtherAttempt { task: id, said, now } => {
                let said =
                    said.map_or("the command gives no attempt".to_owned(), |it| format!("the command gives {it}"));
                task::OTHER_ATTEMPT.with("task", id).with("now", now).with("said", said).into()
            }
            Self::DigestNotSaid { run, task: id, asks } => {
                task::DIGEST_NOT_GIVEN.with("run", run).with("task", id).with("asks", asks).into()
            }
            Self::NotAwaited(run, id) => task::NOT_WAITING.with("run", run).with("task", id).into(),
            Self::OtherDigest { run, task: id, shown } => {
                task::OTHER_DIGEST.with("run", run).with("task", id).with("shown", shown).into()
            }
        }
    }
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
    if let Lifecycle::Ended(outcome) = state.lifecycle() {
        return Err(CommandError::Ended { run: run.to_owned(), outcome });
    }
    let event = word(&state)?;
    Recorder::new(state, journal).record([event])?;
    Ok(())
}
