//! The action `exec`: a process on this machine.

mod prepare;
pub mod printed;
pub mod process_scan;
mod task;

pub use printed::Redact;
pub use task::{ExecTask, IsRead};
