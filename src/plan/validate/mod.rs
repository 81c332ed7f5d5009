//! What a schema cannot say: whether the names of a plan mean something, and whether its actions make sense.
//!
//! Works on typed documents, one *body* (the steps that share a scope) at a time, and gives problems with places. Reads
//! no file and knows no environment but through [`Body`].

mod action;
mod inclusion;
mod input;
mod needs;
mod reference;

use std::collections::HashSet;

use indexmap::IndexMap;

pub use self::inclusion::inclusion;

use super::model::{Input, PlanDocument, Step, TargetRequirement};
use crate::{
    document::{Place, Problem},
    name::Name,
};

/// Steps that share a scope: those of a plan, or of a procedure.
pub struct Body<'a> {
    /// Where `steps` and `finally` stand.
    pub place: Place,
    pub steps: &'a IndexMap<Name, Step>,
    pub finally: Option<&'a IndexMap<Name, Step>>,
    /// What `inputs.` and `on` may name; `None` where that is not known (a procedure, and no plan).
    pub inputs: Option<&'a IndexMap<Name, Input>>,
    pub targets: Option<&'a IndexMap<Name, TargetRequirement>>,
    pub procedures: &'a [Name],
    /// Steps that the schema found something wrong with: what they need and give is not known.
    pub incomplete: &'a HashSet<String>,
}

impl Body<'_> {
    /// Every step with its place, those of `finally` last.
    fn all_steps(&self) -> impl Iterator<Item = StepAt<'_>> {
        let section = |name: &str, finally: bool, steps| StepSection { place: self.place.child(name), finally, steps };
        let sections =
            [Some(section("steps", false, self.steps)), self.finally.map(|steps| section("finally", true, steps))];
        sections.into_iter().flatten().flat_map(|StepSection { place, finally, steps }| {
            steps.iter().map(move |(name, step)| StepAt { name, step, finally, place: place.child(name.as_str()) })
        })
    }
}

struct StepSection<'a> {
    place: Place,
    finally: bool,
    steps: &'a IndexMap<Name, Step>,
}

struct StepAt<'a> {
    name: &'a Name,
    step: &'a Step,
    finally: bool,
    place: Place,
}

/// Everything wrong with the steps of a body.
pub fn body(body: &Body<'_>) -> Vec<Problem> {
    let mut problems = needs::check(body);
    reference::check(body, &mut problems);
    for at in body.all_steps() {
        action::check(&at, body, &mut problems);
    }
    problems
}

/// Everything wrong with a plan beyond its steps: its name, its inputs, its procedures.
pub fn declarations(plan: &PlanDocument, file: usize, stem: Option<&str>) -> Vec<Problem> {
    let root = Place::new(file, "");
    let mut problems = Vec::new();
    if let Some(stem) = stem
        && plan.metadata.name != stem
    {
        problems.push(Problem::at(
            root.child("metadata").child("name"),
            format!("the file is called `{stem}`, and a plan has its file's name; rename one of them"),
        ));
    }
    input::check(&plan.inputs, &root.child("inputs"), &mut problems);
    for (index, name) in plan.procedures.iter().enumerate() {
        let place = root.child("procedures").item(index);
        if plan.procedures[..index].contains(name) {
            problems.push(Problem::at(place, format!("`{name}` is listed twice")));
        } else if !plan.steps.values().chain(plan.finally.values()).any(|step| step.procedure.as_ref() == Some(name)) {
            problems.push(Problem::at(
                place,
                format!("no step carries out `{name}`; leave it out, or add a step with `procedure: {name}`"),
            ));
        }
    }
    if let Some(local) = plan.targets.get("local")
        && local.kind != super::model::TargetKind::Local
    {
        problems.push(Problem::at_key(
            root.child("targets").child("local"),
            "`local` is always the machine that houseplan runs on; choose another name",
        ));
    }
    problems
}
