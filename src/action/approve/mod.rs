//! The action `approve`: waits until a person has approved what is shown.

mod prepare;
mod task;

pub use task::{ApproveTask, digest};
