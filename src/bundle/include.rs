//! Inclusions: each is held against the plan that it includes, and procedures against what the environment has for them.

use super::{Bundle, LoadedPlan};
use crate::{
    document::{Place, Problem},
    plan::{actions::PlanInclusion, validate::inclusion},
};

pub(super) fn check(bundle: &Bundle) -> Vec<Problem> {
    let mut problems = Vec::new();
    for plan in &bundle.plans {
        let root = Place::new(plan.file, "");
        let sections = [("steps", &plan.document.steps), ("finally", &plan.document.finally)];
        for (section, steps) in sections {
            for (name, step) in steps {
                if let Some(included) = &step.plan {
                    let place = root.child(section).child(name.as_str()).child("plan");
                    inclusion_fits(bundle, plan, included, &place, &mut problems);
                }
            }
        }
    }
    if let (Some(environment), Some(plan)) = (&bundle.environment, bundle.plans.first()) {
        let procedures = &environment.document.procedures;
        let root = Place::new(environment.file, "/procedures");
        for (name, procedure) in procedures.iter().filter(|(name, _)| plan.document.procedures.contains(name)) {
            if let Some(included) = &procedure.plan {
                inclusion_fits(bundle, plan, included, &root.child(name.as_str()).child("plan"), &mut problems);
            }
        }
        for included in &bundle.plans[1..] {
            for (index, name) in included.document.procedures.iter().enumerate() {
                if !procedures.contains_key(name) {
                    let message = format!(
                        "the environment `{}` does not bind this procedure",
                        environment.document.metadata.name
                    );
                    problems.push(Problem::at(Place::new(included.file, "/procedures").item(index), message));
                }
            }
        }
    }
    problems
}

fn inclusion_fits(
    bundle: &Bundle,
    parent: &LoadedPlan,
    plan: &PlanInclusion,
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    if let Some(included) = bundle.included(place.file, &plan.name) {
        problems.extend(inclusion(&parent.document, &included.document, plan, place));
    }
}
