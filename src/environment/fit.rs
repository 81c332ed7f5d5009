//! Whether an environment has what a plan needs: targets of the right kind and size, and procedures.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::model::EnvironmentDocument;

use crate::{
    catalogue::environment::MISMATCH,
    document::{Place, Problem, one_of, suggestion},
    humanize,
    name::Name,
    plan::model::{Count, PlanDocument, TargetKind, TargetRequirement},
    targets::Target,
};

const ANY_MEMBERS: Count = Count { min: 1, max: None };
const ONE_SHARD: Count = Count { min: 1, max: Some(1) };

/// What the plan of file `plan_file` needs and the environment of file `file` does not have. `names` are those of the plan's
/// targets that the environment calls otherwise. Nothing is said of targets that are `unreadable`: what is wrong with them was
/// told.
pub fn fit(
    plan: &PlanDocument,
    plan_file: usize,
    environment: &EnvironmentDocument,
    file: usize,
    names: &IndexMap<Name, Name>,
    unreadable: &HashSet<String>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut bound: IndexMap<&Name, &Name> = IndexMap::new();
    for (name, requirement) in &plan.targets {
        let wanted = Place::new(plan_file, "/targets").child(name.as_str());
        let there = names.get(name).unwrap_or(name);
        if let Some(first) = bound.insert(there, name) {
            let message = format!("`{first}` and `{name}` would both be `{there}`; give each a target of its own");
            problems.push(Problem::at_key(wanted, message));
            continue;
        }
        match environment.targets.get(there) {
            Some(found) => {
                let place = Place::new(file, "/targets").child(there.as_str());
                problems.extend(unfit(requirement, found).map(|(key, message)| match key {
                    "kind" => Problem::at(place.child(key), message),
                    _ => Problem::at_key(place.child(key), message),
                }));
            }
            None if requirement.kind == TargetKind::Local && there.as_str() == "local" => {}
            None if unreadable.contains(there.as_str()) => {}
            None => problems.push(Problem::at_key(wanted, missing(name, there, requirement, environment))),
        }
    }
    for (index, name) in plan.procedures.iter().enumerate() {
        if !environment.procedures.contains_key(name) {
            let near = suggestion(name.as_str(), environment.procedures.keys().map(Name::as_str));
            let message = format!("the environment `{}` does not bind this procedure{near}", environment.metadata.name);
            problems.push(Problem::at(Place::new(plan_file, "/procedures").item(index), message));
        }
    }
    problems.iter_mut().for_each(|problem| problem.code = Some(MISMATCH.code));
    let place = Place::new(file, "/procedures");
    for (name, procedure) in &environment.procedures {
        if procedure.steps.is_some() == procedure.plan.is_some() {
            let message = "a procedure is either `steps` (`steps: {}` where there is nothing to do) or a `plan`";
            problems.push(Problem::at_key(place.child(name.as_str()), message));
        }
    }
    problems
}

/// What to say of a target that the environment does not have: which of its targets it could be, if not a slip of the pen.
fn missing(name: &Name, there: &Name, requirement: &TargetRequirement, environment: &EnvironmentDocument) -> String {
    let near = suggestion(there.as_str(), environment.targets.keys().map(Name::as_str));
    let mut message = format!("the environment `{}` has no target `{there}`{near}", environment.metadata.name);
    let fitting = environment.targets.iter().filter(|(_, found)| unfit(requirement, found).is_none());
    let choices: Vec<String> = fitting.map(|(found, _)| format!("--target {name}={found}")).collect();
    if near.is_empty() && !choices.is_empty() {
        message.push_str(&format!("; name one of its targets: {}", one_of(choices.iter().map(String::as_str))));
    }
    message
}

/// The key of a target that is not as the plan needs it, and why; the first of them.
fn unfit(requirement: &TargetRequirement, found: &Target) -> Option<(&'static str, String)> {
    if found.kind() != requirement.kind {
        return Some(("kind", format!("the plan needs a target of kind `{}` here", requirement.kind.as_str())));
    }
    let counts = [
        ("member", found.members().len(), requirement.members.unwrap_or(ANY_MEMBERS)),
        ("shard", found.shards(), requirement.shards.unwrap_or(ONE_SHARD)),
    ];
    let is_unfit = |(_, count, wanted): &(&str, usize, Count)| {
        requirement.kind == TargetKind::Clickhouse && *count > 0 && !wanted.allows(*count)
    };
    let (what, count, wanted) = counts.into_iter().find(is_unfit)?;
    let found = humanize::count(count as u64, what);
    Some(("members", format!("{found}, and the plan needs {}", bounds(wanted))))
}

fn bounds(count: Count) -> String {
    match (count.min, count.max) {
        (min, Some(max)) if min == max => format!("exactly {min}"),
        (0, Some(max)) => format!("{max} at most"),
        (min, Some(max)) => format!("{min} to {max}"),
        (min, None) => format!("{min} or more"),
    }
}
