//! What `compare` gives: one row for each table on each member.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SameBy;
use crate::name::Name;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareOutput {
    /// One for each member and table.
    pub rows: Vec<ComparisonRow>,
    /// One line on all of them.
    pub summary: String,
}

/// One table on one member, compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonRow {
    pub member: Name,
    /// `None` in the one row of a member of which no tables are expected, and which has none.
    pub table: Option<String>,
    pub equal: bool,
    /// False where the table holds rows that are not replicated through Keeper to exactly the members of its shard, and where
    /// it is missing; true for what holds none (views, dictionaries, …).
    pub replicated: bool,
    /// Why it is not replicated, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreplicated: Option<String>,
    pub missing: bool,
    /// It is there, and the left does not have it.
    pub extra: bool,
    pub engine: Option<String>,
    /// In words.
    pub differences: Vec<String>,
    /// What is otherwise, and no difference.
    #[serde(default)]
    pub notes: Vec<String>,
    pub left_rows: Option<u64>,
    pub right_rows: Option<u64>,
    pub left_checksum: Option<String>,
    pub right_checksum: Option<String>,
    pub bytes: Option<u64>,
    /// How it was found to be the same; `None` where it is not, and in what an earlier houseplan has recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_by: Option<SameBy>,
    /// The rows are the same after all merges (`FINAL`), not as they are stored; the counts here are those under `FINAL`.
    pub by_final: bool,
    /// When the member started, where that was after the inventory was taken and the rows are not stored as they were: with
    /// that it forgot `SYSTEM STOP MERGES`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// Why it was not compared, where that is so; then nothing is known to differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}
