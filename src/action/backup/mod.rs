//! The action `backup`: BACKUP, tracked in the server under an id of our own, at a path of its own for each attempt.
//!
//! How it is followed stands in [`operation`](super::operation), how doubt is settled in [`settle`].

mod output;
mod prepare;
mod settle;
mod task;
mod token;

pub use prepare::token_outlasts;
pub use task::{BackupSubject, BackupTask};
