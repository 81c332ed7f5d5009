//! Free values of a plan, with every string in them a template.

use indexmap::IndexMap;
use serde_json::Value;

use crate::{action::context::EvalContext, failure::Failure, plan::text::TemplateText};

/// Values that Helm reads on its standard input: secrets may be among them. `None` where there are none.
pub fn with_secrets(at: EvalContext<'_>, set: &IndexMap<String, Value>) -> Result<Option<Value>, Failure> {
    let fields = set.iter().map(|(key, value)| Ok((key.clone(), filled(at, value, true)?)));
    let fields = fields.collect::<Result<serde_json::Map<_, _>, Failure>>()?;
    Ok((!fields.is_empty()).then_some(Value::Object(fields)))
}

/// A value that is shown and kept: a secret in it is refused.
pub fn plain(at: EvalContext<'_>, value: &Value) -> Result<Value, Failure> {
    filled(at, value, false)
}

fn filled(at: EvalContext<'_>, value: &Value, secrets: bool) -> Result<Value, Failure> {
    match value {
        Value::String(text) => {
            let template = TemplateText(text.clone());
            match at.text(&template) {
                Ok(rendered) if secrets && rendered.is_secret() => Ok(Value::String(rendered.text().to_owned())),
                _ => at.value(&template),
            }
        }
        Value::Array(items) => items.iter().map(|item| filled(at, item, secrets)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| Ok((key.clone(), filled(at, value, secrets)?)));
            Ok(Value::Object(fields.collect::<Result<_, Failure>>()?))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}
