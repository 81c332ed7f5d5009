//! Drives a run: a pure state machine, and the scheduler that performs what its durable events say.

pub mod event;
pub mod performer;
pub mod state;
