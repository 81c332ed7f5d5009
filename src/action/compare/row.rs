//! What a comparison says of one table on one member.

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    action::inventory::{Rows, is_replicated, read::HeldTable},
    humanize::{count, thousands},
    name::Name,
};

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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    pub left_rows: Option<u64>,
    pub right_rows: Option<u64>,
    pub left_checksum: Option<String>,
    pub right_checksum: Option<String>,
    pub bytes: Option<u64>,
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

impl ComparisonRow {
    pub(super) fn new(member: &Name, table: Option<&str>) -> Self {
        Self {
            member: member.clone(),
            table: table.map(str::to_owned),
            equal: true,
            replicated: true,
            unreplicated: None,
            missing: false,
            extra: false,
            engine: None,
            differences: Vec::new(),
            notes: Vec::new(),
            left_rows: None,
            right_rows: None,
            left_checksum: None,
            right_checksum: None,
            bytes: None,
            by_final: false,
            started: None,
            not_compared: None,
        }
    }

    /// Whether its rows are not stored as they were expected.
    pub(super) fn is_stored_otherwise(&self) -> bool {
        fn differ<T: PartialEq>(left: Option<&T>, right: Option<&T>) -> bool {
            left.zip(right).is_some_and(|(left, right)| left != right)
        }
        self.by_final
            || differ(self.left_rows.as_ref(), self.right_rows.as_ref())
            || differ(self.left_checksum.as_ref(), self.right_checksum.as_ref())
    }

    pub(super) fn nothing(member: &Name) -> Self {
        Self::new(member, None)
    }

    pub(super) fn missing(member: &Name, table: &str, left: &Rows) -> Self {
        Self {
            equal: false,
            replicated: false,
            missing: true,
            differences: vec!["missing".to_owned()],
            left_rows: left.rows,
            left_checksum: left.checksum.clone(),
            ..Self::new(member, Some(table))
        }
    }

    pub(super) fn extra(member: &Name, table: &str, held: &HeldTable, unreplicated: Option<String>) -> Self {
        let rows = held.rows.rows.map(|rows| format!(" ({} rows)", thousands(rows))).unwrap_or_default();
        Self {
            equal: false,
            replicated: unreplicated.is_none(),
            unreplicated,
            extra: true,
            engine: Some(held.engine.clone()),
            differences: vec![format!("not in the inventory{rows}")],
            right_rows: held.rows.rows,
            right_checksum: held.rows.checksum.clone(),
            bytes: held.bytes,
            ..Self::new(member, Some(table))
        }
    }

    /// As a line for people: the member, the table, what is so.
    pub fn cells(&self) -> Vec<String> {
        let mut words = self.differences.clone();
        if words.is_empty() && self.by_final {
            words.push("equal after merges (FINAL)".to_owned());
        }
        if let (Some(why), Some(engine)) = (&self.unreplicated, &self.engine) {
            words.insert(0, format!("{engine}, {why}"));
        }
        words.extend(self.not_compared.iter().map(|why| format!("not compared: {why}")));
        if words.is_empty() {
            words.push("equal".to_owned());
        }
        words.extend(self.notes.iter().cloned());
        words.extend(self.started.map(|started| format!("the server {}", forgot_merges(started))));
        let table = self.table.clone().unwrap_or_else(|| "no tables".to_owned());
        vec![self.member.to_string(), table, words.join("; ")]
    }
}

/// What a start means for a server whose merges were stopped. Whether merges ran is not known; that nothing held them is.
fn forgot_merges(started: Timestamp) -> String {
    format!(
        "started at {started:.0}, after the inventory; that forgets SYSTEM STOP MERGES, so merges may have run since"
    )
}

/// Why a member's table is not replicated to exactly the members of its shard; `None` where it is, or holds no rows.
///
/// The engine's name says only that a table could be: with a path in Keeper of its own on each server (a UUID in it, a macro that
/// differs) every server is a lone replica. `shard` is what each member of the shard holds under its name, itself included.
pub(super) fn unreplicated(held: &HeldTable, shard: &[(&Name, Option<&HeldTable>)]) -> Option<String> {
    held.rows_in.as_ref()?;
    if !is_replicated(&held.engine) {
        return Some("not replicated".to_owned());
    }
    // Shared tables are not in system.replicas: their engine is what there is to see.
    let Some(path) = held.zookeeper_path.as_ref() else {
        return held.engine.starts_with("Replicated").then(|| "not in system.replicas".to_owned());
    };
    let (registered, members) = (held.total_replicas.unwrap_or_default(), shard.len() as u64);
    let elsewhere = shard.iter().find_map(|(member, other)| {
        let other = other.as_ref()?.zookeeper_path.as_ref().filter(|other| *other != path)?;
        Some(format!(", in Keeper at {path}, on {member} at {other}"))
    });
    (registered != members || elsewhere.is_some())
        .then(|| format!("{registered} of {members} replicas{}", elsewhere.unwrap_or_default()))
}

/// One line on all of them: `12 tables the same on 2 members`.
pub fn summary(rows: &[ComparisonRow]) -> String {
    let tables: IndexSet<&str> = rows.iter().filter_map(|row| row.table.as_deref()).collect();
    let members: IndexSet<&str> = rows.iter().map(|row| row.member.as_str()).collect();
    let finals: IndexSet<&str> =
        rows.iter().filter(|row| row.by_final).filter_map(|row| row.table.as_deref()).collect();
    let by_final = match finals.len() {
        0 => String::new(),
        _ => format!(", after merges (FINAL): {}", finals.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let unequal: IndexSet<&str> = rows.iter().filter(|row| !row.equal).filter_map(|row| row.table.as_deref()).collect();
    let notes: IndexSet<String> = rows
        .iter()
        .flat_map(|row| row.notes.iter().map(|what| format!("; {}: {what}", row.table.as_deref().unwrap_or_default())))
        .collect();
    let not_compared: IndexSet<&str> =
        rows.iter().filter(|row| row.not_compared.is_some()).filter_map(|row| row.table.as_deref()).collect();
    let tables: IndexSet<&str> = tables.difference(&not_compared).copied().collect();
    let not_compared: IndexSet<String> = rows
        .iter()
        .filter_map(|row| Some(format!("; {} not compared: {}", row.table.as_deref()?, row.not_compared.as_ref()?)))
        .collect();
    let notes = notes.into_iter().chain(not_compared).collect::<String>();
    let (tables, members) = (count(tables.len() as u64, "table"), count(members.len() as u64, "member"));
    let starts: IndexMap<&str, Timestamp> =
        rows.iter().filter_map(|row| Some((row.member.as_str(), row.started?))).collect();
    let starts: String =
        starts.iter().map(|(member, started)| format!("; {member} {}", forgot_merges(*started))).collect();
    if rows.iter().all(|row| row.table.is_none()) {
        return format!("nothing was compared: no tables on either side, {members}");
    }
    match unequal.len() {
        0 => format!("{tables} the same on {members}{by_final}{notes}{starts}"),
        number => format!("{number} of {tables} not the same on {members}{by_final}{notes}{starts}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::inventory::{TableKind, definition::Definition};

    fn held(engine: &str, path: &str, total_replicas: u64) -> HeldTable {
        HeldTable {
            kind: TableKind::Table,
            engine: engine.to_owned(),
            columns: Vec::new(),
            lacking: None,
            definition: Definition::default(),
            rows_in: Some("t".to_owned()),
            rows: Rows::default(),
            bytes: None,
            zookeeper_path: Some(path.to_owned()).filter(|path| !path.is_empty()),
            total_replicas: Some(total_replicas),
        }
    }

    #[track_caller]
    fn case(first: &HeldTable, second: Option<&HeldTable>, expected: Option<&str>) {
        let names: [Name; 2] = ["a".into(), "b".into()];
        let shard = [(&names[0], Some(first)), (&names[1], second)];
        assert_eq!(unreplicated(first, &shard).as_deref(), expected);
    }

    #[test]
    fn replicated_is_what_all_members_of_a_shard_share() {
        let good = held("ReplicatedMergeTree", "/t", 2);
        case(&good, Some(&good), None);
        let (lone, other) = (held("ReplicatedMergeTree", "/a/t", 1), held("ReplicatedMergeTree", "/b/t", 1));
        case(&lone, Some(&other), Some("1 of 2 replicas, in Keeper at /a/t, on b at /b/t"));
        case(&held("ReplicatedMergeTree", "/t", 1), None, Some("1 of 2 replicas"));
        case(&held("ReplicatedMergeTree", "/t", 3), Some(&good), Some("3 of 2 replicas"));
        case(&held("ReplicatedMergeTree", "", 0), Some(&good), Some("not in system.replicas"));
        case(&held("MergeTree", "", 0), Some(&good), Some("not replicated"));
        case(&held("SharedMergeTree", "", 0), None, None);
        case(&HeldTable { rows_in: None, ..held("View", "", 0) }, None, None);
    }
}
