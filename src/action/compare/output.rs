//! What `compare` gives.

use serde::{Deserialize, Serialize};

use super::row::{self, ComparisonRow};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareOutput {
    /// One for each member and table.
    pub rows: Vec<ComparisonRow>,
    /// One line on all of them.
    pub summary: String,
}

impl CompareOutput {
    pub(super) fn of(rows: Vec<ComparisonRow>) -> Self {
        Self { summary: row::summary(&rows), rows }
    }
}
