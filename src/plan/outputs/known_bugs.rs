//! What `known_bugs` gives.

use serde::{Deserialize, Serialize};

use crate::name::Name;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBugsOutput {
    /// One for each bug, member and table that it is met with; at least one for each bug and member.
    pub rows: Vec<BugRow>,
}

/// What is known of one bug on one member, or of one table there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BugRow {
    pub member: Name,
    /// The member's, as it says it.
    pub version: String,
    /// The bug's id.
    pub bug: String,
    /// `yes`, `no` or `not known`: whether this version has the bug.
    pub affected: String,
    pub table: Option<String>,
    /// What it is met with there, in words.
    pub what: Option<String>,
    /// Whether the RESTORE would meet it.
    pub met: bool,
    /// What happens then.
    pub title: String,
}
