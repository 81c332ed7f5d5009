//! What rows read of a column that their part lacks: its default. Pure.
//!
//! A column that was added later is in no older part, and nothing is written for it: those rows read its DEFAULT (or
//! MATERIALIZED, or the type's own default) as the table has it now. So another default on a target changes what restored rows
//! hold, with the same bytes. An ALIAS is read so by every row; an EPHEMERAL column by none.

use super::{
    Column,
    same_reading::{Answers, Question},
};
use crate::sql::{
    quote_string,
    structure::{first_brackets, without_spacing},
};

/// What a difference of defaults means.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every row reads the same.
    Same,
    /// Every row reads the same that is there now; in words.
    Told(String),
    /// Some row may read another value; in words.
    Differs(String),
}

/// What a server has to be asked to compare the two; `None` where the texts tell.
pub fn question(expected: &Column, actual: &Column) -> Option<Question> {
    let (left, right) = (value(expected), value(actual));
    let spelled = |it: Option<&str>| it.map(without_spacing);
    if spelled(left) == spelled(right) {
        return None;
    }
    Question::of_defaults(&actual.type_name, left, right)
}

/// Compares two columns of one name and type. `lacked`: whether some part may lack it.
pub fn compare(expected: &Column, actual: &Column, lacked: bool, answers: &Answers) -> Verdict {
    let what = format!("column {} has {} instead of {}", actual.name, shown(actual), shown(expected));
    let same_text = value(expected).map(without_spacing) == value(actual).map(without_spacing);
    let same_value = same_text || answers.say_same(question(expected, actual).as_ref());
    let same_kind = expected.default_kind == actual.default_kind;
    match (expected.is_stored(), actual.is_stored()) {
        // Whether a column is stored is compared elsewhere.
        (true, false) | (false, true) => Verdict::Same,
        (true, true) if same_value && is_computed(expected) == is_computed(actual) => Verdict::Same,
        (true, true) if same_value => Verdict::Told(what),
        (true, true) if lacked => Verdict::Differs(format!("{what}, and rows older than the column read it")),
        (true, true) => Verdict::Told(format!("{what}; no row reads it, for all parts hold the column")),
        (false, false) if same_value && same_kind => Verdict::Same,
        (false, false) if same_kind && actual.default_kind == "EPHEMERAL" => Verdict::Told(what),
        (false, false) => Verdict::Differs(what),
    }
}

/// Whether it takes no value from an INSERT.
fn is_computed(column: &Column) -> bool {
    column.default_kind == "MATERIALIZED"
}

/// The expression, without a cast to the type of the column, which it has to become anyway.
fn value(column: &Column) -> Option<&str> {
    let text = column.default_expression.trim();
    if column.default_kind.is_empty() || text.is_empty() {
        return None;
    }
    let Some((parts, "")) = first_brackets(text).filter(|_| text.starts_with("CAST(") || text.starts_with("_CAST("))
    else {
        return Some(text);
    };
    match parts.as_slice() {
        [inside, of_type] if *of_type == quote_string(&column.type_name) => Some(*inside),
        _ => Some(text),
    }
}

fn shown(column: &Column) -> String {
    match (column.default_kind.as_str(), column.default_expression.as_str()) {
        ("", _) => "no default".to_owned(),
        (kind, expression) => format!("{kind} {expression}").trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(type_name: &str, default: &str) -> Column {
        let (kind, expression) = default.split_once(' ').unwrap_or((default, ""));
        Column {
            name: "plan".to_owned(),
            type_name: type_name.to_owned(),
            default_kind: kind.to_owned(),
            default_expression: expression.to_owned(),
        }
    }

    /// What is said of two defaults where parts lack the column, and where none does.
    #[track_caller]
    fn case(left: &str, right: &str, lacked: Verdict, held: Verdict) {
        let (left, right) = (column("String", left), column("String", right));
        assert_eq!(compare(&left, &right, true, &Answers::default()), lacked);
        assert_eq!(compare(&left, &right, false, &Answers::default()), held);
    }

    fn told(what: &str) -> Verdict {
        Verdict::Told(what.to_owned())
    }

    fn differs(what: &str) -> Verdict {
        Verdict::Differs(what.to_owned())
    }

    #[test]
    fn another_default_is_a_difference_where_a_part_lacks_the_column() {
        for (left, shown) in [("DEFAULT 'free'", "DEFAULT 'free'"), ("", "no default")] {
            let what = format!("column plan has DEFAULT 'trial' instead of {shown}");
            case(
                left,
                "DEFAULT 'trial'",
                differs(&format!("{what}, and rows older than the column read it")),
                told(&format!("{what}; no row reads it, for all parts hold the column")),
            );
        }
    }

    #[test]
    fn a_default_that_is_written_otherwise_is_the_same() {
        for (left, right) in [
            ("DEFAULT concat(a,  b)", "DEFAULT concat(a, b)"),
            ("DEFAULT 'x'", "DEFAULT CAST('x', 'String')"),
            ("MATERIALIZED _CAST(lower(a), 'String')", "MATERIALIZED lower(a)"),
            ("", ""),
        ] {
            case(left, right, Verdict::Same, Verdict::Same);
        }
        let what = "column plan has MATERIALIZED lower(a) instead of DEFAULT lower(a)";
        case("DEFAULT lower(a)", "MATERIALIZED lower(a)", told(what), told(what));
    }

    #[test]
    fn what_the_server_says_is_the_same_is_no_difference() {
        let (left, right) = (column("UInt8", "DEFAULT '0'"), column("UInt8", ""));
        assert!(matches!(compare(&left, &right, true, &Answers::default()), Verdict::Differs(_)));
        let answers = Answers::yes(question(&left, &right));
        assert_eq!(compare(&left, &right, true, &answers), Verdict::Same);
    }

    #[test]
    fn an_alias_is_read_by_every_row_and_an_ephemeral_column_by_none() {
        let what = "column plan has ALIAS upper(a) instead of ALIAS lower(a)";
        case("ALIAS lower(a)", "ALIAS upper(a)", differs(what), differs(what));
        let what = "column plan has EPHEMERAL 'b' instead of EPHEMERAL 'a'";
        case("EPHEMERAL 'a'", "EPHEMERAL 'b'", told(what), told(what));
        let what = "column plan has EPHEMERAL lower(a) instead of ALIAS lower(a)";
        case("ALIAS lower(a)", "EPHEMERAL lower(a)", differs(what), differs(what));
    }
}
