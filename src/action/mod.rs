//! The actions: a folder each, which says what the action sends, how it follows it, what it gives back, and how doubt about it
//! is settled.
//!
//! What a plan says of an action is [`crate::plan::actions`]'s. [`acting`] is what a run asks of each, and [`registry`] finds
//! it. An action prepares itself in an [`EvalContext`](context::EvalContext): then templates are texts and targets connections, and the task
//! is driven through [`TaskRun`](crate::engine::performer::TaskRun). Actions know nothing of the journal.

pub mod acting;
pub mod approve;
mod attempt;
pub mod backup;
pub mod check;
pub mod compare;
pub mod context;
#[cfg(test)]
mod echo;
pub mod exec;
mod failure;
pub mod helm;
pub mod inspect;
pub mod inventory;
pub mod job;
pub mod keeper;
pub mod known_bugs;
pub mod kubernetes;
mod operation;
pub mod output_guard;
mod pod_exec;
pub mod registry;
pub mod restore;
pub mod retain;
pub mod s3;
pub mod scale;
pub mod secret;
mod secrets;
mod skipped;
pub mod sql;
mod store_reader;
pub mod stored_backup;
mod task_seed;
mod workload;
pub mod writers;

pub use attempt::Attempt;
pub use backup::token_outlasts;
pub use skipped::Skipped;
pub use store_reader::look_into_store;
