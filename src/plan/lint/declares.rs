//! What each step declares that it destroys, fills and proves, by the targets' names in the environment: the facts that the
//! rules are about.

use std::ops::Range;

use crate::{
    name::Name,
    plan::{
        actions::{Check, MakesTables, Proof},
        expanded::{ExpandedPlan, ExpandedStep},
    },
};

/// What a step does to the world, as far as it can be told without running it.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) destroys: Vec<Destruction>,
    /// Targets on which it makes tables.
    pub(super) makes_tables: Vec<Name>,
    /// It may make tables anywhere.
    pub(super) opaque: bool,
    pub(super) backs_up: Option<Name>,
    pub(super) inspects: bool,
    pub(super) approves: bool,
}

/// Something that is gone afterwards.
#[derive(Debug)]
pub(super) struct Destruction {
    pub(super) target: Name,
    /// What destroys it, as in `DROP DATABASE`.
    pub(super) what: String,
    /// The statement in the query.
    pub(super) range: Option<Range<usize>>,
}

impl Declared {
    pub(super) fn of(plan: &ExpandedPlan, step: &ExpandedStep) -> Self {
        let (action, scope) = (step.action.spec(), plan.scope_of(step));
        let destroys = action.destroys().into_iter();
        let (makes_tables, opaque) = match action.makes_tables() {
            MakesTables::On(targets) => (targets.into_iter().map(|it| scope.target(it).clone()).collect(), false),
            MakesTables::Unknown => (Vec::new(), true),
        };
        let proof = action.proves();
        let inspects = |checks: &[Check]| checks.iter().any(inspects);
        Self {
            destroys: destroys
                .map(|it| Destruction { target: scope.target(it.target).clone(), what: it.what, range: it.range })
                .collect(),
            makes_tables,
            opaque,
            backs_up: match proof {
                Proof::BackupOf(target) => Some(scope.target(target).clone()),
                Proof::Nothing | Proof::BackupWhole | Proof::Approval => None,
            },
            inspects: proof == Proof::BackupWhole || inspects(&step.preconditions) || inspects(&step.postconditions),
            approves: proof == Proof::Approval,
        }
    }
}

/// Whether a check stops where a backup is not whole.
pub(super) fn inspects(check: &Check) -> bool {
    check.proves() == Proof::BackupWhole
}

/// The targets that a check reads, and that may make it stop.
pub(super) fn reads(check: &Check) -> Vec<&Name> {
    if check.can_fail() { check.subjects() } else { Vec::new() }
}
