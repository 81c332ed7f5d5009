//! Which targets a plan uses.

use crate::{
    name::Name,
    plan::{
        expanded::{ExpandedPlan, ExpandedStep},
        visit::Part,
    },
};

/// The targets that a step acts on or reads, by their names in the environment; and whether it can do without them
/// (`absent: skip`).
pub(in crate::run) fn used_by(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<(Name, bool)> {
    let scope = plan.scope_of(step);
    step.targets().into_iter().map(|(_, target)| (scope.target(target.name).clone(), target.may_be_absent)).collect()
}

/// The targets that a step acts on, by their names in the environment.
pub(in crate::run) fn acted_on(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<Name> {
    in_part(plan, step, |part| part == Part::Action)
}

/// The targets that the checks around a step read, by their names in the environment.
pub(in crate::run) fn looked_at(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<Name> {
    in_part(plan, step, |part| part != Part::Action)
}

fn in_part(plan: &ExpandedPlan, step: &ExpandedStep, is_wanted: impl Fn(Part) -> bool) -> Vec<Name> {
    let (scope, targets) = (plan.scope_of(step), step.targets().into_iter());
    targets.filter(|(part, _)| is_wanted(*part)).map(|(_, target)| scope.target(target.name).clone()).collect()
}
