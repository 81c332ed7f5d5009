//! The action `inspect`: whose a backup is, and whether every file that it names is there with its size.

mod output;
mod prepare;
mod task;

pub use task::InspectTask;
