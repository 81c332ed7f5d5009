//! Which parts a table's rows are in, as one number: where two tables have the same parts and read them alike, their rows are the
//! same, and nobody has to read them.
//!
//! BACKUP, RESTORE and replication carry parts byte by byte, so the partition, the rows and the hash of all files of each part
//! stay what they are, on every version from 24.8 to 26.9 and from one to another *(`observe/parts`, `make test-versions`)*. The
//! hash is the one that the part was written with: that the disk still gives these bytes it does not say.
//!
//! - To each part belong the names, types and places of its columns. In a compact part the hash sees none of them: two with two
//!   columns in another order have one hash, and other rows *(`observe/parts`)*.
//! - Parts without rows do not count: a server removes them when it likes.
//! - No number is given where the same parts may be read as other rows ([`of`](PartsOf::of)): then rows have to be hashed.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Column, Parts, checksum, read::HeldTable};
use crate::{
    connect::{
        clickhouse::{QueryError, Row, Rows, Statement, quote_string},
        target::Member,
    },
    sql::structure::places,
};

impl Parts {
    /// The parts of two shards together.
    pub(super) fn add(left: &Self, right: &Self) -> Option<Self> {
        let checksum = checksum::add(&left.checksum, &right.checksum)?;
        Some(Self { count: left.count + right.count, checksum })
    }
}

/// What one server's parts are, by the name of the table that they are of.
#[derive(Debug, Default, PartialEq)]
pub(super) struct PartsOf {
    tables: HashMap<String, Found>,
    /// By table and column.
    columns: HashMap<(String, String), FoundColumn>,
    /// Tables with mutations to come, patch parts or encrypted columns.
    read_otherwise: HashSet<String>,
}

#[derive(Debug, PartialEq)]
struct Found {
    parts: Parts,
    /// Those that are deleted and still stored count too.
    rows: u64,
}

/// A column, as the parts have it.
#[derive(Debug, PartialEq)]
struct FoundColumn {
    /// How many parts have it.
    parts: u64,
    /// The first and the last by name: one where all parts have the same.
    types: [String; 2],
}

/// The code of `ACCESS_DENIED`.
const ACCESS_DENIED: i32 = 497;

/// What the tables of `database` are stored in on `member`. Nothing where its user may not read that: then rows are hashed.
pub(super) async fn read(member: &Member, database: &str) -> Result<PartsOf, QueryError> {
    let database = quote_string(database);
    let ask = async |text: String| match member.client.query(&Statement::read(text)).await {
        Err(error) if error.exception().is_some_and(|it| it.code == ACCESS_DENIED) => Ok(None),
        answer => answer.map(Some),
    };
    let answers = futures::try_join!(
        ask(parts_query(&database)),
        ask(columns_query(&database)),
        ask(read_otherwise_query(&database)),
    )?;
    Ok(match answers {
        (Some(parts), Some(columns), Some(otherwise)) => PartsOf::new(&parts, &columns, &otherwise),
        _ => PartsOf::default(),
    })
}

/// Each part with each of its columns comes to one number, whatever their order, and so do all parts.
fn parts_query(database: &str) -> String {
    let of_these = format!("active AND rows > 0 AND database = {database}");
    format!(
        "SELECT table, count() AS parts, sum(stored) AS stored_rows, sum(cityHash64(part)) AS checksum FROM (\
         SELECT table, name, sum(rows) AS stored, sum(cityHash64(partition_id, rows, hash, column, type, position)) AS part FROM (\
         SELECT table, name, partition_id, toUInt64(rows) AS rows, hash_of_all_files AS hash, '' AS column, '' AS type, \
         toUInt64(0) AS position FROM system.parts WHERE {of_these} \
         UNION ALL SELECT table, name, '', toUInt64(0), '', column, type, toUInt64(column_position) \
         FROM system.parts_columns WHERE {of_these}) GROUP BY table, name) GROUP BY table"
    )
}

fn columns_query(database: &str) -> String {
    format!(
        "SELECT table, column, count() AS parts, min(type) AS first_type, max(type) AS last_type \
         FROM system.parts_columns WHERE active AND rows > 0 AND database = {database} GROUP BY table, column"
    )
}

/// Mutations to come are read through on the way, or change the rows later; a patch part changes the rows of others, which a
/// RESTORE numbers anew; and what is encrypted can be read by who has the key.
fn read_otherwise_query(database: &str) -> String {
    format!(
        "SELECT table FROM system.mutations WHERE database = {database} AND NOT is_done \
         UNION ALL SELECT table FROM system.parts \
         WHERE database = {database} AND active AND startsWith(partition_id, 'patch-') \
         UNION ALL SELECT table FROM system.columns WHERE database = {database} AND position(compression_codec, 'AES') > 0"
    )
}

impl PartsOf {
    fn new(parts: &Rows, columns: &Rows, otherwise: &Rows) -> Self {
        let found = |row: &Row| {
            let parts = Parts { count: number(row, "parts"), checksum: checksum::format(number(row, "checksum")) };
            (text(row, "table"), Found { parts, rows: number(row, "stored_rows") })
        };
        let column = |row: &Row| {
            let types = [text(row, "first_type"), text(row, "last_type")];
            ((text(row, "table"), text(row, "column")), FoundColumn { parts: number(row, "parts"), types })
        };
        Self {
            tables: parts.0.iter().map(found).collect(),
            columns: columns.0.iter().map(column).collect(),
            read_otherwise: otherwise.0.iter().map(|row| text(row, "table")).collect(),
        }
    }

    /// The parts of a table that is counted; `None` where it has none by its engine, and where they do not say what its rows are.
    pub(super) fn of(&self, table: &HeldTable) -> Option<Parts> {
        let name = table.rows_in.as_ref().filter(|_| table.engine.ends_with("MergeTree"))?;
        if self.read_otherwise.contains(name) {
            return None;
        }
        let none = Found { parts: Parts { count: 0, checksum: checksum::format(0) }, rows: 0 };
        let found = self.tables.get(name).unwrap_or(&none);
        // Some of its parts are hidden from who asks.
        if table.rows.rows.is_none_or(|rows| rows > found.rows) {
            return None;
        }
        let is_plain = |column: &Column| self.is_read_as_stored(name, found.parts.count, column);
        table.columns.iter().filter(|column| column.is_stored()).all(is_plain).then(|| found.parts.clone())
    }

    /// Whether what is read of a column depends on nothing but its parts and its definition: not on how a server makes one type
    /// of another, nor on what it calculates where a part does not have the column.
    fn is_read_as_stored(&self, table: &str, parts: u64, column: &Column) -> bool {
        let stored = self.columns.get(&(table.to_owned(), column.name.clone()));
        let everywhere = stored.map_or(0, |stored| stored.parts) == parts;
        stored.is_none_or(|stored| stored.types.iter().all(|it| *it == column.type_name))
            && (everywhere || is_literal(&column.default_expression))
    }
}

/// Whether a default is what it says, or none. What a function (`now()`, `dictGet(…)`, one of the user's own) or another column
/// comes to, another server may say otherwise.
fn is_literal(expression: &str) -> bool {
    let is_word = |character: char| character.is_alphabetic() || matches!(character, '(' | '`' | '"' | '_');
    matches!(expression, "NULL" | "true" | "false") || !places(expression).iter().any(|it| is_word(it.character))
}

fn text(row: &Row, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(row: &Row, name: &str) -> u64 {
    row.get(name).and_then(Value::as_u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::action::inventory::{Definition, TableKind};

    fn table(rows: u64, columns: &[(&str, &str, &str)]) -> HeldTable {
        let columns = columns.iter().map(|(name, type_name, default)| Column {
            name: (*name).to_owned(),
            type_name: (*type_name).to_owned(),
            default_kind: if default.is_empty() { String::new() } else { "DEFAULT".to_owned() },
            default_expression: (*default).to_owned(),
        });
        HeldTable {
            kind: TableKind::Table,
            engine: "ReplicatedMergeTree".to_owned(),
            columns: columns.collect(),
            definition: Definition::default(),
            rows_in: Some("t".to_owned()),
            rows: crate::action::inventory::Rows { rows: Some(rows), ..Default::default() },
            lacking: None,
            bytes: None,
            zookeeper_path: None,
            total_replicas: None,
        }
    }

    /// Two parts with five rows, both with `a`, one of them with `b`.
    fn two_parts() -> PartsOf {
        let rows = |all: serde_json::Value| Rows(serde_json::from_value(all).expect("rows"));
        PartsOf::new(
            &rows(json!([{ "table": "t", "parts": 2, "stored_rows": 5, "checksum": 10 }])),
            &rows(json!([
                { "table": "t", "column": "a", "parts": 2, "first_type": "UInt8", "last_type": "UInt8" },
                { "table": "t", "column": "b", "parts": 1, "first_type": "String", "last_type": "String" },
            ])),
            &rows(json!([{ "table": "mutated" }])),
        )
    }

    #[test]
    fn parts_say_nothing_where_something_else_says_what_is_read() {
        let parts = two_parts();
        let known = Parts { count: 2, checksum: "000000000000000a".to_owned() };
        let plain: [(&str, &str, &str); 2] = [("a", "UInt8", ""), ("b", "String", "'free (of charge)'")];
        assert_eq!(parts.of(&table(5, &plain)), Some(known.clone()));
        assert_eq!(parts.of(&table(4, &plain)), Some(known), "one is deleted and still stored");

        assert_eq!(parts.of(&table(6, &plain)), None, "there are parts that it does not see");
        assert_eq!(parts.of(&table(5, &[("a", "UInt16", "")])), None, "the server converts what is stored");
        assert_eq!(parts.of(&table(5, &[("b", "String", "upper('free')")])), None, "the server calculates it");
        assert_eq!(parts.of(&table(5, &[("c", "String", "a")])), None);
        assert!(parts.of(&table(5, &[("a", "UInt8", "now()")])).is_some(), "all parts have it");
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(parts.of(&HeldTable { rows_in: named("mutated"), ..table(0, &[]) }), None);
        assert_eq!(parts.of(&HeldTable { engine: "Log".to_owned(), ..table(5, &plain) }), None);
        assert_eq!(parts.of(&HeldTable { rows_in: named("empty"), ..table(0, &plain) }).map(|it| it.count), Some(0));
    }

    #[test]
    fn a_literal_is_what_it_says() {
        for literal in ["", "'free'", "0", "-1.5", "[]", "['a', 'now()']", "NULL", "true"] {
            assert!(is_literal(literal), "{literal}");
        }
        for other in ["now()", "a", "`a b`", "1 + a", "CAST('1', 'UInt8')", "x.1"] {
            assert!(!is_literal(other), "{other}");
        }
    }

    #[test]
    fn the_parts_of_shards_add_up() {
        let parts = |count, checksum: &str| Parts { count, checksum: checksum.to_owned() };
        let sum = Parts::add(&parts(2, "ffffffffffffffff"), &parts(3, "0000000000000002"));
        assert_eq!(sum, Some(parts(5, "0000000000000001")));
    }
}
