//! Who watches a run: the view.

use super::{
    event::Event,
    performer::Progress,
    state::{Item, State},
};
use crate::journal::Record;

/// Is told everything that happens, on the scheduler's own thread, so it must not block.
pub trait Observer: Send {
    /// A record is durable. `state` is that after all records of its batch.
    fn event(&mut self, record: &Record<Event>, state: &State);

    /// A task, or the checks around a step, say how far they are; for people, and dropped where it comes
    /// faster than it is shown.
    fn progress(&mut self, item: Item, progress: &Progress, state: &State);
}

/// Watches nothing.
impl Observer for () {
    fn event(&mut self, _: &Record<Event>, _: &State) {}
    fn progress(&mut self, _: Item, _: &Progress, _: &State) {}
}
