//! What a database holds, as data: taken once, journalled as a step's output, compared with anything later, also after its
//! server is gone.
//!
//! This module says what an inventory is; [`read`] asks one server, [`unite`] makes one inventory of all members' answers,
//! [`checksum`] tells how rows are hashed and [`merging`] how merged states are, [`columns`] how columns differ, [`defaults`]
//! what rows read that are older than a column ([`same_reading`] asks whether it is the same, [`part_columns`] whether there are
//! such rows, [`nondeterministic`] whether they read the same twice), [`declared`] what a CREATE statement says, [`task`] is the action. None of them writes: every statement is sent
//! with `readonly = 2`.

pub mod checksum;
pub mod columns;
pub mod declared;
mod defaults;
pub mod definition;
mod kind;
pub mod merging;
mod nondeterministic;
mod part_columns;
pub mod part_files;
mod prepare;
pub mod read;
pub mod same_reading;
pub mod task;
mod unite;

pub use kind::TableKind;
pub(super) use kind::{is_inner, kind};
pub(super) use unite::total;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::definition::Definition;

use crate::{humanize, name::Name};

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

impl Column {
    /// Whether its values are in the table's parts.
    pub fn is_stored(&self) -> bool {
        !matches!(self.default_kind.as_str(), "ALIAS" | "EPHEMERAL")
    }
}

impl Nondeterministic {
    /// As a line for people.
    pub fn words(&self) -> String {
        let Self { table, column, default } = self;
        format!("{table}.{column}, {default}, is another at each reading, for some part lacks it")
    }
}

impl Inventory {
    /// What a person reads of it: `12 tables, 1,240,551 rows, 318 MiB`.
    pub fn summary(&self) -> String {
        if self.tables.is_empty() {
            return "no tables".to_owned();
        }
        let total = |of: fn(&Table) -> Option<u64>| self.tables.iter().filter_map(of).sum::<u64>();
        let tables = humanize::count(self.tables.len() as u64, "table");
        let rows = humanize::count(total(|table| table.rows.rows), "row");
        format!("{tables}, {rows}, {}", humanize::size(total(|table| table.bytes)))
    }
}

/// Whether tables of this engine are replicated through Keeper.
pub fn is_replicated(engine: &str) -> bool {
    engine.starts_with("Replicated") || engine.starts_with("Shared")
}
