//! The plan after `plan:` and `procedure:` were inlined: flat steps with all they need, before any input is bound.
//!
//! What includes becomes two steps: `move/begin` (an [`Action::IncludeStart`] with the step's `when`, `for_each` is refused there, and
//! its preconditions) and `move` ([`Action::IncludeEnd`], with its postconditions), with the included steps between them. A skipped
//! start skips what it includes.

use std::time::Duration;

use indexmap::IndexMap;

pub use super::actions::Action;
use super::{
    actions::{Check, FanOut, Into},
    model::{Input, Metadata, OnFailure, Retry, TargetRequirement},
    text::ExpressionText,
};
use crate::{
    document::Place,
    name::{Name, StepId},
};

/// A plan, ready to have its inputs bound.
#[derive(Debug, Clone)]
pub struct ExpandedPlan {
    pub metadata: Metadata,
    pub on_failure: OnFailure,
    /// The plan's own inputs: those of scope 0.
    pub inputs: IndexMap<Name, Input>,
    /// The plan's own targets, by their names in the environment.
    pub targets: IndexMap<Name, TargetRequirement>,
    /// Scope 0 is the plan itself; every inclusion adds one.
    pub scopes: Vec<Scope>,
    /// All steps, in an order that no step stands before one that it needs; those of `finally` last.
    pub steps: Vec<ExpandedStep>,
}

/// What names mean at a step: its `inputs.`, `steps.` and targets.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What stands before the names of its steps (`move`), or `None` for the plan itself.
    pub prefix: Option<StepId>,
    /// The scope that its inputs come from, and where they are given there; `None` for the plan itself. A procedure has the
    /// inputs of its parent.
    pub parent: Option<usize>,
    /// For an included plan: its own inputs, and the values that `with` gives them (in terms of the parent's).
    pub inputs: Option<(IndexMap<Name, Input>, IndexMap<Name, serde_json::Value>)>,
    /// From a target's name here to its name in the environment.
    pub targets: IndexMap<Name, Name>,
    pub place: Place,
}

/// One step of the expanded plan.
#[derive(Debug, Clone)]
pub struct ExpandedStep {
    pub id: StepId,
    pub scope: usize,
    pub place: Place,
    /// Indices into [`ExpandedPlan::steps`]: what it needs, the start of the inclusion that it lies in included.
    pub needs: Vec<usize>,
    /// The start of the inclusion that this step lies in: where that is skipped, so is this.
    pub enclosing: Option<usize>,
    pub finally: bool,
    pub when: Option<ExpressionText>,
    pub for_each: Option<ExpressionText>,
    pub preconditions: Vec<Check>,
    pub postconditions: Vec<Check>,
    pub retry: Option<Retry>,
    pub timeout: Option<Duration>,
    pub stalled_after: Option<Duration>,
    /// Its own, or that of a step that includes it.
    pub irreversible: bool,
    pub outputs: IndexMap<Name, ExpressionText>,
    pub accepts: IndexMap<String, String>,
    pub action: Action,
}

impl Scope {
    /// The environment's name of what is called `name` here.
    pub fn target<'a>(&'a self, name: &'a Name) -> &'a Name {
        self.targets.get(name).unwrap_or(name)
    }

    /// The step that is called `name` here.
    pub fn step(&self, name: &str) -> StepId {
        self.prefix.as_ref().map_or_else(|| StepId::new(name), |prefix| prefix.join(name))
    }
}

impl ExpandedPlan {
    /// The scope that a step stands in.
    pub fn scope_of(&self, step: &ExpandedStep) -> &Scope {
        &self.scopes[step.scope]
    }

    /// The step as a person calls it: the start of an inclusion is called as the inclusion.
    pub fn called(&self, step: usize) -> &StepId {
        let is_end = |it: &&ExpandedStep| matches!(it.action, Action::IncludeEnd(start) if start == step);
        let end = match self.steps[step].action {
            Action::IncludeStart => self.steps[step..].iter().find(is_end),
            _ => None,
        };
        &end.unwrap_or(&self.steps[step]).id
    }

    /// The starts of the inclusions that a step lies in, the nearest first.
    pub fn enclosing(&self, step: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.steps[step].enclosing, |start| self.steps[*start].enclosing)
    }
}

impl ExpandedStep {
    /// Whether it takes something away: then its preconditions must not have grown old when it does. What is irreversible counts
    /// where some members may be done with and others not.
    pub fn destroys(&self) -> bool {
        let action = self.action.spec();
        (self.irreversible && action.fan_out() == FanOut::EachMember) || !action.destroys().is_empty()
    }

    /// Whether it restores rows, table by table, into tables that are there: all of those are compared before the first is filled.
    pub fn compares_tables(&self) -> bool {
        self.action.spec().fills().is_some_and(|fill| fill.named && fill.into != Into::Absent)
    }
}
