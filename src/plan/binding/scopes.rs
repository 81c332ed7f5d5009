//! The inputs of every scope of a plan: as a run binds them, and as far as they are known before one.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::{InputSources, InvalidInputs, bind, bind_inclusion};
use crate::{
    name::Name,
    plan::{
        expanded::ExpandedPlan,
        model::{Input, InputType},
    },
    redact::MARK,
    template::{Dialect, InputValue, InputValues, RunFacts, Scope, Template},
};

type Declared = IndexMap<Name, Input>;
type With = IndexMap<Name, Value>;

/// The inputs of each scope as a run has them, or all that is wrong with those of the first scope where something is.
pub fn bind_scopes(
    plan: &ExpandedPlan,
    given: &InputSources,
    run: &RunFacts,
) -> Result<Vec<Arc<InputValues>>, InvalidInputs> {
    let own = bind(&plan.inputs, given, run)?;
    each_scope(plan, own, |declared, with, parent| bind_inclusion(declared, with, parent, run))
}

/// The inputs of each scope as far as they are known before a run: what was given, else the default. What uses `run.` or
/// `steps.` stays as it is written.
pub fn known_before_run(plan: &ExpandedPlan, given: &InputValues) -> Vec<Arc<InputValues>> {
    let own = with_defaults(&plan.inputs, given.clone());
    let included = |declared: &Declared, with: &With, parent: &InputValues| {
        let passed = with.iter().map(|(name, value)| (name.clone(), known(value, parent))).collect();
        Ok::<_, std::convert::Infallible>(with_defaults(declared, passed))
    };
    let Ok(scopes) = each_scope(plan, own, included);
    scopes
}

/// From the plan's own inputs to those of every scope: an included plan has its own, and what is bound to a procedure has
/// those of its parent.
fn each_scope<E>(
    plan: &ExpandedPlan,
    own: InputValues,
    included: impl Fn(&Declared, &With, &InputValues) -> Result<InputValues, E>,
) -> Result<Vec<Arc<InputValues>>, E> {
    let own = Arc::new(own);
    let mut scopes: Vec<Arc<InputValues>> = Vec::with_capacity(plan.scopes.len());
    for scope in &plan.scopes {
        // A scope comes after its parent.
        let inputs = match (scope.parent, &scope.inputs) {
            (None, _) => Arc::clone(&own),
            (Some(parent), None) => Arc::clone(&scopes[parent]),
            (Some(parent), Some((declared, with))) => Arc::new(included(declared, with, &scopes[parent])?),
        };
        scopes.push(inputs);
    }
    Ok(scopes)
}

/// Fills in defaults, in the order in which the inputs are declared.
fn with_defaults(inputs: &Declared, mut given: InputValues) -> InputValues {
    let mut values = InputValues::new();
    for (name, input) in inputs {
        let value = given.shift_remove(name).or_else(|| input.default.as_ref().map(|default| known(default, &values)));
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

/// A value as far as it is known.
fn known(value: &Value, inputs: &InputValues) -> InputValue {
    match value {
        Value::String(text) => match Template::parse(text, Dialect::Text) {
            Ok(template) => {
                let scope = Scope::of_inputs(inputs);
                template.input_value(&scope).unwrap_or_else(|_| InputValue::Plain(template.symbolic(&scope).into()))
            }
            Err(_) => InputValue::Plain(value.clone()),
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| match known(item, inputs) {
                InputValue::Plain(value) => value,
                InputValue::Secret(_) => MARK.into(),
            });
            InputValue::Plain(items.collect())
        }
        _ => InputValue::Plain(value.clone()),
    }
}
