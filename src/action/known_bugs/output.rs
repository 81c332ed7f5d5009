//! What `known_bugs` has found, in words.

use crate::{
    humanize::count,
    plan::outputs::{BugRow, KnownBugsOutput},
};

impl BugRow {
    /// As a line for people.
    pub(super) fn cells(&self) -> Vec<String> {
        let version = match self.affected.as_str() {
            "not known" => format!("{} {} (not known whether it has the bug)", self.member, self.version),
            _ => format!("{} {}", self.member, self.version),
        };
        let mut cells = vec![version];
        cells.extend(self.table.clone());
        cells.extend(self.what.clone());
        cells
    }
}

impl KnownBugsOutput {
    pub(super) fn summary(&self) -> String {
        let mut bugs: Vec<&str> = self.rows.iter().map(|row| row.bug.as_str()).collect();
        bugs.dedup();
        bugs.sort_unstable();
        bugs.dedup();
        format!("{} looked for, none is met", count(bugs.len() as u64, "known bug"))
    }
}
