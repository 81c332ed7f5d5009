//! The action `exec`: a process on this machine.

mod prepare;
mod printed;
mod process_scan;
mod task;

pub use printed::Redact;
pub use task::{ExecTask, IsRead};
