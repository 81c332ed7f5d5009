//! The engine's performer: a plan, bound to its inputs and targets, entered, checked and acted on.

mod fan_out;
mod left_out;
mod outputs;
mod performer;
mod recheck;
mod step_facts;

pub use performer::PlanPerformer;
