//! The inputs of every scope of a plan, as far as they are known before a run.

use serde_json::Value;

use crate::{
    name::Name,
    plan::{
        expanded::ExpandedPlan,
        model::{Input, InputType},
    },
    template::{Dialect, InputValue, InputValues, Scope, Template},
};

/// The inputs of each scope: what was given, else the default. What uses `run.` or `steps.` stays as it is written.
pub fn bound_inputs(plan: &ExpandedPlan, given: &InputValues) -> Vec<InputValues> {
    let mut scopes: Vec<InputValues> = Vec::with_capacity(plan.scopes.len());
    for scope in &plan.scopes {
        let parent = scope.parent.and_then(|parent| scopes.get(parent));
        let values = match (&scope.inputs, parent) {
            (Some((inputs, with)), Some(parent)) => {
                let passed = with.iter().map(|(name, value)| (name.clone(), bind(value, parent))).collect();
                with_defaults(inputs, passed)
            }
            (None, Some(parent)) => parent.clone(),
            (_, None) => with_defaults(&plan.inputs, given.clone()),
        };
        scopes.push(values);
    }
    scopes
}

/// Fills in defaults, in the order in which the inputs are declared.
fn with_defaults(inputs: &indexmap::IndexMap<Name, Input>, mut given: InputValues) -> InputValues {
    let mut values = InputValues::new();
    for (name, input) in inputs {
        let value = given.shift_remove(name).or_else(|| input.default.as_ref().map(|default| bind(default, &values)));
        match value {
            Some(value) => _ = values.insert(name.clone(), value),
            // A secret is not asked for where nothing is sent.
            None if input.kind == InputType::Secret => {
                values.insert(name.clone(), InputValue::Secret(String::new().into()));
            }
            None => {}
        }
    }
    values.extend(given);
    values
}

fn bind(value: &Value, inputs: &InputValues) -> InputValue {
    match value {
        Value::String(text) => match Template::parse(text, Dialect::Text) {
            Ok(template) => {
                let scope = Scope::of_inputs(inputs);
                template.input_value(&scope).unwrap_or_else(|_| InputValue::Plain(template.symbolic(&scope).into()))
            }
            Err(_) => InputValue::Plain(value.clone()),
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| match bind(item, inputs) {
                InputValue::Plain(value) => value,
                InputValue::Secret(_) => crate::redact::MARK.into(),
            });
            InputValue::Plain(items.collect())
        }
        _ => InputValue::Plain(value.clone()),
    }
}
