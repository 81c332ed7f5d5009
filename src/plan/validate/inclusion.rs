//! Inclusions: whether what is given to an included plan is what it takes.

use crate::{
    document::{Place, Problem, suggestion},
    name::Name,
    plan::{
        actions::PlanInclusion,
        binding::checked,
        model::{InputType, PlanDocument, TargetKind, TargetRequirement},
    },
};

/// Everything that is wrong with what `parent` gives to the plan that it includes at `place`.
pub fn inclusion(
    parent: &PlanDocument,
    included: &PlanDocument,
    inclusion: &PlanInclusion,
    place: &Place,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    inputs(included, inclusion, place, &mut problems);
    targets(parent, included, inclusion, place, &mut problems);
    problems
}

fn inputs(included: &PlanDocument, inclusion: &PlanInclusion, place: &Place, problems: &mut Vec<Problem>) {
    let declared = &included.inputs;
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
                    "a secret in this file could be read by everybody; pass an input of this plan",
                ));
            }
            Some(input) => {
                let is_template = value.to_string().contains("{{");
                if let Err(why) = checked(input, value)
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
    parent: &PlanDocument,
    included: &PlanDocument,
    inclusion: &PlanInclusion,
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    let declared = &included.targets;
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

fn unfit(parent: &PlanDocument, wanted: &TargetRequirement, name: &Name) -> Option<String> {
    match parent.targets.get(name) {
        Some(found) if found.kind == wanted.kind => None,
        Some(found) => {
            Some(format!("`{name}` is of kind `{}` here, not `{}`", found.kind.as_str(), wanted.kind.as_str()))
        }
        None if name.as_str() == "local" && wanted.kind == TargetKind::Local => None,
        None => {
            let fitting = parent.targets.iter().filter(|(_, target)| target.kind == wanted.kind);
            let near = suggestion(name.as_str(), fitting.map(|(name, _)| name.as_str()));
            Some(format!("no target `{name}` here{near}"))
        }
    }
}
