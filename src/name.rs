//! The names of things: of steps, inputs and targets as people write them, and of what the engine makes of them.

use std::{borrow::Cow, fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The pattern of the name of a plan or an environment: the stem of a file.
pub const FILE_NAME_PATTERN: &str = "^[a-z][a-z0-9-]*$";

/// The name of a step, an input, a target, a procedure or a member: `[a-z][a-z0-9_]*`.
///
/// The pattern is held by the JSON Schema, which runs over every document before it is deserialised, so a `Name` taken
/// from a document is well formed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub String);

impl Name {
    /// The pattern a name has to match, as a regular expression of JSON Schema.
    pub const PATTERN: &str = "^[a-z][a-z0-9_]*$";

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": Self::PATTERN })
    }
}

/// A step of the expanded plan: its name, after the names of the steps that include it (`move/backup`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub Arc<str>);

impl StepId {
    pub fn new(path: impl Into<Arc<str>>) -> Self {
        Self(path.into())
    }

    /// The step `name` inside this one.
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What really runs: a step, for one item of its `for_each` (or one table) and one member.
///
/// Written `clean[replica1]`, `restore[runs@replica1]`, or as the bare step where it does not fan out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub Arc<str>);

impl TaskId {
    pub fn new(step: &StepId, item: Option<&str>, member: Option<&str>) -> Self {
        Self(match (item, member) {
            (None, None) => step.0.clone(),
            (Some(one), None) | (None, Some(one)) => format!("{step}[{one}]").into(),
            (Some(item), Some(member)) => format!("{step}[{item}@{member}]").into(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an item is called in its task's id: itself, its `name`, or its number. `index` counts from 0.
pub fn item_label(item: &Value, index: usize) -> String {
    match item {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => match other.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => (index + 1).to_string(),
        },
    }
}
