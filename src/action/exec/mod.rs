//! The action `exec`: a process on this machine.

mod output;
mod prepare;
mod printed;
mod process_scan;
mod task;

pub use output::ExecOutput;
pub use printed::Redact;
pub use task::{ExecTask, IsRead};
