//! The action `exec`: a process on this machine.

mod prepare;
pub mod printed;
pub mod process_scan;
mod task;
mod telling;

pub(in crate::action) use prepare::argument;
pub(in crate::action) use printed::{Tail, read_lines};
pub(in crate::action) use process_scan::VARIABLE;
pub(in crate::action) use telling::{KEPT, Telling, secret_in_arguments};

pub use printed::Redact;
pub use task::{ExecTask, IsRead};
