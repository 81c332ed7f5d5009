//! What `inspect` gives: one row.

use serde::{Deserialize, Serialize};

use crate::{action::stored_backup::Inspection, humanize, name::Name};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectOutput {
    #[serde(flatten)]
    pub found: Inspection,
    pub store: Name,
    pub path: String,
    /// The tables of the database that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<Vec<NamedTable>>,
}

/// A table of which no more than the name is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedTable {
    pub name: String,
}

impl InspectOutput {
    pub(super) fn summary(&self) -> String {
        let (files, size) = (humanize::count(self.found.files, "file"), humanize::size(self.found.size));
        format!("complete: {files}, {size}, made by {}", self.found.made_by.words())
    }
}
