//! The engine's performer: a plan, bound to its inputs and targets, entered, checked and acted on.

pub(super) mod checks;
mod fan_out;
mod output_guard;
mod outputs;
mod performer;
mod recheck;
mod step_facts;
mod tasks;

pub use performer::PlanPerformer;
