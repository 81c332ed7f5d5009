//! What `inventory` gives: what a database holds, as data.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::Name;

/// What a database held on all members of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    pub target: Name,
    /// The members that were asked, each with its shard, in the environment's order.
    pub members: IndexMap<Name, u32>,
    pub database: String,
    /// The engine of the database; `None` where no member has it, and then there are no tables.
    pub database_engine: Option<String>,
    /// The tables that were left out.
    pub except: Vec<String>,
    /// Whether rows were read to make checksums of them.
    pub checksum: bool,
    pub taken: Timestamp,
    /// By name. Of all members together: a table that one member alone has is there too.
    pub tables: Vec<Table>,
    /// Columns that are another at each reading, so that no checksum of their tables is.
    #[serde(default)]
    pub nondeterministic: Vec<Nondeterministic>,
    /// The Keeper paths of all members' replicated tables, sorted.
    pub zookeeper_paths: Vec<String>,
    /// What a person should know who is going to back this database up, or to restore it.
    pub notes: Vec<String>,
}

/// A table (a view, a dictionary, …) of an inventory.
///
/// A materialized view with a table of its own inside (`.inner_id.<uuid>`, which has another name on each server) is one
/// table here: its columns and rows are those of the table inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub kind: TableKind,
    /// As on the first member that has the table.
    pub engine: String,
    /// As on the first member that has the table, in the table's order.
    pub columns: Vec<Column>,
    /// Stored columns that some part lacks, on any member: rows there read the column's default. `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<Vec<String>>,
    /// As on the first member that has the table. `None` in inventories that were taken before definitions were: then it is
    /// not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
    /// Of all shards together. `None` where the table holds no rows of its own.
    #[serde(flatten)]
    pub rows: Rows,
    /// What the table takes on disk, of all shards together.
    pub bytes: Option<u64>,
    pub zookeeper_path: Option<String>,
    /// Each member that has the table, with what it held itself.
    pub copies: IndexMap<Name, TableCopy>,
}

/// How many rows there are, and what they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub rows: Option<u64>,
    /// Sixteen hexadecimal digits; see [`checksum`].
    pub checksum: Option<String>,
    /// As after all merges (`FINAL`); only for engines whose merges change rows (Replacing, Summing, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_rows: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_checksum: Option<String>,
    /// The parts that the rows are in; `None` where nobody asked, and where they do not say what the rows are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
}

/// The parts of a table, in no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    pub count: u64,
    /// Sixteen hexadecimal digits.
    pub checksum: String,
}

/// A column, as `system.columns` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    /// `DEFAULT`, `MATERIALIZED`, `ALIAS`, `EPHEMERAL`, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default_kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default_expression: String,
}

/// A column that some part lacks, and whose default is another each time it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Nondeterministic {
    pub table: String,
    pub column: String,
    /// Kind and expression: `DEFAULT now()`.
    pub default: String,
}

/// What one member holds of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCopy {
    pub engine: String,
    #[serde(flatten)]
    pub rows: Rows,
    pub bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zookeeper_path: Option<String>,
    /// Its columns, where they are not the table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// Its definition, where it is not the table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
}

/// What a table is, as far as moving it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// Holds rows.
    Table,
    View,
    /// A materialized view; one with a table inside holds that table's rows.
    MaterializedView,
    Dictionary,
    /// Holds no rows that a backup would take: Distributed, Buffer, Merge, Kafka, S3Queue, Null, Set, URL, …
    Other,
}

/// The parts of a definition, as the server writes them; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Definition {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub partition_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sorting_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub primary_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sampling_key: String,
    /// Of the MergeTree family: version, sign, columns to sum; not the path and the name of a replica.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub engine_arguments: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ttl: String,
    /// Of columns: name and expression.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column_ttls: String,
    /// Of a view: its SELECT, without the name of its database.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub select: String,
    /// The table that a materialized view writes to, without the name of its database.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Of a dictionary: its key and its layout.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub layout: String,
    #[serde(flatten)]
    pub part_files: PartFiles,
}

/// What a table's parts hold besides columns: skip indices and projections. By name, as the server writes each, without its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartFiles {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub indices: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub projections: BTreeMap<String, String>,
}
