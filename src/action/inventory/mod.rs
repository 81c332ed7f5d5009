//! What a database holds, as data: taken once, journalled as a step's output, compared with anything later, also after its
//! server is gone.
//!
//! This module says what an inventory is; [`read`] asks one server, [`unite`] makes one inventory of all members' answers,
//! [`checksum`] tells how rows are hashed and [`merging`] how merged states are, [`parts`] when nobody has to hash them, [`columns`]
//! how columns differ, [`defaults`] what rows read that are older than a column ([`same_reading`] asks whether it is the same,
//! [`part_columns`] whether there are such rows, [`nondeterministic`] whether they read the same twice), [`declared`] what a CREATE
//! statement says, [`task`] is the action. None of them writes: every statement is sent with `readonly = 2`.

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
pub mod parts;
mod prepare;
pub mod read;
pub mod same_reading;
pub mod task;
mod unite;

pub(super) use kind::{is_inner, kind};
pub(super) use unite::total;

pub use crate::plan::outputs::{
    Column, Definition, Inventory, Nondeterministic, Parts, Rows, Table, TableCopy, TableKind,
};

use crate::humanize;

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

    /// What writes the values that are missing, and changes none that is there. MATERIALIZE COLUMN keeps what a part holds of a
    /// DEFAULT column; of a MATERIALIZED one it computes every value anew *(run)*.
    pub fn cure(&self) -> &'static str {
        match self.default.starts_with("MATERIALIZED ") {
            true => {
                "`ALTER TABLE … MODIFY COLUMN … DEFAULT …` with the same expression, then MATERIALIZE COLUMN, then MODIFY COLUMN … \
                 MATERIALIZED again; MATERIALIZE COLUMN alone would overwrite the values that are there"
            }
            false => "`ALTER TABLE … MATERIALIZE COLUMN`",
        }
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
