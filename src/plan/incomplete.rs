//! A plan out of which the schema's finds are taken, so that its other mistakes are found in the same go.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::document::{TakenOut, remove_key, tokens};

/// Takes what stands at these pointers out of a plan.
pub fn take_out(plan: &mut Value, wrong: &[String]) -> TakenOut {
    let mut incomplete = HashSet::new();
    for pointer in wrong {
        let tokens = tokens(pointer);
        let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["apiVersion"] => plan["apiVersion"] = json!("houseplan/v1"),
            // Its name counts where steps use it.
            ["targets", _] => {}
            ["inputs", name, _, ..] => plan["inputs"][name] = json!({ "type": "string" }),
            [section @ ("steps" | "finally"), rest @ ..] => {
                take_out_of_steps(&mut plan[section], rest, &mut incomplete)
            }
            _ => remove_key(plan, pointer),
        }
    }
    TakenOut { incomplete, unreadable: HashSet::new() }
}

/// Takes what stands at `rest` out of a map of steps, and keeps the names of those that have lost something.
pub fn take_out_of_steps(steps: &mut Value, rest: &[&str], incomplete: &mut HashSet<String>) {
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
