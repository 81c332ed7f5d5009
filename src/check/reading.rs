//! What a check reads.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::found;
use crate::{connect::clickhouse::Row, engine::performer::TaskContext, failure::Failure};

/// Something that can be read as rows, again and again. Changes nothing.
#[async_trait]
pub trait Read: Send + Sync {
    /// Reads it. What comes of one member has `member`.
    async fn read(&self, task_context: &TaskContext) -> Result<Vec<Row>, Failure>;

    /// The members that are asked, where each of them answers with rows of its own: one that has none has said nothing.
    fn asked(&self) -> Vec<&str> {
        Vec::new()
    }

    /// A row, as people read it.
    fn cells(&self, row: &Row) -> Vec<String> {
        found::cells(row)
    }

    /// Whether a row is as it should be where the plan says nothing.
    fn as_expected(&self, _row: &Row) -> bool {
        true
    }

    /// The same as an expression, for people.
    fn expected(&self) -> &'static str {
        "at least one row"
    }
}

/// Data that serialise as a map with string keys, as a row.
pub fn to_row(data: &impl Serialize) -> Row {
    match serde_json::to_value(data) {
        Ok(Value::Object(fields)) => fields.into_iter().collect(),
        // Only types of this crate come here, and they all serialise so.
        other => unreachable!("{other:?} is no map"),
    }
}
