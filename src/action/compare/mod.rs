//! The action `compare`: an inventory, set against what each member of a target holds now.

mod backup;
mod difference;
mod output;
mod prepare;
pub mod quiescence;
pub mod row;
mod task;

pub use task::{CompareTask, PATIENCE};
