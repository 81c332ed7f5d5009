//! Drives a run: a pure state machine, and the scheduler that performs what its durable events say.
//!
//! [`decide`](decide::decide) says what happens next, [`State::apply`](state::State::apply) folds it in, the
//! [`Recorder`](recorder::Recorder) makes it durable, and only then does the [`scheduler`] act. What an action does, how a
//! check is read and what a template means is the [`Performer`](performer::Performer)'s.

pub mod command;
pub mod decide;
pub mod event;
pub mod observer;
pub mod performer;
pub mod recorder;
mod redaction;
pub mod resume;
pub mod scheduler;
pub mod spec;
pub mod state;
pub mod summary;

#[cfg(test)]
mod tests;
