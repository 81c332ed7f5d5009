//! Records on disk: durable, replayable, numbered; the folder of a run; locks.
//!
//! Knows files, not runs: what a record says is the engine's ([`Record`] is generic over it).

mod error;
pub mod folder;
mod line;
pub mod lock;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use jiff::Timestamp;

pub use error::JournalError;
pub use reader::{Contents, Torn, first, parse, read};
pub use writer::Journal;

/// The version of the journal's format that this houseplan writes, and the newest that it reads.
pub const FORMAT: u32 = 4;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<E> {
    /// Counts from one, without gaps.
    pub n: u64,
    pub at: Timestamp,
    pub event: E,
}
