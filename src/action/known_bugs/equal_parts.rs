//! Tables with parts of equal content, of a server or of a backup; and which of them a replica would restore with that bug.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    connect::{
        clickhouse::{Row, Statement, quote_string},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    plan::outputs::BackedUpTable,
};

/// A table with parts of equal content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubled {
    pub(super) table: String,
    /// `3 equal parts in partition 202601`, and so on.
    pub(super) what: String,
    /// Whether it is replicated where the rows come from; `None` where that says nothing of where they go.
    pub(super) replicated: Option<bool>,
}

/// How many partitions are told of a table.
const SHOWN: usize = 3;

/// Those of a database on a server; of the table inside a view, the view.
pub(super) async fn on_server(member: &Member, database: &str) -> Result<Vec<Doubled>, Failure> {
    let database = quote_string(database);
    let query = format!(
        "SELECT if(view.name = '', parts.table, view.name) AS name, parts.partition_id AS partition, parts.number AS number \
         FROM (SELECT table, partition_id, toUInt64(count()) AS number FROM system.parts \
               WHERE database = {database} AND active GROUP BY table, partition_id, hash_of_all_files HAVING number > 1) AS parts \
         LEFT JOIN (SELECT name, concat('.inner_id.', toString(uuid)) AS inside FROM system.tables \
               WHERE database = {database} AND engine = 'MaterializedView') AS view ON view.inside = parts.table \
         ORDER BY name, partition"
    );
    let rows = member.client.query(&Statement::read(query)).await;
    let rows = rows.map_err(|error| diagnose(&error, &Context::on(Activity::Check, member)))?;
    let mut tables: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    for row in &rows.0 {
        let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = row.get("number").and_then(Value::as_u64).unwrap_or_default();
        tables.entry(text("name")).or_default().push((text("partition"), number));
    }
    Ok(tables.into_iter().map(|(table, parts)| Doubled { what: words(&parts), table, replicated: None }).collect())
}

/// Those of a backup.
pub(super) fn in_backup(tables: &[BackedUpTable]) -> Vec<Doubled> {
    let doubled = tables.iter().filter(|table| !table.equal_parts.is_empty());
    let parts =
        |table: &BackedUpTable| table.equal_parts.iter().map(|it| (it.partition.clone(), it.parts)).collect::<Vec<_>>();
    doubled
        .map(|table| Doubled {
            table: table.name.clone(),
            what: words(&parts(table)),
            replicated: Some(table.replicated),
        })
        .collect()
}

fn words(parts: &[(String, u64)]) -> String {
    let each =
        parts.iter().take(SHOWN).map(|(partition, number)| format!("{number} equal parts in partition {partition}"));
    let more = parts.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and so in {more} more"));
    each.chain(more).collect::<Vec<_>>().join(", ")
}

/// How a member has a table that is to be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    Missing,
    NotReplicated,
    /// Replicated; whether it forgets at once what it has seen, so that nothing is taken for a repetition.
    Replicated {
        remembers: bool,
    },
}

/// How a member has tables that are to be filled, by their names. What the definition says of the table inside a view counts for
/// the view.
pub(super) async fn destinations(member: &Member, database: &str) -> Result<BTreeMap<String, Destination>, Failure> {
    let query = format!(
        "SELECT name, match(create_table_query, 'ENGINE = Replicated') AS replicated, \
         match(create_table_query, 'replicated_deduplication_window = 0([^0-9]|$)') AS forgets \
         FROM system.tables WHERE database = {}",
        quote_string(database)
    );
    let rows = member.client.query(&Statement::read(query)).await;
    let rows = rows.map_err(|error| diagnose(&error, &Context::on(Activity::Check, member)))?;
    let is = |row: &Row, column: &str| row.get(column).and_then(Value::as_u64) == Some(1);
    let destination = |row: &Row| {
        let name = row.get("name")?.as_str()?.to_owned();
        Some((
            name,
            match is(row, "replicated") {
                true => Destination::Replicated { remembers: !is(row, "forgets") },
                false => Destination::NotReplicated,
            },
        ))
    };
    Ok(rows.0.iter().filter_map(destination).collect())
}

impl Doubled {
    /// Whether a RESTORE into this would meet the bug. What is not there yet is made as the backup defines it, or, where only
    /// the source is known, by migrations: replicated.
    pub(super) fn is_met(&self, destination: Destination) -> bool {
        match destination {
            Destination::Missing => self.replicated.unwrap_or(true),
            Destination::NotReplicated => false,
            Destination::Replicated { remembers } => remembers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_replicated_table_that_remembers_what_it_has_seen_meets_it() {
        let doubled = |replicated| Doubled { table: "t".to_owned(), what: String::new(), replicated };
        assert!(doubled(None).is_met(Destination::Missing));
        assert!(doubled(Some(true)).is_met(Destination::Missing));
        assert!(!doubled(Some(false)).is_met(Destination::Missing));
        assert!(!doubled(None).is_met(Destination::NotReplicated));
        assert!(doubled(Some(false)).is_met(Destination::Replicated { remembers: true }));
        assert!(!doubled(Some(true)).is_met(Destination::Replicated { remembers: false }));
    }

    #[test]
    fn many_partitions_are_shortened() {
        let parts: Vec<(String, u64)> = (1..=5).map(|number: u64| (number.to_string(), number + 1)).collect();
        assert_eq!(
            words(&parts),
            "2 equal parts in partition 1, 3 equal parts in partition 2, 4 equal parts in partition 3, and so in 2 more"
        );
        assert_eq!(words(&parts[..1]), "2 equal parts in partition 1");
    }
}
