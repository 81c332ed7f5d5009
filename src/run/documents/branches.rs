//! Which steps can happen with the inputs that were given, and on what it depends whether they do.

use std::sync::Arc;

use crate::{
    plan::{actions::Action, expanded::ExpandedPlan},
    template::{Expression, InputValues, RunFacts, Scope},
};

/// A plan with its inputs.
pub(in crate::run) struct Branches<'a> {
    pub plan: &'a ExpandedPlan,
    /// Of every scope.
    pub inputs: &'a [Arc<InputValues>],
    pub run: &'a RunFacts,
}

/// Whether a step happens, as far as its conditions and those around it tell before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) enum Happens {
    Always,
    /// A condition is false, whatever the run finds.
    Never,
    /// These conditions have to hold, which only the run knows.
    If(Vec<String>),
}

impl Branches<'_> {
    /// Whether the step with this index happens.
    pub fn happens(&self, index: usize) -> Happens {
        let own = match self.plan.steps[index].action {
            Action::IncludeEnd(start) => start,
            _ => index,
        };
        let mut conditions = Vec::new();
        for step in std::iter::once(own).chain(self.plan.enclosing(own)).map(|step| &self.plan.steps[step]) {
            let Some(when) = &step.when else { continue };
            let inputs = Some(self.inputs[step.scope].as_ref());
            let scope = Scope { inputs, run: Some(self.run), ..Scope::default() };
            match Expression::parse(&when.0).ok().and_then(|it| it.holds(&scope).ok()) {
                Some(true) => {}
                Some(false) => return Happens::Never,
                None => conditions.push(when.0.clone()),
            }
        }
        if conditions.is_empty() { Happens::Always } else { Happens::If(conditions) }
    }

    /// Whether it may happen.
    pub fn may_happen(&self, index: usize) -> bool {
        self.happens(index) != Happens::Never
    }
}
