//! The leaves of a document: texts with placeholders, expressions, scalars, and lists that may be written as one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

/// A text that may hold placeholders, `{{ … }}`, as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Template")]
pub struct TemplateText(pub String);

/// A bare expression, as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Expression")]
pub struct ExpressionText(pub String);

/// A string, a number or a boolean: the value of a ClickHouse setting. A string is a template.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Scalar(pub Value);

/// One, or a list: `on: source`, `on: [source, cluster]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

/// A template that gives a list (`"{{ steps.inventory.tables }}"`), or a list of templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum TemplateOrList {
    Template(TemplateText),
    List(Vec<TemplateText>),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => Ok(Self(value)),
            _ => Err(de::Error::custom("a string, a number or a boolean is expected")),
        }
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl<'de, T: for<'a> Deserialize<'a>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            list @ Value::Array(_) => serde_json::from_value(list).map(Self),
            one => serde_json::from_value(one).map(|one| Self(vec![one])),
        }
        .map_err(de::Error::custom)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = T::json_schema(generator);
        let pattern = one.get("pattern").cloned().unwrap_or(Value::Null);
        json_schema!({ "type": ["string", "array"], "pattern": pattern, "items": one, "minItems": 1 })
    }
}

impl<'de> Deserialize<'de> for TemplateOrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            list @ Value::Array(_) => serde_json::from_value(list).map(Self::List),
            one => serde_json::from_value(one).map(Self::Template),
        }
        .map_err(de::Error::custom)
    }
}

impl JsonSchema for TemplateOrList {
    fn schema_name() -> Cow<'static, str> {
        "TemplateOrList".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}
