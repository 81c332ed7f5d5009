//! What steps need: names that are there, and no cycle.

use std::collections::HashMap;

use super::{Body, StepAt};
use crate::{
    document::{Problem, suggestion},
    graph::Graph,
    name::Name,
};

/// Unknown needs and cycles.
pub(super) fn check(body: &Body<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for at in body.all_steps() {
        if at.finally && body.steps.contains_key(at.name) {
            problems.push(Problem::at_key(
                at.place.clone(),
                format!("`{}` is among `steps` already; choose another name", at.name),
            ));
        }
        names(&at, body, &mut problems);
    }
    cycles(body, &mut problems);
    problems
}

fn names(at: &StepAt<'_>, body: &Body<'_>, problems: &mut Vec<Problem>) {
    let own = if at.finally { body.finally.unwrap_or(body.steps) } else { body.steps };
    for (index, need) in at.step.needs.iter().enumerate() {
        let place = at.place.child("needs").item(index);
        let message = if need == at.name {
            format!("`{need}` cannot need itself")
        } else if at.step.needs[..index].contains(need) {
            format!("`{need}` is listed twice")
        } else if own.contains_key(need) {
            continue;
        } else if at.finally && body.steps.contains_key(need) {
            format!("`{need}` is over when `finally` runs; leave it out, and read `steps.{need}.succeeded` in `when`")
        } else if body.finally.is_some_and(|finally| finally.contains_key(need)) {
            format!("`{need}` runs in `finally`, after every step")
        } else {
            format!("no step `{need}`{}", suggestion(need.as_str(), own.keys().map(Name::as_str)))
        };
        problems.push(Problem::at(place, message));
    }
}

fn cycles(body: &Body<'_>, problems: &mut Vec<Problem>) {
    let steps: Vec<StepAt<'_>> = body.all_steps().collect();
    let indices: HashMap<(&str, bool), usize> =
        steps.iter().enumerate().map(|(index, at)| ((at.name.as_str(), at.finally), index)).collect();
    let needs = |at: &StepAt<'_>| {
        let others = at.step.needs.iter().filter(|need| *need != at.name);
        others.filter_map(|need| indices.get(&(need.as_str(), at.finally)).copied()).collect()
    };
    let needs: Vec<Vec<usize>> = steps.iter().map(needs).collect();
    for cycle in Graph::new(needs.iter().map(Vec::as_slice)).cycles() {
        let names: Vec<&str> = cycle.iter().map(|index| steps[*index].name.as_str()).collect();
        let at = &steps[cycle[0]];
        let index = at.step.needs.iter().position(|need| need.as_str() == names[1]).unwrap_or(0);
        problems.push(Problem::at(
            at.place.child("needs").item(index),
            format!("a cycle, so none of these can start: {} (each needs the next)", names.join(" → ")),
        ));
    }
}
