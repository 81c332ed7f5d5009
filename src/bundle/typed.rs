//! From a document's value to its types, and as near to them as one comes when the schema has found something wrong.
//!
//! What is wrong is taken out, so that what is right is still looked at and all mistakes are told in one go.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    document::{Place, Problem, schema::DocumentSchema},
    targets::SECRET_KEYS,
};

/// What came of a value.
pub(super) struct Typed<T> {
    pub problems: Vec<Problem>,
    pub document: Option<T>,
    /// Steps that something was taken out of.
    pub incomplete: HashSet<String>,
    /// Targets that were taken out, for nothing of them can be used.
    pub unreadable: HashSet<String>,
}

/// `take_out_targets` takes out the targets that do not fit their types any more, and gives their names.
pub(super) fn typed<T: DeserializeOwned>(
    schema: &DocumentSchema,
    mut value: Value,
    file: usize,
    take_out_targets: impl Fn(&mut Value) -> HashSet<String>,
) -> Typed<T> {
    let found = schema.check(&value, file);
    let mut problems = found.problems;
    let mut incomplete = HashSet::new();
    let mut unreadable = HashSet::new();
    if !found.wrong.is_empty() {
        for pointer in &found.wrong {
            take_out(&mut value, pointer, &mut incomplete);
        }
        unreadable = take_out_targets(&mut value);
    }
    let document = match serde_json::from_value(value) {
        Ok(document) => Some(document),
        Err(error) => {
            if problems.is_empty() {
                problems.push(Problem::at(
                    Place::new(file, ""),
                    format!("the document does not fit the language: {error}"),
                ));
            }
            None
        }
    };
    Typed { problems, document, incomplete, unreadable }
}

fn take_out(value: &mut Value, pointer: &str, incomplete: &mut HashSet<String>) {
    let tokens: Vec<String> =
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["apiVersion"] => value["apiVersion"] = json!("houseplan/v1"),
        // A target that lacks something is left for its own reader to take out: its name counts.
        ["targets", _] => {}
        // Two keys that belong together stay two.
        ["targets", target, key] if SECRET_KEYS.concat().contains(key) => {
            value["targets"][target][key] = json!({ "env": "" });
        }
        ["inputs", name, _, ..] => value["inputs"][name] = json!({ "type": "string" }),
        [section @ ("steps" | "finally"), rest @ ..] => of_step(&mut value[section], rest, incomplete),
        ["procedures", name, "steps", rest @ ..] => of_step(&mut value["procedures"][name]["steps"], rest, incomplete),
        _ => {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
            let key = key.replace("~1", "/").replace("~0", "~");
            if let Some(Value::Object(map)) = value.pointer_mut(parent) {
                map.shift_remove(&key);
            }
        }
    }
}

fn of_step(steps: &mut Value, rest: &[&str], incomplete: &mut HashSet<String>) {
    let Value::Object(steps) = steps else { return };
    match rest {
        [step, key, ..] => {
            if let Some(Value::Object(step)) = steps.get_mut(*step) {
                step.shift_remove(*key);
            }
            incomplete.insert((*step).to_owned());
        }
        [step] => {
            match steps.get_mut(*step) {
                Some(Value::Object(_)) | None => {}
                Some(other) => *other = json!({}),
            }
            incomplete.insert((*step).to_owned());
        }
        [] => {}
    }
}
