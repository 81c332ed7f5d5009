//! Checks, around a step and as a step of their own (the action `check`): which action each reads with, and what is expected.
//!
//! How a check is read until it holds is [`crate::check`]'s.

mod expectation;
mod prepare;
mod task;

pub use prepare::{names_task, render};
