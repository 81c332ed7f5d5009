//! What `inspect` gives: one row.

use serde::{Deserialize, Serialize};

use crate::{
    action::stored_backup::{BackedUpTable, Inspection},
    humanize,
    name::Name,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectOutput {
    #[serde(flatten)]
    pub found: Inspection,
    pub store: Name,
    pub path: String,
    /// The database that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Its tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<Vec<BackedUpTable>>,
    /// Those of its tables that act by themselves as soon as they are made; only where the contents were
    /// read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting: Option<Vec<Acting>>,
}

/// A table that acts by itself, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    pub name: String,
    pub what: String,
}

impl InspectOutput {
    /// What some versions of ClickHouse lose rows by when they restore it; empty where there is no such thing.
    fn equal_parts(&self) -> String {
        let tables = self.tables.iter().flatten().filter(|table| !table.equal_parts.is_empty());
        let tables: Vec<&str> = tables.map(|table| table.name.as_str()).collect();
        match tables.is_empty() {
            true => String::new(),
            false => {
                format!("; equal parts in {}: some versions drop them when they restore it", humanize::list(&tables))
            }
        }
    }

    pub(super) fn summary(&self) -> String {
        let (files, size) = (humanize::count(self.found.files, "file"), humanize::size(self.found.size));
        format!("complete: {files}, {size}, made by {}{}", self.found.made_by.words(), self.equal_parts())
    }
}
