//! What a person is told about a plan's steps: their order, what they do, and what of that is irreversible.
//!
//! The journal does not repeat the plan, so that what has *not* happened can only be said with this beside it. An empty
//! outline is allowed; then less is said, and nothing is claimed.

use indexmap::IndexMap;

pub use crate::plan::actions::ActionKind as Kind;
use crate::{
    name::{Name, StepId},
    plan::{
        actions::{Aspect, Check, Compare},
        expanded::{Action, ExpandedPlan, ExpandedStep},
    },
};

/// The steps of an expanded plan, in its order.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    pub steps: IndexMap<StepId, OutlineStep>,
}

/// One step.
#[derive(Debug, Clone, Default)]
pub struct OutlineStep {
    pub kind: Kind,
    pub irreversible: bool,
    /// Whether it drops, deletes or otherwise takes something away, marked as irreversible or not.
    pub destroys: bool,
    pub finally: bool,
    /// Whether it may change something outside houseplan's own records.
    pub changes: bool,
    /// Whether its preconditions read a backup and find it complete, so that its tasks start only then.
    pub needs_complete_backup: bool,
    /// Whether what it checks before it acts goes by inputs, which a run keeps.
    pub checks_inputs: bool,
    /// Whether it has postconditions that are read for the step as a whole.
    pub checked_after: bool,
    /// What it comes after, the start of the inclusion that it lies in included.
    pub needs: Vec<StepId>,
    /// The start of the inclusion that it lies in, or that it ends.
    pub enclosing: Option<StepId>,
    /// What a `compare` step compares, and by what.
    pub comparison: Option<Comparison>,
}

/// What a `compare` step holds against what.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The inventory on the left, where it is a step of this plan.
    pub left: Option<StepId>,
    /// The target on the right, by its name in the environment.
    pub right: Name,
    pub by: Vec<Aspect>,
}

impl Outline {
    pub fn of(plan: &ExpandedPlan) -> Self {
        Self { steps: plan.steps.iter().map(|step| (step.id.clone(), outline_step(plan, step))).collect() }
    }

    /// What the step does, as far as it is known.
    pub fn kind(&self, step: &StepId) -> Kind {
        self.steps.get(step).map_or(Kind::Unknown, |step| step.kind)
    }

    /// The step that a person knows: the start of an inclusion is called as the inclusion.
    pub fn shown_as<'a>(&'a self, step: &'a StepId) -> &'a StepId {
        if self.kind(step) != Kind::IncludeStart {
            return step;
        }
        let end = self.steps.iter().find(|(_, it)| it.kind == Kind::IncludeEnd && it.enclosing.as_ref() == Some(step));
        end.map_or(step, |(id, _)| id)
    }

    /// How many steps (without those that start or end one) an inclusion has.
    pub fn included(&self, end: &StepId) -> usize {
        let prefix = format!("{end}/");
        let own = |(id, step): &(&StepId, &OutlineStep)| {
            id.as_str().starts_with(&prefix) && !matches!(step.kind, Kind::IncludeStart | Kind::IncludeEnd)
        };
        self.steps.iter().filter(own).count()
    }

    /// Whether the step is one of `finally`.
    pub fn is_finally(&self, step: &StepId) -> bool {
        self.steps.get(step).is_some_and(|it| it.finally)
    }

    /// The steps of `finally`, as they are shown.
    pub fn finally(&self) -> impl Iterator<Item = &StepId> {
        self.steps.iter().filter(|(_, step)| step.finally && step.kind != Kind::IncludeStart).map(|(id, _)| id)
    }
}

fn outline_step(plan: &ExpandedPlan, step: &ExpandedStep) -> OutlineStep {
    let start = match step.action {
        Action::IncludeEnd(start) => Some(start),
        _ => step.enclosing,
    };
    OutlineStep {
        kind: step.action.kind(),
        irreversible: step.irreversible,
        destroys: step.destroys(),
        finally: step.finally,
        changes: step.action.changes(),
        needs_complete_backup: step.preconditions.iter().any(|check| check.inspect.is_some() && check.expect.is_none()),
        checks_inputs: checks_inputs(step),
        checked_after: !step.postconditions.is_empty(),
        needs: step.needs.iter().filter_map(|need| plan.steps.get(*need)).map(|need| need.id.clone()).collect(),
        enclosing: start.and_then(|index| plan.steps.get(index)).map(|start| start.id.clone()),
        comparison: match &step.action {
            Action::Compare(compare) => Some(comparison(plan, step.scope, compare)),
            _ => None,
        },
    }
}

fn checks_inputs(step: &ExpandedStep) -> bool {
    let own: &[Check] = match &step.action {
        Action::Check(checks) => checks,
        _ => &[],
    };
    own.iter().chain(&step.preconditions).any(|check| check.uses(&["inputs"]))
}

fn comparison(plan: &ExpandedPlan, scope: usize, compare: &Compare) -> Comparison {
    let scope = &plan.scopes[scope];
    let left = only_step(&compare.left.0).map(|name| scope.step(name));
    let right = scope.target(&compare.right);
    Comparison { left, right: right.clone(), by: compare.by.clone() }
}

/// `inventory` of `{{ steps.inventory }}`.
fn only_step(template: &str) -> Option<&str> {
    let inner = template.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let name = inner.strip_prefix("steps.")?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_left_of_a_comparison_is_a_step_only_where_nothing_else_stands_there() {
        assert_eq!(only_step("{{ steps.inventory }}"), Some("inventory"));
        assert_eq!(only_step("{{steps.a}}"), Some("a"));
        assert_eq!(only_step("{{ steps.a.tables }}"), None);
        assert_eq!(only_step("{{ steps.a }} and {{ steps.b }}"), None);
    }
}
