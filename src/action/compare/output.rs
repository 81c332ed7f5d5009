//! What `compare` gives, of its rows.

use super::row;
use crate::plan::outputs::{CompareOutput, ComparisonRow};

impl CompareOutput {
    pub(super) fn of(rows: Vec<ComparisonRow>) -> Self {
        Self { summary: row::summary(&rows), rows }
    }
}
