//! A database, made up from a seed.

use std::fmt::Write as _;

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::value::{KINDS, Kind};

#[derive(Debug)]
pub struct World {
    /// Where the tables' paths in Keeper begin.
    keeper: String,
    pub database: String,
    pub tables: Vec<Table>,
    /// Settings in the profile of the user that houseplan works as.
    pub profile: Vec<&'static str>,
}

/// What the rows of a table go through when parts merge, and what it takes beside columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    pub name: &'static str,
    /// A column that its merges go by.
    column: Option<&'static str>,
}

const fn engine(name: &'static str) -> Engine {
    Engine { name, column: None }
}

pub const ENGINES: &[Engine] = &[
    engine("MergeTree"),
    Engine { name: "ReplacingMergeTree", column: Some("version") },
    engine("SummingMergeTree"),
    engine("AggregatingMergeTree"),
    Engine { name: "CollapsingMergeTree", column: Some("sign") },
];

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub engine: Engine,
    columns: Vec<Column>,
    /// Added when there were rows, each with a constant DEFAULT.
    late: Vec<Column>,
    partitioned: bool,
    /// Of how many rows each INSERT is.
    inserts: Vec<u32>,
    extras: &'static str,
    settings: &'static str,
    view: Option<View>,
}

/// A materialized view of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Inner,
    To,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    codec: &'static str,
}

/// What else a table may have.
const EXTRAS: &[&str] = &[
    "",
    "",
    ", INDEX `an index` k TYPE minmax GRANULARITY 1",
    ", PROJECTION `a projection` (SELECT k, count() GROUP BY k)",
    ", CONSTRAINT `a constraint` CHECK k < 1000000",
    ", twice UInt64 MATERIALIZED k * 2, thrice UInt64 ALIAS k * 3",
];

/// What a profile may have that changes what is read, or how it is written.
const PROFILE: &[&str] = &[
    "limit: 58",
    "offset: 1",
    "extremes: 1",
    "final: 1",
    "aggregate_functions_null_for_empty: 1",
    "join_use_nulls: 1",
    "transform_null_in: 1",
    "union_default_mode: DISTINCT",
    "prefer_column_name_to_alias: 1",
    "session_timezone: Asia/Novosibirsk",
    "date_time_output_format: unix_timestamp",
    "bool_true_representation: 'yes'",
    "output_format_json_quote_64bit_integers: 1",
    "output_format_json_quote_denormals: 0",
    "output_format_json_named_tuples_as_objects: 0",
    "output_format_decimal_trailing_zeros: 1",
    "max_query_size: 1000",
    "asterisk_include_materialized_columns: 1",
];

const SETTINGS: &[&str] = &["", "min_bytes_for_wide_part = 0", "index_granularity = 8"];

impl World {
    pub fn made_from(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), random);
        let tree = world().new_tree(&mut runner).expect("a strategy without filters");
        Self { keeper: format!("/clickhouse/generated/{seed}"), ..tree.current() }
    }

    /// What makes the database on a standalone server, with its rows.
    pub fn on_source(&self) -> Vec<String> {
        let database = quoted(&self.database);
        let mut statements = vec![format!("CREATE DATABASE {database}")];
        statements.extend(self.tables.iter().flat_map(|table| table.on_source(&database)));
        statements
    }

    /// What migrations make of it on a replica: the same tables, replicated, and no rows.
    pub fn on_cluster(&self) -> Vec<String> {
        let database = quoted(&self.database);
        let mut statements = vec![format!("CREATE DATABASE IF NOT EXISTS {database}")];
        for (index, table) in self.tables.iter().enumerate() {
            let keeper = format!("{}/{index}", self.keeper);
            statements.extend(table.made(&database, Some(&keeper)));
        }
        statements
    }
}

impl Table {
    /// Whether it has a column of this type.
    pub fn holds(&self, kind: &str) -> bool {
        self.columns.iter().chain(&self.late).any(|column| column.kind.name == kind)
    }

    fn on_source(&self, database: &str) -> Vec<String> {
        let table = format!("{database}.{}", quoted(&self.name));
        let mut statements = self.made(database, None);
        statements.push(format!("SYSTEM STOP MERGES {table}"));
        let inserts: Vec<(usize, u32)> = self.inserts.iter().copied().enumerate().collect();
        let (before, after) = inserts.split_at(inserts.len().div_ceil(2));
        statements.extend(before.iter().map(|insert| self.inserted(&table, *insert, &self.columns)));
        for column in &self.late {
            statements.push(format!("ALTER TABLE {table} ADD COLUMN {}", column.declared(true)));
        }
        let all: Vec<Column> = self.columns.iter().chain(&self.late).cloned().collect();
        statements.extend(after.iter().map(|insert| self.inserted(&table, *insert, &all)));
        statements
    }

    /// The table and its view; on a cluster, below a path in Keeper, with the columns that came late.
    fn made(&self, database: &str, keeper: Option<&str>) -> Vec<String> {
        let mut columns = "k UInt64".to_owned();
        if let Some(own) = self.engine.column {
            let _ = write!(columns, ", {own} Int8");
        }
        for column in &self.columns {
            let _ = write!(columns, ", {}", column.declared(false));
        }
        if keeper.is_some() {
            for column in &self.late {
                let _ = write!(columns, ", {}", column.declared(true));
            }
        }
        let table = format!("{database}.{}", quoted(&self.name));
        let engine = engine_of(self.engine.name, self.engine.column.unwrap_or_default(), keeper, "table");
        let partition = if self.partitioned { " PARTITION BY k % 3" } else { "" };
        // A state is no number to be summed, and a projection of a table whose merges change rows is refused.
        let extras = if self.engine.name == "MergeTree" { self.extras } else { "" };
        let settings = if self.settings.is_empty() { String::new() } else { format!(" SETTINGS {}", self.settings) };
        let mut statements = vec![format!(
            "CREATE TABLE IF NOT EXISTS {table} ({columns}{extras}) ENGINE = {engine}{partition} ORDER BY k{settings}"
        )];
        let view = quoted(&format!("{} seen", self.name));
        match self.view {
            None => {}
            Some(View::Inner) => {
                let engine = engine_of("SummingMergeTree", "", keeper, "inner");
                statements.push(format!(
                    "CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.{view} ENGINE = {engine} ORDER BY r AS SELECT k % 5 AS r, count() AS n FROM {table} GROUP BY r"
                ));
            }
            Some(View::To) => {
                let target = quoted(&format!("{} kept", self.name));
                let engine = engine_of("MergeTree", "", keeper, "kept");
                statements.push(format!(
                    "CREATE TABLE IF NOT EXISTS {database}.{target} (k UInt64) ENGINE = {engine} ORDER BY k"
                ));
                statements.push(format!(
                    "CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.{view} TO {database}.{target} AS SELECT k FROM {table} WHERE k % 2 = 0"
                ));
            }
        }
        statements
    }

    /// One of the INSERTs. Rows of the same key in several of them are merged by version, or not at all: in other engines it would
    /// depend on the order of merging what they come to.
    fn inserted(&self, table: &str, (index, rows): (usize, u32), columns: &[Column]) -> String {
        let from = if matches!(self.engine.name, "MergeTree" | "ReplacingMergeTree") { 0 } else { index * 100 };
        let (mut names, mut values) = ("k".to_owned(), format!("number + {from}"));
        if let Some(own) = self.engine.column {
            let value = if self.engine.name == "ReplacingMergeTree" { index } else { 1 };
            let _ = (write!(names, ", {own}"), write!(values, ", {value}"));
        }
        for column in columns {
            for (name, value) in column.given() {
                let _ = (write!(names, ", {name}"), write!(values, ", {value}"));
            }
        }
        let grouped = if columns.iter().any(|column| column.kind.name.starts_with("AggregateFunction")) {
            " GROUP BY number"
        } else {
            ""
        };
        format!("INSERT INTO {table} ({names}) SELECT {values} FROM numbers({rows}){grouped}")
    }
}

impl Column {
    fn becomes_a_state(&mut self) {
        let states: Vec<&Kind> = KINDS.iter().filter(|kind| kind.name.contains("AggregateFunction")).collect();
        let index = KINDS.iter().position(|kind| *kind == self.kind).expect("one of them");
        self.kind = *states[index % states.len()];
    }

    fn declared(&self, with_default: bool) -> String {
        let default = self.kind.default.filter(|_| with_default).map(|it| format!(" DEFAULT {it}")).unwrap_or_default();
        format!("{} {}{default}{}", quoted(&self.name), self.kind.name, self.codec)
    }

    /// Columns and their values; a Nested is one column for each of its own.
    fn given(&self) -> Vec<(String, String)> {
        if self.kind.name.starts_with("Nested") {
            let keys = (quoted(&format!("{}.k", self.name)), self.kind.value.to_owned());
            let texts = format!("arrayMap(x -> toString(x), {})", self.kind.value);
            return vec![keys, (quoted(&format!("{}.v w", self.name)), texts)];
        }
        vec![(quoted(&self.name), self.kind.value.to_owned())]
    }
}

fn engine_of(name: &str, arguments: &str, keeper: Option<&str>, what: &str) -> String {
    let Some(keeper) = keeper else { return format!("{name}({arguments})") };
    let more = if arguments.is_empty() { String::new() } else { format!(", {arguments}") };
    format!("Replicated{name}('{keeper}/{what}', '{{replica}}'{more})")
}

pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

fn world() -> impl Strategy<Value = World> {
    let tables = prop::collection::vec(table(), 8..12);
    let profile = subsequence(PROFILE.to_vec(), 0..=PROFILE.len());
    (name(), tables, profile).prop_map(|(database, tables, profile)| World {
        keeper: String::new(),
        database: format!("db {database}"),
        tables: apart(tables),
        profile,
    })
}

/// Each with a name of its own.
fn apart(mut tables: Vec<Table>) -> Vec<Table> {
    for (index, table) in tables.iter_mut().enumerate() {
        let _ = write!(table.name, "{index}");
    }
    tables
}

fn table() -> impl Strategy<Value = Table> {
    let shape = (name(), select(ENGINES), any::<bool>(), select(EXTRAS), select(SETTINGS));
    let inserts = prop::collection::vec(prop_oneof![Just(0_u32), Just(1), 2..60_u32], 1..5);
    let view = prop_oneof![4 => Just(None), 1 => Just(Some(View::Inner)), 1 => Just(Some(View::To))];
    let columns = prop::collection::vec(column(KINDS), 3..11);
    let defaults: Vec<Kind> = KINDS.iter().copied().filter(|kind| kind.default.is_some()).collect();
    let late = prop::collection::vec(column(&defaults), 0..3);
    (shape, inserts, view, columns, late).prop_map(
        |((name, engine, partitioned, extras, settings), inserts, view, columns, late)| {
            let mut table = Table { name, engine, columns, late, partitioned, inserts, extras, settings, view };
            if table.engine.name == "AggregatingMergeTree" {
                // Which value of another column a merge keeps depends on the order of merging.
                table.columns.iter_mut().for_each(Column::becomes_a_state);
                table.late.clear();
            }
            for (index, column) in table.columns.iter_mut().chain(&mut table.late).enumerate() {
                let _ = write!(column.name, "{index}");
            }
            table
        },
    )
}

fn column(kinds: &[Kind]) -> impl Strategy<Value = Column> + use<> {
    let codec = select(&["", "", " CODEC(ZSTD(3))", " CODEC(NONE)"][..]);
    (name(), select(kinds.to_vec()), codec).prop_map(|(name, kind, codec)| Column { name, kind, codec })
}

/// Names that people have, names that mean something to SQL or to us, and what no one would expect. None is long: the sandbox's
/// store takes no long keys.
fn name() -> impl Strategy<Value = String> {
    let plain = select(
        &[
            "rows", "checksum", "count", "name", "table", "database", "sum", "data", "value", "FINAL", "select",
            "tuple", "n", "hash",
        ][..],
    );
    let odd = select(
        &[
            "a b",
            "it's",
            "back`tick",
            "back\\slash",
            "dotted.name",
            "per%cent",
            "日本",
            "q\"uote",
            "-- no comment",
            "/* nor */",
            "$x",
            "{id}",
            "a;b",
            "#",
            "Ünï",
        ][..],
    );
    prop_oneof![3 => plain.prop_map(str::to_owned), 2 => odd.prop_map(str::to_owned), 1 => "[a-z]{20}".prop_map(String::from)]
}
