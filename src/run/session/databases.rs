//! The databases that have to be Atomic where they are there already, looked at before a run acts on anything.
//!
//! What a plan's actions say, each for its own target, as far as the inputs tell. All steps are asked, so a plan that drops a
//! database by SQL and backs it up, lists it or restores it later stops before the drop. What SQL and processes alone act on
//! is nobody's to say, and need not be Atomic for them.

use std::sync::Arc;

use crate::{
    name::Name,
    plan::{
        actions::ActionSpec,
        expanded::{ExpandedPlan, ExpandedStep},
    },
    template::{Dialect, InputValues, Scope, Template},
};

/// Those of this target, each once. `inputs` has those of each scope of the plan.
pub(super) fn to_be_atomic(plan: &ExpandedPlan, inputs: &[Arc<InputValues>], target: &Name) -> Vec<String> {
    let acted_on = plan.steps.iter().flat_map(|step| {
        let scope = &plan.scopes[step.scope];
        let here = actions(step).flat_map(ActionSpec::databases).filter(|(on, _)| *scope.target(on) == *target);
        here.filter_map(|(_, database)| known(&database.0, &inputs[step.scope]))
    });
    let mut found: Vec<String> = acted_on.collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The step's action, and those that its checks read with.
fn actions(step: &ExpandedStep) -> impl Iterator<Item = &dyn ActionSpec> {
    let checks = step.preconditions.iter().chain(&step.postconditions);
    std::iter::once(step.action.spec()).chain(checks.filter_map(|check| check.spec()).map(|(_, action)| action))
}

/// What a template comes to; `None` where only the run tells.
fn known(text: &str, inputs: &InputValues) -> Option<String> {
    let template = Template::parse(text, Dialect::Text).ok()?;
    template.value(&Scope::of_inputs(inputs)).ok()?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bundle::fixture, plan::binding::known_before_run};

    fn found(target: &str) -> Vec<String> {
        let plan = fixture::expanded(
            "apiVersion: houseplan/v1
kind: Plan
metadata: { name: small }
inputs: { schema: { type: identifier, default: events }, my_database: { type: identifier, default: unused } }
targets: { source: { kind: clickhouse }, cluster: { kind: clickhouse }, store: { kind: s3 } }
steps:
  asked: { sql: { on: source, query: SELECT 1 AS n }, outputs: { name: \"result.rows[0].n\" } }
  backup: { backup: { on: source, database: \"{{ inputs.schema }}\", to: { store: store, path: p } } }
  again: { needs: [asked], inventory: { on: source, database: \"{{ steps.asked.name }}\" } }
  checked:
    preconditions: [{ name: empty, expect: rows | length == 0, inventory: { on: cluster, database: before } }]
    check: [{ name: still, expect: rows | length == 0, inventory: { on: cluster, database: within } }]
  restore: { needs: [backup], restore: { on: cluster, from: \"{{ steps.backup }}\", database: literal, into: absent } }
",
            &[],
        );
        let inputs = known_before_run(&plan, &InputValues::new());
        to_be_atomic(&plan, &inputs, &Name::from(target))
    }

    #[test]
    fn what_actions_say_counts_on_their_targets_and_no_name_of_an_input_does() {
        assert_eq!(found("source"), ["events"]);
        assert_eq!(found("cluster"), ["before", "literal", "within"]);
    }
}
