//! What a task gives that was skipped, for its member is not there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The output of a task that did nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Why, in words.
    pub skipped: String,
}

impl Skipped {
    /// Why a task was skipped, by what it gave; `None` where it was not.
    pub fn reason(output: &Value) -> Option<&str> {
        output.get("skipped")?.as_str()
    }

    pub fn to_value(&self) -> Value {
        serde_json::json!(self)
    }
}
