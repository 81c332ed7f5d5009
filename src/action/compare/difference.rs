//! What is a difference between a table as it was and as it is. Pure.
//!
//! Columns are compared in [`columns`], but for the types that a server derives for a view without rows: those are told. The engine without its replication: a ReplacingMergeTree that became a plain one keeps
//! rows that it should not. And the rest of the definition that rows depend on: keys, the engine's arguments, TTLs, a view's
//! SELECT and target, a dictionary's key and layout.

use crate::{
    action::inventory::{
        Column, Rows, Table, TableKind,
        checksum::is_merging,
        columns::{self, Columns, INVENTORY},
        definition::engine_base,
        merging,
        read::HeldTable,
        same_reading::{Answers, Question},
    },
    humanize::thousands,
    name::Name,
    plan::{
        actions::{Aspect, Extra},
        outputs::{ComparisonRow, Definition, SameBy},
    },
    sql::structure::without_spacing,
};

/// What is expected of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    kind: TableKind,
    engine: &'a str,
    columns: Columns<'a>,
    definition: Option<&'a Definition>,
    pub(super) rows: &'a Rows,
}

impl<'a> Expected<'a> {
    /// What all members together held.
    pub(super) fn whole(table: &'a Table) -> Self {
        Self {
            kind: table.kind,
            engine: &table.engine,
            columns: Columns { columns: &table.columns, lacking: table.lacking.as_deref() },
            definition: table.definition.as_ref(),
            rows: &table.rows,
        }
    }

    /// What one member held; `None` where it did not have the table.
    pub(super) fn copy(table: &'a Table, member: &Name) -> Option<Self> {
        let copy = table.copies.get(member)?;
        let columns = copy.columns.as_deref().unwrap_or(&table.columns);
        let columns = Columns { columns, lacking: table.lacking.as_deref() };
        let definition = copy.definition.as_ref().or(table.definition.as_ref());
        Some(Self { kind: table.kind, engine: &copy.engine, columns, definition, rows: &copy.rows })
    }

    /// Whether the same parts are the same rows here: whether all that is read of them besides is as it was. Columns that only
    /// this side has are another matter, and so is their order: parts hold theirs.
    pub(super) fn is_read_alike(&self, held: &HeldTable) -> bool {
        let is_same = |expected: &Column, column: &Column| {
            expected.name == column.name
                && without_spacing(&expected.type_name) == without_spacing(&column.type_name)
                && expected.default_kind == column.default_kind
                && without_spacing(&expected.default_expression) == without_spacing(&column.default_expression)
        };
        let has = |expected: &Column| held.columns.iter().any(|column| is_same(expected, column));
        engine_difference(self.engine, &held.engine).is_none()
            && self.definition.is_some_and(|expected| held.definition.has_keys_of(expected))
            && self.columns.columns.iter().all(has)
    }
}

/// Whether the stored rows are the same.
fn same_stored(left: &Rows, right: &Rows, by: &[Aspect]) -> bool {
    (!by.contains(&Aspect::Rows) || left.rows == right.rows)
        && (!by.contains(&Aspect::Checksum) || (left.rows, &left.checksum) == (right.rows, &right.checksum))
}

fn same_final(left: &Rows, right: &Rows, by: &[Aspect]) -> bool {
    left.final_rows.is_some()
        && left.final_rows == right.final_rows
        && (!by.contains(&Aspect::Checksum) || left.final_checksum == right.final_checksum)
}

/// The rows of a table as seen from one member, those of all shards together.
pub(super) struct Seen {
    pub(super) rows: Rows,
    /// Whether they are in the same parts as on the left, which are read alike: nobody has hashed them then.
    pub(super) by_parts: bool,
}

impl Seen {
    /// Whether they are stored as expected.
    pub(super) fn is_stored_as(&self, left: &Rows, by: &[Aspect]) -> bool {
        self.by_parts || same_stored(left, &self.rows, by)
    }
}

/// What a member has to be asked before its table can be compared.
pub(super) fn questions(left: &Expected<'_>, held: &HeldTable) -> Vec<Question> {
    let definition = left.definition.iter().flat_map(|expected| held.definition.questions(expected));
    columns::questions(left.columns, columns_of(held)).into_iter().chain(definition).collect()
}

fn columns_of(held: &HeldTable) -> Columns<'_> {
    Columns { columns: &held.columns, lacking: held.lacking.as_deref() }
}

/// How a comparison is made: by what, and with which answers to the [`questions`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) by: &'a [Aspect],
    pub(super) extra: Extra,
    pub(super) answers: &'a Answers,
}

/// Compares one table on one member, of which `row` is known already.
pub(super) fn row(
    row: ComparisonRow,
    left: &Expected<'_>,
    held: &HeldTable,
    right: Seen,
    terms: Terms<'_>,
) -> ComparisonRow {
    let Terms { by, extra, answers } = terms;
    let mut notes = Vec::new();
    let mut differences = Vec::new();
    if left.kind != held.kind {
        differences.push(format!("a {} instead of a {}", words(held.kind), words(left.kind)));
    }
    if by.contains(&Aspect::Columns) {
        differences.extend(engine_difference(left.engine, &held.engine));
        let columns = columns::differences(left.columns, columns_of(held), extra, INVENTORY, answers);
        let columns = if holds_no_rows(left, held) { columns.derived() } else { columns.stored() };
        differences.extend(columns.differences);
        notes = columns.notes;
        differences.extend(left.definition.iter().flat_map(|expected| held.definition.differences(expected, answers)));
    }
    let stored = right.is_stored_as(left.rows, by);
    let Seen { rows: right, by_parts } = right;
    let by_final = !stored && is_merging(&held.engine) && same_final(left.rows, &right, by);
    if !stored && !by_final {
        differences.push(row_difference(left.rows, &right));
        let counts_alike = left.rows.final_rows.is_some() && left.rows.final_rows == right.final_rows;
        differences.extend(merging::undecided(left.columns.columns).filter(|_| counts_alike));
    }
    if by_final && by.contains(&Aspect::Checksum) {
        notes.extend(merging::by_number(left.columns.columns));
    }
    let counted = |rows: &Rows| match by_final {
        true => (rows.final_rows, rows.final_checksum.clone()),
        false => (rows.rows, rows.checksum.clone()),
    };
    let ((left_rows, left_checksum), (right_rows, right_checksum)) = (counted(left.rows), counted(&right));
    let equal = differences.is_empty();
    ComparisonRow {
        equal,
        same_by: equal.then(|| match left.rows.rows.is_some() {
            _ if by_final => SameBy::Final,
            true if by_parts => SameBy::Parts,
            true if by.contains(&Aspect::Checksum) => SameBy::Rows,
            true if by.contains(&Aspect::Rows) => SameBy::Number,
            _ => SameBy::Definition,
        }),
        engine: Some(held.engine.clone()),
        differences,
        notes,
        left_rows,
        right_rows,
        left_checksum,
        right_checksum,
        bytes: held.bytes,
        by_final,
        ..row
    }
}

/// Whether it is a view on both sides whose rows, if any, are another table's.
fn holds_no_rows(left: &Expected<'_>, held: &HeldTable) -> bool {
    match (left.kind, held.kind) {
        (TableKind::View, TableKind::View) => true,
        (TableKind::MaterializedView, TableKind::MaterializedView) => {
            left.definition.is_some_and(|it| !it.to.is_empty()) && !held.definition.to.is_empty()
        }
        _ => false,
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
    let count = |rows: Option<u64>| rows.map_or_else(|| "no".to_owned(), thousands);
    let under_final = match (left.final_rows, right.final_rows) {
        (Some(left), Some(right)) if left != right => {
            format!(" (under FINAL {} instead of {})", thousands(right), thousands(left))
        }
        (Some(_), Some(_)) if left.rows == right.rows => " (under FINAL, too)".to_owned(),
        (Some(_), Some(both)) => format!(" (under FINAL {} on both sides, but not the same ones)", thousands(both)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_compared_without_replication() {
        assert_eq!(engine_difference("MergeTree", "ReplicatedMergeTree"), None);
        assert_eq!(
            engine_difference("ReplacingMergeTree", "ReplicatedMergeTree").as_deref(),
            Some("engine ReplicatedMergeTree instead of ReplacingMergeTree")
        );
    }
}
