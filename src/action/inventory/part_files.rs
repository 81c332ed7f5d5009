//! What a table's parts hold besides columns, under a name of the table's definition: skip indices and projections. Pure.
//!
//! A server finds them in a part by their names alone. Under another definition of the same name it reads them all the same,
//! and queries then leave out rows that are there. One that only one side has is none: what is not named is not read, and what a
//! part does not have is not used.

use std::collections::BTreeMap;

use super::same_reading::{Answers, Question};
use crate::{
    plan::outputs::PartFiles,
    sql::{
        lexer::lex,
        structure::{clause, first_brackets, without_spacing, word},
    },
};

impl PartFiles {
    /// Those that a CREATE statement names in its list of columns.
    pub(super) fn of(create: &str) -> Self {
        let parts = first_brackets(create).map(|(parts, _)| parts).unwrap_or_default();
        let named = |key: &str| {
            let texts = parts.iter().filter_map(|part| split_name(part.strip_prefix(key)?));
            texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
        };
        Self { indices: named("INDEX "), projections: named("PROJECTION ") }
    }

    /// What a server has to be asked before they can be compared.
    pub(super) fn questions(&self, expected: &Self) -> Vec<Question> {
        let indices = both(&expected.indices, &self.indices).filter_map(|(_, left, right)| of_indices(left, right));
        let projections = both(&expected.projections, &self.projections);
        indices.chain(projections.map(|(_, left, right)| of_projections(left, right))).collect()
    }

    /// How they differ from what is expected, in words.
    pub(super) fn differences(&self, expected: &Self, answers: &Answers) -> Vec<String> {
        let said = |what: &str, name: &str, left: &str, right: &str| {
            format!("{what} {name} is {right} instead of {left}, and restored parts hold it by that name")
        };
        let indices = both(&expected.indices, &self.indices)
            .filter(|(_, left, right)| !answers.say_same(of_indices(left, right).as_ref()))
            .map(|(name, left, right)| said("index", name, left, right));
        let projections = both(&expected.projections, &self.projections)
            .filter(|(_, left, right)| !answers.say_same(Some(&of_projections(left, right))))
            .map(|(name, left, right)| said("projection", name, left, right));
        indices.chain(projections).collect()
    }
}

/// A name, quoted or not, and what follows.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let end = lex(text).first()?.range.end;
    Some((&text[..end], text[end..].trim()))
}

/// Those of one name with another text.
fn both<'a>(
    left: &'a BTreeMap<String, String>,
    right: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let pairs = left.iter().filter_map(|(name, text)| Some((name.as_str(), text.as_str(), right.get(name)?.as_str())));
    pairs.filter(|(_, left, right)| without_spacing(left) != without_spacing(right))
}

fn of_indices(left: &str, right: &str) -> Option<Question> {
    // `expression TYPE type GRANULARITY n`: each of them reads as an expression.
    let expressions = |text: &str| {
        let end = word(text, "TYPE")?;
        let (of_type, granularity) = (clause(text, "TYPE", &["GRANULARITY"]), clause(text, "GRANULARITY", &[]));
        Some(format!("{}, {of_type}, {granularity}", text[..end].trim()))
    };
    Question::of_expressions(&expressions(left)?, &expressions(right)?)
}

fn of_projections(left: &str, right: &str) -> Question {
    let statement = |text: &str| format!("ALTER TABLE t ADD PROJECTION p {text}");
    Question::of_statements(&statement(left), &statement(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &str) -> PartFiles {
        PartFiles::of(&format!("CREATE TABLE d.t (`a` UInt8, {parts}) ENGINE = MergeTree ORDER BY a"))
    }

    #[test]
    fn they_are_found_by_their_names() {
        let found = of("INDEX i a TYPE minmax GRANULARITY 1, INDEX `my \\`(i` (a, 1) TYPE set(2) GRANULARITY 4, \
                        PROJECTION p (SELECT a GROUP BY a), CONSTRAINT c CHECK a > 0");
        assert_eq!(found.indices["i"], "a TYPE minmax GRANULARITY 1");
        assert_eq!(found.indices["`my \\`(i`"], "(a, 1) TYPE set(2) GRANULARITY 4");
        assert_eq!(found.projections["p"], "(SELECT a GROUP BY a)");
        assert_eq!((found.indices.len(), found.projections.len()), (2, 1));
        assert_eq!(of("`b` UInt8"), PartFiles::default());
    }

    #[test]
    fn another_definition_of_one_name_is_a_difference() {
        let left = of("INDEX i a TYPE minmax GRANULARITY 1, PROJECTION p (SELECT a ORDER BY a)");
        let right =
            of("INDEX i b TYPE minmax GRANULARITY 1, PROJECTION p (SELECT a ORDER BY b), INDEX j a TYPE minmax");
        assert_eq!(
            right.differences(&left, &Answers::default()),
            [
                "index i is b TYPE minmax GRANULARITY 1 instead of a TYPE minmax GRANULARITY 1, and restored parts hold it \
                 by that name",
                "projection p is (SELECT a ORDER BY b) instead of (SELECT a ORDER BY a), and restored parts hold it by that \
                 name",
            ]
        );
        let answers = Answers::yes(right.questions(&left));
        assert!(right.differences(&left, &answers).is_empty());
        let without = of("INDEX j b TYPE minmax GRANULARITY 1");
        assert!(without.questions(&left).is_empty() && without.differences(&left, &Answers::default()).is_empty());
    }
}
