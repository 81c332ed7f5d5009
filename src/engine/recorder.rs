//! The one place where a run's state and its journal change, together.

use std::{borrow::Cow, sync::Arc};

use jiff::{Timestamp, Unit};
use thiserror::Error;

use super::{
    event::Event,
    redaction::redact_event,
    state::{ApplyError, State},
};
use crate::catalogue::{self, Shown, shown_by_the_catalogue};
use crate::journal::{Journal, JournalError, Record};

pub use super::redaction::Redact;

/// Where records go. The journal, but for tests.
pub trait Log: Send {
    /// Makes all of `events` durable and gives the first one's number; after an error nothing may be done on their word.
    fn append(&mut self, events: &[(Timestamp, Event)]) -> Result<u64, JournalError>;
}

impl Log for Journal {
    fn append(&mut self, events: &[(Timestamp, Event)]) -> Result<u64, JournalError> {
        Journal::append(self, events)
    }
}

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What can go wrong with recording. The run is then as after a crash, and can be resumed once the cause is mended.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum RecordError {
    Journal(#[from] JournalError),
    /// An event that does not follow from the state: a defect of the engine, or a journal that is not of this plan.
    Inconsistent(#[from] ApplyError),
}

shown_by_the_catalogue!(RecordError);

impl RecordError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Journal(error) => Shown::As(error),
            Self::Inconsistent(error) => catalogue::journal::NOT_RECORDED.with("reason", error).into(),
        }
    }
}

/// Owns the state and the journal of a run.
pub struct Recorder {
    state: State,
    log: Box<dyn Log>,
    pending: Vec<(Timestamp, Event)>,
    clock: Clock,
    redact: Redact,
}

impl Recorder {
    /// `state` is the fold of what stands in `log`.
    pub fn new(state: State, log: impl Log + 'static) -> Self {
        Self {
            state,
            log: Box::new(log),
            pending: Vec::new(),
            clock: Arc::new(Timestamp::now),
            redact: Arc::new(|text| Cow::Borrowed(text)),
        }
    }

    /// What every text goes through before it is folded in and written.
    #[must_use]
    pub fn redacting(self, redact: Redact) -> Self {
        Self { redact, ..self }
    }

    /// Takes the time from elsewhere than the system.
    #[cfg(test)]
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// The time, as precisely as the journal keeps it.
    pub fn now(&self) -> Timestamp {
        let now = (self.clock)();
        now.round(Unit::Millisecond).unwrap_or(now)
    }

    /// Whether a text would be redacted.
    pub(super) fn is_secret(&self, text: &str) -> bool {
        matches!((self.redact)(text), Cow::Owned(_))
    }

    /// Folds an event in. It is **not** durable before [`commit`](Self::commit) has returned.
    pub fn note(&mut self, mut event: Event) -> Result<(), ApplyError> {
        redact_event(&mut event, &self.redact);
        let at = self.now();
        self.state.apply(&event, at)?;
        self.pending.push((at, event));
        Ok(())
    }

    /// Makes all that was noted durable with one sync, and gives the records.
    pub fn commit(&mut self) -> Result<Vec<Record<Event>>, JournalError> {
        let first = self.log.append(&self.pending)?;
        let records = (first..).zip(self.pending.drain(..)).map(|(n, (at, event))| Record { n, at, event });
        Ok(records.collect())
    }

    /// Records events that nothing else hangs on: pins, claims, a person's word. Durable when it returns.
    pub fn record(&mut self, events: impl IntoIterator<Item = Event>) -> Result<Vec<Record<Event>>, RecordError> {
        for event in events {
            self.note(event)?;
        }
        Ok(self.commit()?)
    }
}
