//! What `sql` gives: the rows of its last statement, with the member that each came from.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Of one task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlRows {
    pub rows: Vec<IndexMap<String, Value>>,
}

/// Of the step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlOutput {
    /// The rows of all members, each with its `member`.
    pub rows: Vec<Map<String, Value>>,
    /// Members that were skipped because they are unreachable, and why.
    pub skipped_members: Vec<String>,
}
