//! The action `sql`: statements for every member of its targets, a task each.
//!
//! What is sent and what an error means stands in [`task`] and [`doubt`]; a task in doubt waits in [`await_idle`], and what may
//! be skipped where a member is gone is said in [`unreachable`]. What a check asks of a server that does not know its statement is in
//! [`older`].

pub(super) mod await_idle;
pub(super) mod doubt;
mod older;
mod output;
mod prepare;
mod reading;
mod task;
mod unreachable;

pub use reading::SqlReading;
pub use task::SqlTask;
