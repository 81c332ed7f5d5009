//! The action `helm`: an upgrade of a release, by the user's own program.

mod foretell;
mod hooks;
mod prepare;
mod process;
mod settle;
mod task;

pub use foretell::{Looked, foretold, looked_at};
