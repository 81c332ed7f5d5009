//! What actions give, as far as an account tells of it: the one place above the actions that knows the keys of their outputs.
//!
//! Read leniently, for a journal may be another version's: what is missing, or of another shape, is not known and not claimed.

use indexmap::IndexMap;
use serde_json::Value;

use crate::name::Name;

/// What a step or a task gave.
#[derive(Debug, Clone, Copy)]
pub enum Outputs<'a> {
    Step(&'a IndexMap<Name, Value>),
    Task(&'a Value),
}

impl<'a> Outputs<'a> {
    fn get(self, key: &str) -> Option<&'a Value> {
        match self {
            Self::Step(outputs) => outputs.get(key),
            Self::Task(value) => value.get(key),
        }
    }

    fn text(self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    fn number(self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }

    fn flag(self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool) == Some(true)
    }

    fn list(self, key: &str) -> Option<&'a [Value]> {
        self.get(key).and_then(Value::as_array).map(Vec::as_slice)
    }

    fn texts(self, key: &str) -> Vec<&'a str> {
        self.list(key).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn scalar(self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What an `approve` step shows: the value, under the plan's own message.
    pub fn shown(self) -> Option<(&'a Value, Option<&'a str>)> {
        Some((self.get("shown")?, self.text("message")))
    }
}

/// What `inventory` gave.
#[derive(Debug)]
pub struct Inventory<'a> {
    pub database: Option<&'a str>,
    pub tables: Vec<Table<'a>>,
    /// Tables that were left out.
    pub except: Vec<&'a str>,
    pub notes: Vec<&'a str>,
}

/// One table of an inventory.
#[derive(Debug)]
pub struct Table<'a> {
    pub name: Option<&'a str>,
    pub engine: Option<&'a str>,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub checksum: Option<String>,
}

impl<'a> Inventory<'a> {
    /// Nothing where there is no list of tables.
    pub fn read(outputs: Outputs<'a>) -> Option<Self> {
        let table = |value: &'a Value| {
            let it = Outputs::Task(value);
            Table {
                name: it.text("name"),
                engine: it.text("engine"),
                rows: it.number("rows"),
                bytes: it.number("bytes"),
                checksum: it.scalar("checksum"),
            }
        };
        Some(Self {
            database: outputs.text("database"),
            tables: outputs.list("tables")?.iter().map(table).collect(),
            except: outputs.texts("except"),
            notes: outputs.texts("notes"),
        })
    }
}

/// One row of what `compare` gave: a member's table.
#[derive(Debug)]
pub struct ComparisonRow<'a> {
    pub member: Option<&'a str>,
    pub table: Option<&'a str>,
    /// Whether it says so, and its figures do not say otherwise.
    pub equal: bool,
    /// As after all merges, not as the rows are stored.
    pub by_final: bool,
    pub missing: bool,
    pub extra: bool,
    /// Whether it could not be compared.
    pub not_compared: bool,
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub checksum: Option<String>,
    /// What differs, in words; other shapes are shown as they are.
    pub differences: Vec<String>,
}

impl<'a> ComparisonRow<'a> {
    /// All rows; none where they are not known.
    pub fn read_all(outputs: Outputs<'a>) -> Vec<Self> {
        outputs.list("rows").into_iter().flatten().map(|row| Self::read(Outputs::Task(row))).collect()
    }

    fn read(row: Outputs<'a>) -> Self {
        let agree = |left: &str, right: &str| match (row.get(left), row.get(right)) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        };
        let figures = agree("left_rows", "right_rows") && agree("left_checksum", "right_checksum");
        Self {
            member: row.text("member"),
            table: row.text("table"),
            equal: row.flag("equal") && figures,
            by_final: row.flag("by_final"),
            missing: row.flag("missing"),
            extra: row.flag("extra"),
            not_compared: row.text("not_compared").is_some(),
            rows: row.number("left_rows"),
            bytes: row.number("bytes"),
            checksum: row.scalar("left_checksum"),
            differences: match row.get("differences") {
                Some(Value::Array(all)) => all.iter().map(shown).collect(),
                Some(Value::Null) | None => Vec::new(),
                Some(other) => vec![shown(other)],
            },
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What `backup` gave, or `inspect` found.
#[derive(Debug)]
pub struct Backup<'a> {
    pub store: Option<&'a str>,
    pub path: &'a str,
    pub url: Option<&'a str>,
    /// Its id in the server; where it bears none, why that is so.
    pub id: Option<&'a str>,
    pub bytes: Option<u64>,
    pub files: Option<u64>,
    /// From when to when it was made, or when.
    pub made: Option<(&'a str, Option<&'a str>)>,
    /// Whether it is complete, where that was looked at.
    pub complete: Option<Completeness<'a>>,
    /// The tables in it, where they were looked at.
    pub tables: Option<Vec<&'a str>>,
}

/// What `inspect` says of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness<'a> {
    Complete,
    NotComplete,
    /// It could not be looked at, for this reason.
    Unchecked(&'a str),
}

impl<'a> Backup<'a> {
    /// Nothing where there is no path.
    pub fn read(outputs: Outputs<'a>) -> Option<Self> {
        let complete = outputs.get("complete").map(|complete| match complete.as_bool() {
            Some(true) => Completeness::Complete,
            Some(false) => Completeness::NotComplete,
            None => Completeness::Unchecked(outputs.text("unchecked").unwrap_or_default()),
        });
        let names = |tables: &'a [Value]| tables.iter().filter_map(|it| Outputs::Task(it).text("name")).collect();
        Some(Self {
            store: outputs.text("store"),
            path: outputs.text("path")?,
            url: outputs.text("url"),
            id: outputs.text("id").or_else(|| outputs.text("unidentified")),
            bytes: outputs.number("total_size").or_else(|| outputs.number("size")),
            files: outputs.number("num_files").or_else(|| outputs.number("files")),
            made: match outputs.text("start_time").zip(outputs.text("end_time")) {
                Some((start, end)) => Some((start, Some(end))),
                None => outputs.text("timestamp").map(|at| (at, None)),
            },
            complete,
            tables: outputs.list("tables").map(names),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;
    use crate::action::{compare, inventory};

    #[test]
    fn an_inventory_is_read_by_the_keys_that_the_action_gives_it() {
        let table = inventory::Table {
            name: "runs".to_owned(),
            kind: inventory::TableKind::Table,
            engine: "MergeTree".to_owned(),
            columns: Vec::new(),
            lacking: None,
            definition: None,
            rows: inventory::Rows { rows: Some(5), checksum: Some("9f3c".to_owned()), ..inventory::Rows::default() },
            bytes: Some(7),
            zookeeper_path: None,
            copies: IndexMap::new(),
        };
        let given = inventory::Inventory {
            target: "source".into(),
            members: IndexMap::new(),
            database: "default".to_owned(),
            database_engine: None,
            except: vec!["audit".to_owned()],
            checksum: true,
            taken: jiff::Timestamp::UNIX_EPOCH,
            tables: vec![table],
            nondeterministic: Vec::new(),
            zookeeper_paths: Vec::new(),
            notes: vec!["a view refreshes by itself".to_owned()],
        };
        let value = to_value(given).expect("JSON");
        let read = Inventory::read(Outputs::Task(&value)).expect("an inventory");
        assert_eq!(
            (read.database, read.except, read.notes),
            (Some("default"), vec!["audit"], vec!["a view refreshes by itself"])
        );
        let table = &read.tables[0];
        assert_eq!(
            (table.name, table.engine, table.rows, table.bytes),
            (Some("runs"), Some("MergeTree"), Some(5), Some(7))
        );
        assert_eq!(table.checksum.as_deref(), Some("9f3c"));
        assert!(Inventory::read(Outputs::Task(&json!({}))).is_none());
    }

    #[test]
    fn a_comparison_is_read_by_the_keys_that_the_action_gives_it() {
        let row = compare::row::ComparisonRow {
            member: "replica1".into(),
            table: Some("runs".to_owned()),
            equal: true,
            replicated: true,
            unreplicated: None,
            missing: true,
            extra: true,
            engine: None,
            differences: vec!["5 rows, 4 found".to_owned()],
            notes: Vec::new(),
            left_rows: Some(5),
            right_rows: Some(5),
            left_checksum: Some("9f3c".to_owned()),
            right_checksum: Some("9f3c".to_owned()),
            bytes: Some(7),
            by_final: true,
            started: None,
            not_compared: None,
        };
        let other = compare::row::ComparisonRow { right_checksum: Some("03d7".to_owned()), ..row.clone() };
        let value = json!({ "rows": [row, other] });
        let rows = ComparisonRow::read_all(Outputs::Task(&value));
        let row = &rows[0];
        assert_eq!((row.member, row.table), (Some("replica1"), Some("runs")));
        assert_eq!([row.equal, row.missing, row.extra, row.by_final], [true; 4]);
        assert_eq!((row.rows, row.bytes, row.checksum.as_deref()), (Some(5), Some(7), Some("9f3c")));
        assert_eq!(row.differences, ["5 rows, 4 found"]);
        assert!(!rows[1].equal, "its own figures say otherwise");
    }
}
