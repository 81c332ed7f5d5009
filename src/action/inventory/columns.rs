//! How the columns of a table differ from what is expected of them. Pure.
//!
//! The one judge of columns: a comparison and the guard of a restore pass the same tables, so that no table passes the one
//! before its source is gone and is refused by the other afterwards.
//!
//! The order of columns is told and is no difference: they are hashed by name, and so are parts read. A column that only the
//! table has is one, but where what is extra is ignored and the column has a default, by which rows without it are read.
//!
//! Types are compared as written, but for white space; whether a column is stored at all; and what is read where a part lacks
//! it ([`defaults`](super::defaults)).

use super::{
    Column,
    defaults::{self, Verdict},
    same_reading::{Answers, Question},
};
use crate::{plan::actions::Extra, sql::structure::without_spacing};

/// Where what is expected comes from, as differences call it.
pub const INVENTORY: &str = "inventory";
pub const BACKUP: &str = "backup";

/// How columns differ, and what is otherwise about them and is no difference.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OfColumns {
    pub differences: Vec<String>,
    /// Differences of types. Of a view that holds no rows they are none: its server derives them from the SELECT, each version in
    /// its own way.
    pub types: Vec<String>,
    pub notes: Vec<String>,
}

/// The columns of a table, and what its parts hold of them.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub columns: &'a [Column],
    /// Those that some part lacks; `None` where that is not known.
    pub lacking: Option<&'a [String]>,
}

impl Columns<'_> {
    fn of_name(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn may_lack(&self, name: &str) -> bool {
        self.lacking.is_none_or(|lacking| lacking.iter().any(|lacked| lacked == name))
    }
}

/// What the server of the right has to be asked before the two can be compared.
pub fn questions(left: Columns<'_>, right: Columns<'_>) -> Vec<Question> {
    let both = left.columns.iter().filter_map(|expected| Some((expected, right.of_name(&expected.name)?)));
    let alike = both.filter(|(expected, actual)| is_of_type(expected, actual));
    alike.filter_map(|(expected, actual)| defaults::question(expected, actual)).collect()
}

fn is_of_type(expected: &Column, actual: &Column) -> bool {
    without_spacing(&actual.type_name) == without_spacing(&expected.type_name)
}

/// Whether a default differs so that it matters which parts lack the column.
pub fn other_defaults(left: Columns<'_>, right: Columns<'_>, answers: &Answers) -> bool {
    let both = left.columns.iter().filter_map(|expected| Some((expected, right.of_name(&expected.name)?)));
    let mut verdicts = both
        .filter(|(expected, actual)| is_of_type(expected, actual))
        .map(|(expected, actual)| [true, false].map(|lacked| defaults::compare(expected, actual, lacked, answers)));
    verdicts.any(|[lacked, held]| lacked != held)
}

/// `origin` is where the expected columns come from; `answers` are those to the [`questions`].
pub fn differences(left: Columns<'_>, right: Columns<'_>, extra: Extra, origin: &str, answers: &Answers) -> OfColumns {
    let (mut differences, mut types, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for expected in left.columns {
        let name = &expected.name;
        match right.of_name(name) {
            None => differences.push(format!("column {name} is missing")),
            Some(actual) if !is_of_type(expected, actual) => {
                types.push(format!("column {name} is {} instead of {}", actual.type_name, expected.type_name));
            }
            Some(actual) if actual.is_stored() != expected.is_stored() => {
                let stored = if actual.is_stored() { "stored" } else { "not stored" };
                differences.push(format!("column {name} is {stored} ({})", kind_of(actual)));
            }
            Some(actual) => {
                let lacked = left.may_lack(name) || right.may_lack(name);
                match defaults::compare(expected, actual, lacked, answers) {
                    Verdict::Same => {}
                    Verdict::Told(what) => notes.push(what),
                    Verdict::Differs(what) => differences.push(what),
                }
            }
        }
    }
    let is_known = |column: &&Column| left.of_name(&column.name).is_some();
    for column in right.columns.iter().filter(|column| !is_known(column)) {
        let what = format!("column {} is not in the {origin}", column.name);
        match extra == Extra::Ignore && !column.default_kind.is_empty() {
            true => notes.push(format!("{what} ({})", column.default_kind)),
            false => differences.push(what),
        }
    }
    let shared = right.columns.iter().filter(is_known);
    let in_order = left.columns.iter().map(|column| &column.name).eq(shared.map(|column| &column.name));
    if differences.is_empty() && types.is_empty() && !in_order {
        notes.push("its columns are in another order".to_owned());
    }
    OfColumns { differences, types, notes }
}

impl OfColumns {
    /// For a table whose rows are in its columns' types: another type is a difference.
    pub fn stored(self) -> Self {
        let differences = self.types.into_iter().chain(self.differences).collect();
        Self { differences, types: Vec::new(), notes: self.notes }
    }

    /// For a view that holds no rows: another type is told.
    pub fn derived(self) -> Self {
        let notes = self.types.into_iter().map(|what| format!("{what}, as its server derives it")).chain(self.notes);
        Self { differences: self.differences, types: Vec::new(), notes: notes.collect() }
    }
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

    fn between(left: &[Column], right: &[Column], extra: Extra, origin: &str) -> OfColumns {
        let of = |columns| Columns { columns, lacking: None };
        differences(of(left), of(right), extra, origin, &Answers::default())
    }

    #[track_caller]
    fn case(left: &[Column], right: &[Column], expected: &[&str]) {
        let found = between(left, right, Extra::Refuse, INVENTORY).stored();
        assert_eq!((found.differences, found.notes), (expected.iter().map(ToString::to_string).collect(), vec![]));
    }

    #[track_caller]
    fn notes(left: &[Column], right: &[Column], extra: Extra, expected: &str) {
        let found = between(left, right, extra, INVENTORY);
        assert_eq!(found, OfColumns { notes: vec![expected.to_owned()], ..OfColumns::default() });
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
        case(&[a()], &[a(), column("c", "UInt8", "DEFAULT")], &["column c is not in the inventory"]);
    }

    #[test]
    fn a_default_is_a_difference_where_either_side_may_lack_the_column() {
        let lacked = ["a".to_owned()];
        let expected = [column("a", "UInt32", "")];
        let other = [Column { default_expression: "7".to_owned(), ..column("a", "UInt32", "DEFAULT") }];
        let found = |left_lacks, right_lacks| {
            let left = Columns { columns: &expected, lacking: left_lacks };
            let right = Columns { columns: &other, lacking: right_lacks };
            differences(left, right, Extra::Refuse, INVENTORY, &Answers::default())
        };
        let none: Option<&[String]> = Some(&[]);
        for (left, right) in [(None, none), (none, None), (Some(&lacked[..]), none), (none, Some(&lacked[..]))] {
            assert_eq!(found(left, right).differences.len(), 1, "{left:?} {right:?}");
        }
        assert_eq!((found(none, none).differences.len(), found(none, none).notes.len()), (0, 1));
    }

    #[test]
    fn order_is_told_and_so_is_what_is_extra_and_ignored_where_it_has_a_default() {
        let (a, b) = (|| column("a", "UInt32", ""), || column("b", "UInt8", ""));
        let with_default = column("c", "UInt8", "DEFAULT");
        for extra in [Extra::Refuse, Extra::Ignore] {
            notes(&[a(), b()], &[b(), a()], extra, "its columns are in another order");
        }
        notes(&[a()], &[with_default, a()], Extra::Ignore, "column c is not in the inventory (DEFAULT)");
        let without = between(&[a()], &[a(), b()], Extra::Ignore, BACKUP);
        assert_eq!(without.differences, ["column b is not in the backup"]);
    }

    #[test]
    fn a_type_that_a_server_derives_is_told() {
        let (made, read) = (column("key", "String", ""), column("key", "LowCardinality(String)", ""));
        let found = between(&[made], &[read], Extra::Refuse, INVENTORY).derived();
        let told = "column key is LowCardinality(String) instead of String, as its server derives it";
        assert_eq!(found, OfColumns { notes: vec![told.to_owned()], ..OfColumns::default() });
        let missing = between(&[column("key", "String", "")], &[], Extra::Refuse, INVENTORY).derived();
        assert_eq!(missing.differences, ["column key is missing"]);
    }

    #[test]
    fn white_space_in_quotes_is_part_of_a_type() {
        assert_ne!(without_spacing("Enum8('a b' = 1)"), without_spacing("Enum8('ab' = 1)"));
        assert_eq!(without_spacing("Map( String , UInt8 )"), "Map(String,UInt8)");
    }
}
