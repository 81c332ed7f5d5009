//! The databases that have to be Atomic where they are there already.
//!
//! **A guess**, and the only one of its kind: an input counts whose name contains `database`. A database that a plan names
//! otherwise (a literal, an input `schema`, what a step gives) is not looked at before the run. A backup and an inventory look
//! at theirs again when they run, and refuse it then (`database::not_atomic`); a restore does not.

use crate::{
    name::Name,
    plan::expanded::ExpandedPlan,
    template::{InputValue, InputValues},
};

/// Those that the plan's own inputs name.
pub(super) fn named_by_inputs(plan: &ExpandedPlan, inputs: &InputValues) -> Vec<String> {
    let named = plan.inputs.keys().filter(|name| name.as_str().contains("database"));
    let value = |name: &Name| match inputs.get(name) {
        Some(InputValue::Plain(value)) => value.as_str().map(str::to_owned),
        _ => None,
    };
    named.filter_map(value).collect()
}
