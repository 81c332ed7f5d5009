//! Lints: what a plan should not do without saying that it means it.
//!
//! They look at the order of steps and at what each action declares: what it destroys, fills and proves. No SQL is
//! understood beyond the words that a statement begins with, so a lint is a warning and never proof: `validate` prints them
//! and succeeds, `validate --strict` (for CI, where someone reads the answer before a person's data hang on it) fails, and
//! `run` prints them and goes on. A run that is refused for an opinion would teach people to switch opinions off; a step
//! that means it says so once, in the plan, where a reviewer sees it: `accepts: { appends: why }`.

mod declares;
mod order;
mod rules;

use indexmap::IndexMap;

use super::expanded::{ExpandedPlan, ExpandedStep};
use crate::{
    document::{Place, Problem, suggestion},
    name::{Name, StepId},
};
use order::Order;

/// What stands before every lint's name in its code.
pub const PREFIX: &str = "houseplan::lint::";

/// A rule, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `houseplan::lint::appends`.
    pub code: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Why that matters, and what to do: for `houseplan explain`.
    pub explanation: &'static str,
}

impl Rule {
    /// The code without its prefix, as `accepts` may write it.
    pub fn name(&self) -> &'static str {
        self.code.strip_prefix(PREFIX).unwrap_or(self.code)
    }
}

pub use rules::RULES;

/// A rule that a step breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub step: StepId,
    pub place: Place,
    /// What is so, and the mend.
    pub message: String,
}

impl From<Finding> for Problem {
    fn from(finding: Finding) -> Self {
        let at_key = finding.place.within.is_none();
        Self { place: finding.place, at_key, message: finding.message, code: Some(finding.code) }
    }
}

/// How many members a target has, where an environment says so; its name is the environment's.
pub type Members<'a> = &'a dyn Fn(&Name) -> Option<usize>;

/// Everything that the plan does without saying that it means it, in the order of its steps.
pub fn lint(plan: &ExpandedPlan, members: Members<'_>) -> Vec<Finding> {
    let order = Order::new(plan);
    let mut found = Vec::new();
    for index in 0..plan.steps.len() {
        rules::check(&order, members, index, &mut found);
    }
    accepted(plan, found)
}

/// What is left when `accepts` is heard; with the acceptances that nothing needed.
fn accepted(plan: &ExpandedPlan, found: Vec<(usize, Finding)>) -> Vec<Finding> {
    // By place, for both ends of an inclusion carry what its step accepts.
    let mut acceptances: IndexMap<(&Place, &str), Acceptance<'_>> = IndexMap::new();
    for step in &plan.steps {
        for (written, why) in &step.accepts {
            let code = written.strip_prefix(PREFIX).unwrap_or(written);
            acceptances.entry((&step.place, code)).or_insert(Acceptance { step, written, why, used: false });
        }
    }
    let mut left = Vec::new();
    for (index, finding) in found {
        let name = finding.code.strip_prefix(PREFIX).unwrap_or(finding.code);
        let mut around = std::iter::once(index).chain(plan.enclosing(index));
        let step = around.find(|at| acceptances.contains_key(&(&plan.steps[*at].place, name)));
        match step.and_then(|at| acceptances.get_mut(&(&plan.steps[at].place, name))) {
            Some(acceptance) => acceptance.used = true,
            None => left.push(finding),
        }
    }
    left.extend(acceptances.values().filter_map(Acceptance::idle));
    left
}

/// An entry of a step's `accepts`.
struct Acceptance<'a> {
    step: &'a ExpandedStep,
    written: &'a str,
    why: &'a str,
    used: bool,
}

impl Acceptance<'_> {
    /// What is wrong with it.
    fn idle(&self) -> Option<Finding> {
        let name = self.written.strip_prefix(PREFIX).unwrap_or(self.written);
        let message = if RULES.iter().all(|rule| rule.name() != name) {
            format!("no lint `{}`{}", self.written, suggestion(name, RULES.iter().map(Rule::name)))
        } else if !self.used {
            format!("nothing here is to be accepted as `{}`; remove it, so that it hides nothing later", self.written)
        } else if self.why.trim().is_empty() {
            "an acceptance says why".to_owned()
        } else {
            return None;
        };
        let place = self.step.place.child("accepts").child(self.written);
        Some(Finding { code: rules::UNUSED_ACCEPTANCE, step: self.step.id.clone(), place, message })
    }
}

#[cfg(test)]
mod tests;
