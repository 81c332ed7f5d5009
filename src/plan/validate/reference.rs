//! Names in templates and expressions, and targets: that each is there, and known where it is used.

use std::collections::HashMap;

use super::{Body, StepAt};

use crate::{
    document::{Place, Problem, suggestion},
    graph::{Ancestry, Graph},
    humanize,
    name::Name,
    plan::{
        actions::Outputs,
        facts,
        model::{Step, TargetKind},
        store_path::wrong_template,
        visit::{Leaf, Part, TargetLeaf, Visited},
    },
    template::{Expression, OF_MEMBER, OF_RUN, Reference, Template},
};

pub(super) fn check(body: &Body<'_>, problems: &mut Vec<Problem>) {
    let check = Check::new(body);
    for at in body.all_steps() {
        at.step.visit(&mut |visited| check.leaf(&at, visited, problems));
        check.procedure(&at, problems);
    }
}

struct Check<'a> {
    body: &'a Body<'a>,
    /// The number of each step, those of `finally` left out.
    indices: HashMap<&'a str, usize>,
    ancestry: Ancestry,
}

impl<'a> Check<'a> {
    fn new(body: &'a Body<'a>) -> Self {
        let indices: HashMap<&str, usize> =
            body.steps.keys().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let needs = |step: &Step| step.needs.iter().filter_map(|need| indices.get(need.as_str()).copied()).collect();
        let needs: Vec<Vec<usize>> = body.steps.values().map(needs).collect();
        let ancestry = Ancestry::new(Graph::new(needs.iter().map(Vec::as_slice)));
        Self { body, indices, ancestry }
    }

    fn leaf(&self, at: &StepAt<'_>, visited: Visited<'_, '_>, problems: &mut Vec<Problem>) {
        let parsed = match visited.leaf {
            Leaf::Target(TargetLeaf { name, kind, .. }) => {
                return self.target(name, kind, || visited.place(&at.place), problems);
            }
            Leaf::StorePath(text) => {
                return problems.extend(wrong_template(text).map(|wrong| Problem::at(visited.place(&at.place), wrong)));
            }
            Leaf::Template(text, dialect) => Template::parse(text, dialect).map(|parsed| parsed.references().to_vec()),
            Leaf::Expression(expression) => Expression::parse(&expression.0).map(|parsed| parsed.references().to_vec()),
        };
        let place = |range| visited.place(&at.place).part(range);
        match parsed {
            Ok(references) => {
                for reference in &references {
                    if let Some(message) = self.reference(at, visited.part, reference) {
                        problems.push(Problem::at(place(reference.range.clone()), message));
                    }
                }
            }
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| Problem::at(place(problem.range), problem.message)));
            }
        }
    }

    fn target(&self, name: &Name, kind: TargetKind, place: impl Fn() -> Place, problems: &mut Vec<Problem>) {
        let Some(targets) = self.body.targets else { return };
        let found = match targets.get(name) {
            Some(requirement) => requirement.kind,
            None if name.as_str() == "local" => TargetKind::Local,
            None => {
                let fitting = targets.iter().filter(|(_, target)| target.kind == kind).map(|(name, _)| name.as_str());
                let near = suggestion(name.as_str(), fitting.chain((kind == TargetKind::Local).then_some("local")));
                problems.push(Problem::at(place(), format!("no target `{name}`{near}")));
                return;
            }
        };
        if found != kind {
            let message =
                format!("`{name}` is of kind `{}`; a target of kind `{}` belongs here", found.as_str(), kind.as_str());
            problems.push(Problem::at(place(), message));
        }
    }

    fn procedure(&self, at: &StepAt<'_>, problems: &mut Vec<Problem>) {
        if let Some(name) = &at.step.procedure
            && !self.body.procedures.contains(name)
        {
            let near = suggestion(name.as_str(), self.body.procedures.iter().map(Name::as_str));
            let mend = if near.is_empty() { "; name it under `procedures`" } else { &near };
            problems.push(Problem::at(at.place.child("procedure"), format!("no procedure `{name}`{mend}")));
        }
    }

    /// What is wrong with one use of a name, if anything.
    fn reference(&self, at: &StepAt<'_>, part: Part, reference: &Reference) -> Option<String> {
        let second = reference.path.get(1).map(String::as_str);
        match (reference.path.first()?.as_str(), second) {
            ("inputs", Some(input)) => {
                let inputs = self.body.inputs?;
                (!inputs.contains_key(input))
                    .then(|| format!("no input `{input}`{}", suggestion(input, inputs.keys().map(Name::as_str))))
            }
            ("steps", Some(step)) => self.step(at, part, step, reference.path.get(2).map(String::as_str)),
            ("row" | "rows", _) => {
                let is_there = matches!(part, Part::Expect { .. });
                (!is_there).then(|| "rows are there in `expect` and `otherwise` only".to_owned())
            }
            ("result", _) if part != Part::Output => {
                Some("`result` is there in `outputs` only; later steps read `steps.`".to_owned())
            }
            ("result", Some(name)) => self.result(at, name),
            ("run", Some(name)) => unknown_under("run", name, OF_RUN),
            ("member", Some(name)) => unknown_under("member", name, OF_MEMBER),
            ("item", _) => {
                let is_there = part != Part::When
                    && part != Part::ForEach
                    && (at.step.for_each.is_some() || at.step.restore.is_some());
                (!is_there).then(|| "`item` is there in a step with `for_each` only".to_owned())
            }
            _ => None,
        }
    }

    /// What is wrong with a name under `result.`, which holds what the action gives.
    fn result(&self, at: &StepAt<'_>, name: &str) -> Option<String> {
        let is_known = !self.body.incomplete.contains(at.name.as_str()) && at.step.spec().is_some();
        if is_known { unknown_under("result", name, given(at.step)) } else { None }
    }

    fn step(&self, at: &StepAt<'_>, part: Part, name: &str, output: Option<&str>) -> Option<String> {
        let finally = self.body.finally;
        let Some(step) = self.body.steps.get(name).or_else(|| finally.and_then(|steps| steps.get(name))) else {
            let all = self.body.steps.keys().chain(finally.into_iter().flat_map(|steps| steps.keys()));
            return Some(format!("no step `{name}`{}", suggestion(name, all.map(Name::as_str))));
        };
        let is_self = at.name.as_str() == name;
        let is_after = matches!(part, Part::Postcondition | Part::Expect { after: true });
        if is_self && !is_after {
            return Some(format!("`{name}` has no outputs before it has run; only its postconditions may read them"));
        }
        let is_fact = output.is_some_and(|output| facts::OF_PROGRESS.contains(&output));
        match (at.finally, self.body.steps.contains_key(name)) {
            (true, true) if !is_fact => {
                return Some(format!(
                    "`{name}` may not have run when `finally` does; only `started`, `succeeded` and `skipped` can be read of it"
                ));
            }
            (true, true) => {}
            (false, false) => return Some(format!("`{name}` runs in `finally`, after every step")),
            (true, false) if !is_self && !at.step.needs.iter().any(|need| need.as_str() == name) => {
                return Some(not_needed(at, name));
            }
            (false, true) if !is_self && !self.is_needed(at, name) => return Some(not_needed(at, name)),
            _ => {}
        }
        self.output(name, step, output?)
    }

    fn is_needed(&self, at: &StepAt<'_>, name: &str) -> bool {
        let incomplete = self.body.incomplete;
        at.step.needs.iter().any(|need| need.as_str() == name)
            || incomplete.contains(at.name.as_str())
            || match (self.indices.get(name), self.indices.get(at.name.as_str())) {
                (Some(first), Some(then)) => self.ancestry.comes_before(*first, *then),
                _ => false,
            }
    }

    fn output(&self, name: &str, step: &Step, output: &str) -> Option<String> {
        if self.body.incomplete.contains(name) {
            return None;
        }
        let own = step.outputs.keys().map(Name::as_str);
        let all: Vec<&str> = given(step).iter().copied().chain(own).chain(facts::ALL).collect();
        (!all.contains(&output)).then(|| {
            let near = suggestion(output, all.iter().copied());
            let given: Vec<String> = all.iter().map(|output| format!("`{output}`")).collect();
            let tail = if near.is_empty() { format!("; it gives {}", given.join(", ")) } else { near };
            format!("`{name}` gives no `{output}`{tail}")
        })
    }
}

/// What is wrong with a name under one that holds only `known` ones.
pub(super) fn unknown_under(root: &str, name: &str, known: &[&str]) -> Option<String> {
    (!known.contains(&name)).then(|| {
        let near = suggestion(name, known.iter().copied());
        let all: Vec<String> = known.iter().map(|name| format!("`{root}.{name}`")).collect();
        match (near.is_empty(), all.is_empty()) {
            (false, _) => format!("`{root}` has no `{name}`{near}"),
            (true, true) => format!("`{root}` has no `{name}`: the action gives nothing"),
            (true, false) => format!("`{root}` has no `{name}`; there is {}", humanize::list(&all)),
        }
    })
}

fn not_needed(at: &StepAt<'_>, name: &str) -> String {
    format!("`{}` does not need `{name}`, so it may run before it; add `{name}` to its `needs`", at.name)
}

/// What a step gives besides its own `outputs`.
fn given(step: &Step) -> &'static [&'static str] {
    match step.spec().map(|(_, action)| action.outputs()) {
        Some(Outputs::OfTask(_)) if step.for_each.is_some() => &["results"],
        Some(Outputs::OfTask(keys) | Outputs::OfStep(keys)) => keys,
        None => &[],
    }
}
