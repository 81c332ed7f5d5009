//! What a run is bound to: one number over everything that says what it will do.
//!
//! It is taken over the expanded plan and not over the files: comments, formatting and the order of keys do not change it,
//! while whatever changes what runs does, wherever it is written (an included plan, a bound procedure). A secret counts by
//! its name and by where it comes from, never by its value. What only a run knows stays a symbol.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Files;
use crate::{
    environment::model::EnvironmentDocument,
    plan::expanded::{Action, ExpandedPlan, ExpandedStep},
    template::{InputValue, InputValues},
};

/// The way the digest is made; another way is another number, never the same digest by accident.
const FORMAT: u32 = 2;

/// The digest, as `sha256:` and 64 hexadecimal digits. `inputs` are all of the plan's, with their defaults.
pub fn digest(
    plan: &ExpandedPlan,
    inputs: &InputValues,
    environment: Option<&EnvironmentDocument>,
    files: &Files,
) -> String {
    let mut hash = Sha256::new();
    let Value::Object(frame) = sorted(frame(plan, inputs, environment, files)) else {
        unreachable!("the frame is a map");
    };
    // The text of the whole as one JSON value, but never the whole at once: of a large plan that would take a gigabyte.
    for (index, (key, value)) in frame.iter().enumerate() {
        hash.update(if index == 0 { "{" } else { "," });
        hash.update(format!("{}:", json!(key)));
        match key.as_str() {
            "steps" => steps(plan, &mut hash),
            _ => hash.update(value.to_string()),
        }
    }
    hash.update("}");
    format!("sha256:{}", hexadecimal(&hash.finalize()))
}

fn steps(plan: &ExpandedPlan, hash: &mut Sha256) {
    hash.update("[");
    for (index, it) in plan.steps.iter().enumerate() {
        hash.update(if index == 0 { "" } else { "," });
        hash.update(sorted(step(plan, it)).to_string());
    }
    hash.update("]");
}

/// Everything but the steps, for which there is a place.
fn frame(plan: &ExpandedPlan, inputs: &InputValues, environment: Option<&EnvironmentDocument>, files: &Files) -> Value {
    let inputs: Map<String, Value> = inputs.iter().map(|(name, value)| (name.to_string(), input(value))).collect();
    let held = |(name, sha256): (&String, &Option<String>)| Some((name.clone(), sha256.clone()?.into()));
    let files: Map<String, Value> = files.iter().filter_map(held).collect();
    let scopes: Vec<Value> = plan
        .scopes
        .iter()
        .map(|it| json!({ "prefix": it.prefix, "parent": it.parent, "inputs": it.inputs, "targets": it.targets }))
        .collect();
    json!({
        "format": FORMAT,
        "metadata": plan.metadata,
        "on_failure": plan.on_failure,
        "inputs": inputs,
        "targets": plan.targets,
        "scopes": scopes,
        "steps": null,
        "environment": environment.map(environment_of),
        "files": files,
    })
}

/// Where the targets are, as each kind says what of it counts.
fn environment_of(environment: &EnvironmentDocument) -> Value {
    let targets: Map<String, Value> =
        environment.targets.iter().map(|(name, target)| (name.to_string(), target.digest())).collect();
    json!({ "name": environment.metadata.name, "targets": targets })
}

fn input(value: &InputValue) -> Value {
    match value {
        InputValue::Plain(value) => json!({ "value": value }),
        InputValue::Secret(_) => json!("secret"),
    }
}

fn step(plan: &ExpandedPlan, step: &ExpandedStep) -> Value {
    let mut needs: Vec<&str> = step.needs.iter().map(|need| plan.steps[*need].id.as_str()).collect();
    needs.sort_unstable();
    json!({
        "id": step.id,
        "scope": step.scope,
        "needs": needs,
        "enclosing": step.enclosing.map(|at| &plan.steps[at].id),
        "finally": step.finally,
        "when": step.when,
        "for_each": step.for_each,
        "preconditions": step.preconditions,
        "postconditions": step.postconditions,
        "retry": step.retry,
        "timeout": step.timeout.map(|it| it.as_millis().to_string()),
        "stalled_after": step.stalled_after.map(|it| it.as_millis().to_string()),
        "irreversible": step.irreversible,
        "outputs": step.outputs,
        "accepts": step.accepts,
        "action": action(plan, &step.action),
    })
}

fn action(plan: &ExpandedPlan, action: &Action) -> Value {
    match action {
        // By its name, and not by where it stands.
        Action::IncludeEnd(start) => json!({ "include_end": plan.steps[*start].id }),
        action => json!(action),
    }
}

/// The value with the keys of every map in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// Bytes as text.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
