//! What comes before a step: what it needs, directly and through others.

use super::declares::Declared;
use crate::{
    graph::Graph,
    plan::{
        actions::{Action, Check},
        expanded::{ExpandedPlan, ExpandedStep},
        text::ExpressionText,
    },
};

/// A plan, with what each of its steps declares.
pub(super) struct Order<'a> {
    pub(super) plan: &'a ExpandedPlan,
    pub(super) declared: Vec<Declared>,
    /// The steps that make a backup.
    pub(super) backups: Vec<usize>,
    graph: Graph,
}

impl<'a> Order<'a> {
    pub(super) fn new(plan: &'a ExpandedPlan) -> Self {
        let declared: Vec<Declared> = plan.steps.iter().map(|step| Declared::of(plan, step)).collect();
        let backups = (0..declared.len()).filter(|at| declared[*at].backs_up.is_some()).collect();
        let graph = Graph::new(plan.steps.iter().map(|step| step.needs.as_slice()));
        Self { plan, declared, backups, graph }
    }

    pub(super) fn step(&self, index: usize) -> &'a ExpandedStep {
        &self.plan.steps[index]
    }

    /// All steps that are done or skipped when this one starts. Walked anew each time: only the few steps that a rule is
    /// about ask, and a table of all pairs would not fit for a plan of 100,000 steps.
    pub(super) fn before(&self, index: usize) -> Vec<usize> {
        self.graph.before(index)
    }

    /// The checks that guard a step: its own preconditions, and those of what it lies in.
    pub(super) fn guards(&self, index: usize) -> impl Iterator<Item = (&'a ExpandedStep, &'a Check)> {
        self.around(index)
            .map(|at| self.step(at))
            .flat_map(|step| step.preconditions.iter().map(move |check| (step, check)))
    }

    /// The conditions under which a step runs: its own `when`, and those of what it lies in.
    pub(super) fn conditions(&self, index: usize) -> impl Iterator<Item = &'a ExpressionText> {
        self.around(index).filter_map(|at| self.step(at).when.as_ref())
    }

    /// The step, and the starts of what it lies in.
    fn around(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::once(index).chain(self.plan.enclosing(index))
    }

    /// Whether something inside the inclusion that this one opens is irreversible: then that is judged, and else the inclusion
    /// itself, for what it will be that an environment has not written yet.
    pub(super) fn holds_irreversible(&self, start: usize) -> bool {
        let is_end = |step: &ExpandedStep| matches!(step.action, Action::IncludeEnd(at) if at == start);
        self.plan.steps.iter().any(|step| step.enclosing == Some(start) && step.irreversible && !is_end(step))
    }

    /// How many steps of the inclusion that this one opens change something and cannot be taken back.
    pub(super) fn changes_irreversibly(&self, start: usize) -> usize {
        let inside = self.plan.steps.iter().filter(|step| step.enclosing == Some(start) && step.action.changes());
        inside.filter(|step| step.irreversible).count()
    }
}
