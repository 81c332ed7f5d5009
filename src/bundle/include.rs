//! Inclusions: whether what is given to an included plan is what it takes.

use super::{Bundle, LoadedPlan};
use crate::{
    document::{Place, Problem, suggestion},
    name::Name,
    plan::{
        actions::PlanInclusion,
        binding,
        model::{InputType, TargetKind, TargetRequirement},
    },
};

pub(super) fn check(bundle: &Bundle) -> Vec<Problem> {
    let mut problems = Vec::new();
    for plan in &bundle.plans {
        let root = Place::new(plan.file, "");
        let sections = [("steps", &plan.document.steps), ("finally", &plan.document.finally)];
        for (section, steps) in sections {
            for (name, step) in steps {
                if let Some(inclusion) = &step.plan {
                    let place = root.child(section).child(name.as_str()).child("plan");
                    inclusion_fits(bundle, plan, inclusion, &place, &mut problems);
                }
            }
        }
    }
    if let (Some(environment), Some(plan)) = (&bundle.environment, bundle.plans.first()) {
        let procedures = &environment.document.procedures;
        let root = Place::new(environment.file, "/procedures");
        for (name, procedure) in procedures.iter().filter(|(name, _)| plan.document.procedures.contains(name)) {
            if let Some(inclusion) = &procedure.plan {
                inclusion_fits(bundle, plan, inclusion, &root.child(name.as_str()).child("plan"), &mut problems);
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
    inclusion: &PlanInclusion,
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    let Some(included) = bundle.included(place.file, &inclusion.name) else { return };
    inputs(included, inclusion, place, problems);
    targets(parent, included, inclusion, place, problems);
}

fn inputs(included: &LoadedPlan, inclusion: &PlanInclusion, place: &Place, problems: &mut Vec<Problem>) {
    let declared = &included.document.inputs;
    let with = place.child("with");
    for (name, value) in &inclusion.with {
        let place = with.child(name.as_str());
        match declared.get(name) {
            None => {
                let near = suggestion(name.as_str(), declared.keys().map(Name::as_str));
                problems.push(Problem::at_key(place, format!("`{}` has no such input{near}", inclusion.name)));
            }
            Some(input)
                if input.kind == InputType::Secret && !value.as_str().is_some_and(|text| text.contains("{{")) =>
            {
                problems.push(Problem::at_key(
                    place,
                    "a secret would stand in the file for all to read; pass an input of this plan",
                ));
            }
            Some(input) => {
                let is_template = value.to_string().contains("{{");
                if let Err(why) = binding::checked(input, value)
                    && !is_template
                {
                    problems.push(Problem::at(place, why));
                }
            }
        }
    }
    for (name, input) in declared {
        if input.default.is_none() && !inclusion.with.contains_key(name) {
            problems.push(Problem::at_key(
                place.clone(),
                format!("`{}` needs `{name}`; give it under `with`", inclusion.name),
            ));
        }
    }
}

fn targets(
    parent: &LoadedPlan,
    included: &LoadedPlan,
    inclusion: &PlanInclusion,
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    let declared = &included.document.targets;
    for (name, to) in &inclusion.targets {
        let place = place.child("targets").child(name.as_str());
        if !declared.contains_key(name) {
            let near = suggestion(name.as_str(), declared.keys().map(Name::as_str));
            problems.push(Problem::at_key(place, format!("`{}` has no such target{near}", inclusion.name)));
        } else if let Some(message) = unfit(parent, &declared[name], to) {
            problems.push(Problem::at(place, message));
        }
    }
    for (name, requirement) in declared.iter().filter(|(name, _)| !inclusion.targets.contains_key(*name)) {
        if let Some(message) = unfit(parent, requirement, name) {
            let message =
                format!("`{}` needs its target `{name}`: {message}; name one under `targets`", inclusion.name);
            problems.push(Problem::at_key(place.clone(), message));
        }
    }
}

fn unfit(parent: &LoadedPlan, wanted: &TargetRequirement, name: &Name) -> Option<String> {
    match parent.document.targets.get(name) {
        Some(found) if found.kind == wanted.kind => None,
        Some(found) => {
            Some(format!("`{name}` is of kind `{}` here, not `{}`", found.kind.as_str(), wanted.kind.as_str()))
        }
        None if name.as_str() == "local" && wanted.kind == TargetKind::Local => None,
        None => {
            let fitting = parent.document.targets.iter().filter(|(_, target)| target.kind == wanted.kind);
            let near = suggestion(name.as_str(), fitting.map(|(name, _)| name.as_str()));
            Some(format!("no target `{name}` here{near}"))
        }
    }
}
