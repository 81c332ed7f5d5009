//! Whether an environment has what a plan needs: targets of the right kind and size, and procedures.

use indexmap::IndexMap;

use super::model::{EnvironmentDocument, Target};
use crate::{
    document::{Place, Problem, suggestion},
    plan::{
        model::{Count, PlanDocument, TargetKind, TargetRequirement},
        name::Name,
    },
};

const ANY_MEMBERS: Count = Count { min: 1, max: None };
const ONE_SHARD: Count = Count { min: 1, max: Some(1) };

/// What the plan of file `plan_file` needs and the environment of file `file` does not have.
pub fn fit(plan: &PlanDocument, plan_file: usize, environment: &EnvironmentDocument, file: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, requirement) in &plan.targets {
        target(name, requirement, plan_file, environment, file, &mut problems);
    }
    for (index, name) in plan.procedures.iter().enumerate() {
        if !environment.procedures.contains_key(name) {
            let near = suggestion(name.as_str(), environment.procedures.keys().map(Name::as_str));
            let message = format!("the environment `{}` does not bind this procedure{near}", environment.metadata.name);
            problems.push(Problem::at(Place::new(plan_file, "/procedures").item(index), message));
        }
    }
    let place = Place::new(file, "/procedures");
    for (name, procedure) in &environment.procedures {
        if procedure.steps.is_some() == procedure.plan.is_some() {
            let message = "a procedure is either `steps` (`steps: {}` where there is nothing to do) or a `plan`";
            problems.push(Problem::at_key(place.child(name.as_str()), message));
        }
    }
    problems
}

fn target(
    name: &Name,
    requirement: &TargetRequirement,
    plan_file: usize,
    environment: &EnvironmentDocument,
    file: usize,
    problems: &mut Vec<Problem>,
) {
    let wanted = Place::new(plan_file, "/targets").child(name.as_str());
    let Some(found) = environment.targets.get(name) else {
        if requirement.kind != TargetKind::Local || name.as_str() != "local" {
            let near = suggestion(name.as_str(), environment.targets.keys().map(Name::as_str));
            let message = format!("the environment `{}` has no target `{name}`{near}", environment.metadata.name);
            problems.push(Problem::at_key(wanted, message));
        }
        return;
    };
    let place = Place::new(file, "/targets").child(name.as_str());
    if found.kind != requirement.kind {
        let message = format!("the plan needs a `{}` target here", requirement.kind.as_str());
        problems.push(Problem::at(place.child("kind"), message));
        return;
    }
    for (what, count, wanted) in [
        ("member", members(found), requirement.members.unwrap_or(ANY_MEMBERS)),
        ("shard", shards(found), requirement.shards.unwrap_or(ONE_SHARD)),
    ] {
        if requirement.kind == TargetKind::Clickhouse && count > 0 && !wanted.allows(count) {
            let message =
                format!("{count} {what}{}, and the plan needs {}", if count == 1 { "" } else { "s" }, bounds(wanted));
            problems.push(Problem::at_key(place.child("members"), message));
        }
    }
}

fn members(target: &Target) -> usize {
    target.members.as_ref().map_or(0, IndexMap::len)
}

fn shards(target: &Target) -> usize {
    let mut numbers: Vec<u32> =
        target.members.iter().flat_map(|members| members.values()).map(|member| member.shard.unwrap_or(1)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

fn bounds(count: Count) -> String {
    match (count.min, count.max) {
        (min, Some(max)) if min == max => format!("exactly {min}"),
        (0, Some(max)) => format!("{max} at most"),
        (min, Some(max)) => format!("{min} to {max}"),
        (min, None) => format!("{min} or more"),
    }
}
