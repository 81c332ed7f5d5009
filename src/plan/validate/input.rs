//! Declarations of inputs: that each one can be given a value, and that its default is one.

use indexmap::IndexMap;
use serde_json::Value;

use super::reference::unknown_under;
use crate::{
    document::{Place, Problem},
    name::Name,
    plan::{
        binding,
        model::{Input, InputType},
    },
    template::{Dialect, OF_RUN, Template},
};

pub(super) fn check(inputs: &IndexMap<Name, Input>, place: &Place, problems: &mut Vec<Problem>) {
    for (name, input) in inputs {
        declaration(inputs, name, input, &place.child(name.as_str()), problems);
    }
}

fn declaration(inputs: &IndexMap<Name, Input>, name: &Name, input: &Input, place: &Place, problems: &mut Vec<Problem>) {
    let is_enum = input.kind == InputType::Enum || input.items == Some(InputType::Enum);
    match &input.values {
        None if is_enum => problems.push(Problem::at_key(place.clone(), "an `enum` of which values? add `values`")),
        Some(values) if is_enum && values.is_empty() => {
            problems.push(Problem::at(place.child("values"), "an `enum` without values"));
        }
        Some(_) if !is_enum => problems.push(Problem::at_key(place.child("values"), "only an `enum` has `values`")),
        _ => {}
    }
    if input.items.is_some() && input.kind != InputType::List {
        problems.push(Problem::at_key(place.child("items"), "only a `list` has `items`"));
    }
    if matches!(input.items, Some(InputType::List | InputType::Secret)) {
        problems.push(Problem::at(place.child("items"), "a list holds neither lists nor secrets"));
    }
    if let Some(Err(why)) = input.pattern.as_deref().map(binding::pattern) {
        problems.push(Problem::at(place.child("pattern"), format!("not a regular expression: {why}")));
        return;
    }
    if let Some(default) = &input.default {
        default_value(inputs, name, input, default, &place.child("default"), problems);
    }
}

fn default_value(
    inputs: &IndexMap<Name, Input>,
    name: &Name,
    input: &Input,
    default: &Value,
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    if input.kind == InputType::Secret {
        problems.push(Problem::at_key(place.clone(), "a secret has no default: everybody could read it in this file"));
        return;
    }
    match default.as_str().filter(|text| text.contains("{{")) {
        Some(text) => match Template::parse(text, Dialect::Text) {
            Ok(template) => {
                for reference in template.references() {
                    let second = reference.path.get(1).map(String::as_str);
                    let message = match (reference.path[0].as_str(), second) {
                        ("run", fact) => match fact.and_then(|fact| unknown_under("run", fact, OF_RUN)) {
                            Some(message) => message,
                            None => continue,
                        },
                        ("inputs", Some(other)) if other == name.as_str() => {
                            format!("`{other}` cannot be its own default")
                        }
                        ("inputs", Some(other)) => match inputs.get_index_of(other) {
                            Some(index) if inputs.get_index_of(name).is_some_and(|own| index < own) => continue,
                            Some(_) => format!("`{other}` is declared further down; put it before `{name}`"),
                            None => format!("no input `{other}`"),
                        },
                        (root, _) => format!("`{root}` is not known yet; a default may use `inputs` and `run`"),
                    };
                    problems.push(Problem::at(place.part(reference.range.clone()), message));
                }
            }
            Err(found) => problems
                .extend(found.into_iter().map(|problem| Problem::at(place.part(problem.range), problem.message))),
        },
        None => {
            if let Err(why) = binding::checked(input, default) {
                problems.push(Problem::at(place.clone(), why));
            }
        }
    }
}
