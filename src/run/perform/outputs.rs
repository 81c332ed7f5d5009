//! What a step gives to later ones, and the one line that says what was done.

use indexmap::IndexMap;
use serde_json::Value;

use crate::{
    action::{
        context::{EvalContext, expression, failed},
        registry::acting,
    },
    engine::state::TaskState,
    failure::Failure,
    name::Name,
    template::Scope,
};

/// The step's outputs: what its action gives, and what its `outputs:` make of that.
pub(in crate::run) fn conclude(
    at: EvalContext<'_>,
    tasks: &[TaskState],
) -> Result<(IndexMap<Name, Value>, Option<String>), Failure> {
    // An inclusion gives nothing.
    let action = acting(&at.step.action);
    let given = action.as_ref().map_or(Value::Null, |action| action.output(at, tasks));
    let mut outputs: IndexMap<Name, Value> = match &given {
        Value::Object(map) => map.iter().map(|(key, value)| (Name(key.clone()), value.clone())).collect(),
        _ => IndexMap::new(),
    };
    let summary = action.and_then(|action| action.summary(&given, tasks));
    if !at.step.outputs.is_empty() {
        let variables = IndexMap::from([("result".to_owned(), given)]);
        let scope = Scope { variables: Some(&variables), ..at.scope() };
        for (name, source) in &at.step.outputs {
            outputs.insert(name.clone(), expression(source)?.evaluate(&scope).map_err(failed)?);
        }
    }
    Ok((outputs, summary))
}
