//! What a comparison says of one table on one member.

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;

use crate::{
    action::inventory::{Rows, is_replicated, read::HeldTable},
    humanize::{count, thousands},
    name::Name,
    plan::outputs::{ComparisonRow, SameBy},
};

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
            same_by: None,
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
        if words.is_empty() {
            words.extend(self.same_by.map(|same_by| format!("equal {}", same_by.words(1))));
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

/// One line on all of them: `24 tables are the same on 2 members: 20 by their parts, 4 by their rows`.
pub fn summary(rows: &[ComparisonRow]) -> String {
    if rows.iter().all(|row| row.table.is_none()) {
        let members: IndexSet<&Name> = rows.iter().map(|row| &row.member).collect();
        return format!("nothing was compared: no tables on either side, {}", count(members.len() as u64, "member"));
    }
    format!("{}{}", verdict(rows), remarks(rows))
}

fn verdict(rows: &[ComparisonRow]) -> String {
    let members: IndexSet<&Name> = rows.iter().map(|row| &row.member).collect();
    let mut tables: IndexMap<&str, Vec<&ComparisonRow>> = IndexMap::new();
    for row in rows.iter().filter(|row| row.not_compared.is_none()) {
        if let Some(table) = &row.table {
            tables.entry(table).or_default().push(row);
        }
    }
    let (same, other): (Vec<_>, Vec<_>) = tables.iter().partition(|(_, rows)| rows.iter().all(|row| row.equal));
    // What is proved less on one member is proved less.
    let weakest: Vec<(&str, SameBy)> = same
        .iter()
        .filter_map(|(table, rows)| Some((**table, rows.iter().filter_map(|row| row.same_by).max()?)))
        .collect();
    let told = SameBy::told(weakest.iter().map(|(_, same_by)| *same_by));
    let merged: Vec<&str> =
        weakest.iter().filter(|(_, same_by)| *same_by == SameBy::Final).map(|(table, _)| *table).collect();
    let merged = if merged.is_empty() { String::new() } else { format!("; only after merges: {}", merged.join(", ")) };
    let (all, members) = (count(tables.len() as u64, "table"), count(members.len() as u64, "member"));
    let are = if tables.len() == 1 { "is" } else { "are" };
    match (other.len(), same.len()) {
        (0, _) => format!("{all} {are} the same on {members}{told}{merged}"),
        (_, 0) => format!("{all} {are} not the same on {members}"),
        (other, _) => format!("{other} of {all} not the same on {members}; the others are{told}{merged}"),
    }
}

/// What is otherwise, and which servers have started.
fn remarks(rows: &[ComparisonRow]) -> String {
    let notes = rows
        .iter()
        .flat_map(|row| row.notes.iter().map(|what| format!("; {}: {what}", row.table.as_deref().unwrap_or_default())));
    let starts: IndexMap<&Name, Timestamp> = rows.iter().filter_map(|row| Some((&row.member, row.started?))).collect();
    let starts = starts.iter().map(|(member, started)| format!("; {member} {}", forgot_merges(*started)));
    let not_compared = rows
        .iter()
        .filter_map(|row| Some(format!("; {} not compared: {}", row.table.as_deref()?, row.not_compared.as_ref()?)));
    notes.chain(not_compared).chain(starts).collect::<IndexSet<String>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{action::inventory::TableKind, plan::outputs::Definition};

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
