//! An environment out of which the schema's finds are taken, so that its other mistakes are found in the same go.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    document::{TakenOut, remove_key, tokens},
    plan::incomplete::take_out_of_steps,
    targets::{SECRET_KEYS, Target},
};

/// Takes what stands at these pointers out of an environment, and the targets of which too little is left then.
pub fn take_out(environment: &mut Value, wrong: &[String]) -> TakenOut {
    let mut incomplete = HashSet::new();
    for pointer in wrong {
        let tokens = tokens(pointer);
        let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["apiVersion"] => environment["apiVersion"] = json!("houseplan/v1"),
            // A target that lacks something is taken out below: its name counts.
            ["targets", _] => {}
            // Two keys that belong together stay two.
            ["targets", target, key] if SECRET_KEYS.concat().contains(key) => {
                environment["targets"][target][key] = json!({ "env": "" });
            }
            ["procedures", name, "steps", rest @ ..] => {
                take_out_of_steps(&mut environment["procedures"][name]["steps"], rest, &mut incomplete);
            }
            _ => remove_key(environment, pointer),
        }
    }
    TakenOut { incomplete, unreadable: take_out_targets(environment) }
}

/// Takes out the targets that do not fit their types any more, and gives their names.
fn take_out_targets(environment: &mut Value) -> HashSet<String> {
    let Some(Value::Object(targets)) = environment.get_mut("targets") else { return HashSet::new() };
    let is_unreadable = |target: &Value| Target::deserialize(target).is_err();
    let unreadable: Vec<String> =
        targets.iter().filter(|(_, target)| is_unreadable(target)).map(|(name, _)| name.clone()).collect();
    unreadable.iter().for_each(|name| drop(targets.shift_remove(name)));
    unreadable.into_iter().collect()
}
