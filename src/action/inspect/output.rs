//! What `inspect` has found, in words.

use crate::{humanize, plan::outputs::InspectOutput};

impl InspectOutput {
    pub(super) fn summary(&self) -> String {
        let (files, size) = (humanize::count(self.found.files, "file"), humanize::size(self.found.size));
        format!("complete: {files}, {size}, made by {}{}", self.found.made_by.words(), self.equal_parts())
    }

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
}
