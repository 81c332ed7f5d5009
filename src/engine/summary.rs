//! All runs at a glance.

use jiff::Timestamp;
use thiserror::Error;

use super::{
    event::{Event, RunCreated},
    resume::sketch,
    state::{ApplyError, Lifecycle, State},
};
use crate::journal::{
    self, JournalError,
    folder::{FolderError, RunStore},
};

/// What a run's journal says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub created: RunCreated,
    pub lifecycle: Lifecycle,
    /// When the last record was made.
    pub last: Timestamp,
    /// The state as far as it can be known without the plan.
    pub state: State,
}

/// A run whose journal says nothing.
#[derive(Debug, Error)]
pub enum Broken {
    #[error("it was never started")]
    NeverBegun,
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("record {record} does not follow from those before it")]
    Inconsistent {
        record: u64,
        #[source]
        error: ApplyError,
    },
}

/// The runs that work under the claim of `lender` and have not ended.
///
/// One whose journal is damaged counts as well: what it has begun may be at work.
pub fn borrowers(store: &RunStore, lender: &str) -> Result<Vec<String>, FolderError> {
    let is_one = |run: &String| {
        let created = store.journal_of(run).ok().and_then(|path| journal::first::<Event>(&path));
        matches!(created, Some(Event::RunCreated(created)) if created.under.as_deref() == Some(lender))
            && !matches!(summary(store, run), Ok(it) if matches!(it.lifecycle, Lifecycle::Ended(_)))
    };
    Ok(store.list()?.into_iter().filter(is_one).collect())
}

/// What a run's journal says, without its lock: while a process drives it, it may be a moment old.
pub fn summary(store: &RunStore, id: &str) -> Result<Summary, Broken> {
    let path = store.journal_of(id).ok().filter(|path| path.exists()).ok_or(Broken::NeverBegun)?;
    let records = journal::read::<Event>(&path)?.records;
    let last = records.last().ok_or(Broken::NeverBegun)?.at;
    let state = sketch(&records).map_err(|(record, error)| Broken::Inconsistent { record, error })?;
    let created = state.created().cloned().ok_or(Broken::NeverBegun)?;
    Ok(Summary { created, lifecycle: state.lifecycle(), last, state })
}
