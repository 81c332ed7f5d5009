//! The JSON Schemas of both documents, made from the types, for editors and for our own validation.

mod reference;

use std::sync::LazyLock;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    document::schema::DocumentSchema,
    environment::model::EnvironmentDocument,
    name::{FILE_NAME_PATTERN, Name},
    plan::{
        actions::Check,
        model::{PlanDocument, Step},
        quantity::{HumanDuration, HumanSize},
    },
};

pub use reference::reference;

/// The schema of a plan, `schemas/plan.v1.json`.
pub static PLAN: LazyLock<DocumentSchema> = LazyLock::new(|| {
    in_words(DocumentSchema::new(generate::<PlanDocument>("houseplan plan")))
        .with_choices("step", Step::ACTIONS)
        .with_choices("check", Check::ACTIONS)
});

/// The schema of an environment, `schemas/environment.v1.json`.
pub static ENVIRONMENT: LazyLock<DocumentSchema> = LazyLock::new(|| {
    in_words(DocumentSchema::new(generate::<EnvironmentDocument>("houseplan environment")))
        .with_choices("step", Step::ACTIONS)
        .with_choices("check", Check::ACTIONS)
        .with_tagged("target", "kind")
});

/// Says in words what the patterns of the language mean.
fn in_words(schema: DocumentSchema) -> DocumentSchema {
    schema
        .with_pattern(Name::PATTERN, "a name: small letters, digits and `_`, and a letter first")
        .with_pattern(FILE_NAME_PATTERN, "a name: small letters, digits and `-`, and a letter first")
        .with_pattern(HumanDuration::PATTERN, "a duration such as 6h")
        .with_pattern(HumanSize::PATTERN, "a size such as 64MiB")
}

/// The schema as it is checked in, with a line end.
pub fn text(schema: &DocumentSchema) -> String {
    format!("{:#}\n", schema.value())
}

fn generate<T: JsonSchema>(title: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema["title"] = json!(title);
    for (definition, actions) in [("Step", Step::ACTIONS), ("Check", Check::ACTIONS)] {
        if let Some(definition) = schema["$defs"].get_mut(definition) {
            definition["oneOf"] = actions.iter().map(|action| json!({ "required": [action] })).collect();
        }
    }
    schema
}

/// A key that is left out is left out: it is never written as null. And a description is one paragraph.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            keys.retain(|key, value| key != "default" || !value.is_null());
            without_null(keys);
            if let Some(Value::String(description)) = keys.get_mut("description") {
                *description = description.replace('\n', " ");
            }
            keys.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn without_null(keys: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = keys.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            keys.insert("type".to_owned(), only);
        }
    }
    let inner = match keys.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([inner, null]) if *null == json!({ "type": "null" }) => inner.clone(),
        _ => return,
    };
    keys.shift_remove("anyOf");
    if let Value::Object(inner) = inner {
        keys.extend(inner);
    }
}
