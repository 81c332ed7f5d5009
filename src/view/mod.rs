//! What a person sees of a run: meanwhile, at its end, and where it stands still.
//!
//! Input are the run's records and its tasks' progress, and nothing else; nothing here changes a run or reads a file. Views
//! write to what they are given. The rule for what goes where: **stdout is data, stderr is talk**. Bars, lines, notices and
//! the screens of a run that stands still are talk; the closing table, and the JSON lines of `--output json`, are data.

pub mod claimed;
pub mod closing;
pub mod evidence;
pub mod failure;
mod fold;
pub mod frame;
pub mod json;
pub mod line;
pub mod model;
mod next;
pub mod outline;
pub mod paint;
pub mod plain;
pub mod quiet;
pub mod resumed;
mod shown;
#[cfg(test)]
pub mod story;
pub mod suspended;
pub mod terminal;
mod undone;
pub mod words;

use crate::{
    engine::{event::Event, performer::Progress},
    plan::name::TaskId,
};

/// One event of a run, with its number and time.
pub type Record = crate::journal::Record<Event>;

/// Follows one run while it goes on.
pub trait View: Send {
    /// Something happened, and is durable.
    fn record(&mut self, record: &Record);

    /// How far a task is. Checks of a step report under the step's own name.
    fn progress(&mut self, task: &TaskId, progress: &Progress);

    /// Something a person should know that is no event of the run.
    fn notice(&mut self, text: &str);

    /// Nothing more comes: clears what is only shown meanwhile. Called before any closing screen is printed.
    fn finish(&mut self);
}

#[cfg(test)]
mod tests;
