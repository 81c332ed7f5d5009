//! The engine's performer: a plan, bound to its inputs and targets, entered, checked and acted on.

mod after_start;
pub(super) mod condition;
mod fan_out;
mod left_out;
mod outputs;
mod performer;
mod recheck;
pub(super) mod step_facts;

pub use performer::PlanPerformer;
pub(super) use performer::enter;
