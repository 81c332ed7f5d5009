//! A journal's record, as the views read it.

use jiff::Timestamp;

use crate::engine::event::Event;

/// One event of a run, with its number and time.
///
/// Stands in for `journal::Record<Event>` until that is merged; nothing but this file is to change then.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub n: u64,
    pub at: Timestamp,
    pub event: Event,
}
