//! What is a difference between a table as it was and as it is. Pure.
//!
//! The order of columns is told and is no difference: they are hashed by name, and so are parts read. A column that only the
//! right has is one, but where the plan ignores what is extra and the column has a default, by which rows without it are read.
//!
//! Types are compared as written, but for white space. Default expressions are not compared (servers write them in their
//! own ways); whether a column is stored at all is. So is the engine without its replication: a ReplacingMergeTree that
//! became a plain one keeps rows that it should not. And the rest of the definition that rows depend on: keys, the engine's
//! arguments, TTLs, a view's SELECT and target, a dictionary's key and layout.

use super::row::ComparisonRow;
use crate::{
    action::inventory::{
        Column, Rows, Table, TableKind,
        checksum::is_merging,
        definition::{Definition, engine_base, plain},
        figures::with_commas,
        merging,
        read::HeldTable,
    },
    plan::{
        action::{Aspect, Extra},
        name::Name,
    },
};

/// What is expected of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    kind: TableKind,
    engine: &'a str,
    columns: &'a [Column],
    definition: Option<&'a Definition>,
    pub(super) rows: &'a Rows,
}

impl<'a> Expected<'a> {
    /// What all members together held.
    pub(super) fn whole(table: &'a Table) -> Self {
        Self {
            kind: table.kind,
            engine: &table.engine,
            columns: &table.columns,
            definition: table.definition.as_ref(),
            rows: &table.rows,
        }
    }

    /// What one member held; `None` where it did not have the table.
    pub(super) fn copy(table: &'a Table, member: &Name) -> Option<Self> {
        let copy = table.copies.get(member)?;
        let columns = copy.columns.as_deref().unwrap_or(&table.columns);
        let definition = copy.definition.as_ref().or(table.definition.as_ref());
        Some(Self { kind: table.kind, engine: &copy.engine, columns, definition, rows: &copy.rows })
    }
}

/// Whether the stored rows are the same.
pub(super) fn same_stored(left: &Rows, right: &Rows, by: &[Aspect]) -> bool {
    (!by.contains(&Aspect::Rows) || left.rows == right.rows)
        && (!by.contains(&Aspect::Checksum) || (left.rows, &left.checksum) == (right.rows, &right.checksum))
}

fn same_final(left: &Rows, right: &Rows, by: &[Aspect]) -> bool {
    left.final_rows.is_some()
        && left.final_rows == right.final_rows
        && (!by.contains(&Aspect::Checksum) || left.final_checksum == right.final_checksum)
}

/// Compares one table on one member. `right` are its rows, of all shards; `row` is what is known of it already.
pub(super) fn row(
    row: ComparisonRow,
    left: &Expected<'_>,
    held: &HeldTable,
    right: Rows,
    by: &[Aspect],
    extra: Extra,
) -> ComparisonRow {
    let mut told = Vec::new();
    let mut differences = Vec::new();
    if left.kind != held.kind {
        differences.push(format!("a {} instead of a {}", words(held.kind), words(left.kind)));
    }
    if by.contains(&Aspect::Columns) {
        differences.extend(engine_difference(left.engine, &held.engine));
        let columns = column_differences(left.columns, &held.columns, extra);
        differences.extend(columns.differences);
        told = columns.told;
        differences.extend(left.definition.iter().flat_map(|expected| held.definition.differences(expected)));
    }
    let stored = same_stored(left.rows, &right, by);
    let by_final = !stored && is_merging(&held.engine) && same_final(left.rows, &right, by);
    if !stored && !by_final {
        differences.push(row_difference(left.rows, &right));
        let counts_alike = left.rows.final_rows.is_some() && left.rows.final_rows == right.final_rows;
        differences.extend(merging::undecided(left.columns).filter(|_| counts_alike));
    }
    if by_final && by.contains(&Aspect::Checksum) {
        told.extend(merging::by_number(left.columns));
    }
    let counted = |rows: &Rows| match by_final {
        true => (rows.final_rows, rows.final_checksum.clone()),
        false => (rows.rows, rows.checksum.clone()),
    };
    let ((left_rows, left_checksum), (right_rows, right_checksum)) = (counted(left.rows), counted(&right));
    ComparisonRow {
        equal: differences.is_empty(),
        engine: Some(held.engine.clone()),
        differences,
        told,
        left_rows,
        right_rows,
        left_checksum,
        right_checksum,
        bytes: held.bytes,
        by_final,
        ..row
    }
}

fn words(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Table => "table",
        TableKind::View => "view",
        TableKind::MaterializedView => "materialized view",
        TableKind::Dictionary => "dictionary",
        TableKind::Other => "table without rows of its own",
    }
}

fn row_difference(left: &Rows, right: &Rows) -> String {
    let count = |rows: Option<u64>| rows.map_or_else(|| "no".to_owned(), with_commas);
    let under_final = match (left.final_rows, right.final_rows) {
        (Some(left), Some(right)) if left != right => {
            format!(" (under FINAL {} instead of {})", with_commas(right), with_commas(left))
        }
        (Some(_), Some(_)) if left.rows == right.rows => " (under FINAL, too)".to_owned(),
        (Some(_), Some(both)) => format!(" (under FINAL {} on both sides, but not the same ones)", with_commas(both)),
        _ => String::new(),
    };
    if left.rows == right.rows {
        format!("{} rows on both sides, but not the same ones{under_final}", count(right.rows))
    } else {
        format!("{} rows instead of {}{under_final}", count(right.rows), count(left.rows))
    }
}

/// Which engines do the same, but for replication.
fn engine_difference(left: &str, right: &str) -> Option<String> {
    (engine_base(left) != engine_base(right)).then(|| format!("engine {right} instead of {left}"))
}

/// How columns differ, and what is otherwise about them and is no difference.
#[derive(Debug, Default, PartialEq, Eq)]
struct OfColumns {
    differences: Vec<String>,
    told: Vec<String>,
}

fn column_differences(left: &[Column], right: &[Column], extra: Extra) -> OfColumns {
    let (mut differences, mut told) = (Vec::new(), Vec::new());
    for expected in left {
        let name = &expected.name;
        match right.iter().find(|column| column.name == *name) {
            None => differences.push(format!("column {name} is missing")),
            Some(actual) if plain(&actual.type_name) != plain(&expected.type_name) => {
                differences.push(format!("column {name} is {} instead of {}", actual.type_name, expected.type_name));
            }
            Some(actual) if actual.is_stored() != expected.is_stored() => {
                let stored = if actual.is_stored() { "stored" } else { "not stored" };
                differences.push(format!("column {name} is {stored} ({})", kind_of(actual)));
            }
            Some(_) => {}
        }
    }
    let is_known = |column: &&Column| left.iter().any(|expected| expected.name == column.name);
    for column in right.iter().filter(|column| !is_known(column)) {
        let what = format!("column {} is not in the inventory", column.name);
        match extra == Extra::Ignore && !column.default_kind.is_empty() {
            true => told.push(format!("{what} ({})", column.default_kind)),
            false => differences.push(what),
        }
    }
    let in_order = left.iter().map(|column| &column.name).eq(right.iter().filter(is_known).map(|column| &column.name));
    if differences.is_empty() && !in_order {
        told.push("its columns are in another order".to_owned());
    }
    OfColumns { differences, told }
}

fn kind_of(column: &Column) -> &str {
    if column.default_kind.is_empty() { "an ordinary column" } else { &column.default_kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_name: &str, kind: &str) -> Column {
        Column {
            name: name.into(),
            type_name: type_name.into(),
            default_kind: kind.into(),
            default_expression: String::new(),
        }
    }

    #[track_caller]
    fn case(left: &[Column], right: &[Column], expected: &[&str]) {
        let found = column_differences(left, right, Extra::Refuse);
        assert_eq!((found.differences, found.told), (expected.iter().map(ToString::to_string).collect(), vec![]));
    }

    #[track_caller]
    fn told(left: &[Column], right: &[Column], extra: Extra, expected: &str) {
        let found = column_differences(left, right, extra);
        assert_eq!(found, OfColumns { differences: vec![], told: vec![expected.to_owned()] });
    }

    #[test]
    fn columns_differ_in_name_type_and_storage() {
        let a = || column("a", "UInt32", "");
        let b = || column("b", "Tuple(x UInt8, y String)", "");
        case(&[a(), b()], &[a(), column("b", "Tuple(\n    x UInt8,\n    y String)", "")], &[]);
        case(&[a()], &[column("a", "String", "")], &["column a is String instead of UInt32"]);
        case(&[a(), b()], &[a()], &["column b is missing"]);
        case(&[a()], &[a(), b()], &["column b is not in the inventory"]);
        case(&[a()], &[column("a", "UInt32", "ALIAS")], &["column a is not stored (ALIAS)"]);
        case(&[a()], &[column("a", "UInt32", "MATERIALIZED")], &[]);
        case(&[a()], &[a(), column("c", "UInt8", "DEFAULT")], &["column c is not in the inventory"]);
    }

    #[test]
    fn order_is_told_and_so_is_what_is_extra_and_ignored_where_it_has_a_default() {
        let (a, b) = (|| column("a", "UInt32", ""), || column("b", "UInt8", ""));
        let with_default = column("c", "UInt8", "DEFAULT");
        for extra in [Extra::Refuse, Extra::Ignore] {
            told(&[a(), b()], &[b(), a()], extra, "its columns are in another order");
        }
        told(&[a()], &[with_default, a()], Extra::Ignore, "column c is not in the inventory (DEFAULT)");
        let without = column_differences(&[a()], &[a(), b()], Extra::Ignore);
        assert_eq!(without.differences, ["column b is not in the inventory"]);
    }

    #[test]
    fn white_space_in_quotes_is_part_of_a_type() {
        assert_ne!(plain("Enum8('a b' = 1)"), plain("Enum8('ab' = 1)"));
        assert_eq!(plain("Map( String , UInt8 )"), "Map(String,UInt8)");
    }

    #[test]
    fn engines_are_compared_without_replication() {
        assert_eq!(engine_difference("MergeTree", "ReplicatedMergeTree"), None);
        assert_eq!(
            engine_difference("ReplacingMergeTree", "ReplicatedMergeTree").as_deref(),
            Some("engine ReplicatedMergeTree instead of ReplacingMergeTree")
        );
    }
}
