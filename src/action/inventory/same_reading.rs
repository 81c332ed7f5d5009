//! Whether two expressions read alike, as the server says that is to read them.
//!
//! Each version writes out expressions in its own way, and a tool that makes tables spells them in another. So where two texts
//! are not the same, a server is asked about both: whether it parses them to the same tree, and of two literals, whether they
//! give the same value in the column's type. It is the one place where that is asked; nothing is made for it.

use std::collections::HashSet;

use crate::{
    connect::{clickhouse::quote_string, target::Member},
    diagnose::{Context, diagnose},
    failure::Failure,
    sql::lexer::{Token, TokenKind, lex},
};

/// What a server is asked: a SELECT of one row, `same`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question(String);

/// The questions that were answered with yes. What was not asked counts as no.
#[derive(Debug, Clone, Default)]
pub struct Answers(HashSet<Question>);

/// Words of which a literal may be made, besides numbers. The last one is what a server writes for no default.
const LITERALS: [&str; 10] =
    ["NULL", "true", "false", "inf", "nan", "array", "map", "tuple", "CAST", "defaultValueOfTypeName"];

impl Question {
    /// Whether a column of a type has the same value by the one default and by the other; `None` is a column without one.
    pub fn of_defaults(type_name: &str, left: Option<&str>, right: Option<&str>) -> Option<Self> {
        let of_type = format!("defaultValueOfTypeName({})", quote_string(type_name));
        let (one, other) = (left.unwrap_or(&of_type), right.unwrap_or(&of_type));
        if is_literal(one) && is_literal(other) {
            // As texts, for NULL equals nothing.
            let value = |it: &str| format!("toString(tuple(CAST({it} AS {type_name})))");
            return Some(Self(format!("SELECT {} = {} AS same", value(one), value(other))));
        }
        Self::of_expressions(left?, right?)
    }

    /// Whether two lists of expressions are the same but for how they are written. Of a subquery the tree does not tell all.
    pub fn of_expressions(left: &str, right: &str) -> Option<Self> {
        let has_subquery = |it: &str| words(it).any(|word| word.eq_ignore_ascii_case("SELECT"));
        let tree = |it: &str| format!("(SELECT groupArray(explain) FROM (EXPLAIN AST SELECT {it}))");
        (!has_subquery(left) && !has_subquery(right))
            .then(|| Self(format!("SELECT {} = {} AS same", tree(left), tree(right))))
    }

    /// Whether two whole statements are written alike.
    pub fn of_statements(left: &str, right: &str) -> Self {
        let written = |it: &str| format!("formatQuerySingleLine({})", quote_string(it));
        Self(format!("SELECT {} = {} AS same", written(left), written(right)))
    }
}

impl Answers {
    /// Asks each question once. A text that the server does not take reads like no other.
    pub async fn ask(member: &Member, questions: Vec<Question>, context: &Context) -> Result<Self, Failure> {
        let (mut asked, mut same) = (HashSet::new(), HashSet::new());
        for question in questions {
            if !asked.insert(question.clone()) {
                continue;
            }
            match member.client.scalar(&question.0).await {
                Ok(answer) if answer.as_u64() == Some(1) => {
                    same.insert(question);
                }
                Ok(_) => {}
                Err(error) => {
                    let failure = diagnose(&error, context);
                    if error.exception().is_none() || failure.temporary {
                        return Err(failure);
                    }
                }
            }
        }
        Ok(Self(same))
    }

    /// Whether a question was asked, and answered with yes.
    pub fn say_same(&self, question: Option<&Question>) -> bool {
        question.is_some_and(|question| self.0.contains(question))
    }

    /// That each of these was answered with yes.
    #[cfg(test)]
    pub(super) fn yes(questions: impl IntoIterator<Item = Question>) -> Self {
        Self(questions.into_iter().collect())
    }
}

/// Whether a text names no column and calls no function that reads anything.
fn is_literal(text: &str) -> bool {
    let is_number = |word: &str| word.starts_with(|it: char| it.is_ascii_digit());
    lex(text).into_iter().all(|Token { kind, range, .. }| match kind {
        TokenKind::Word => is_number(&text[range.clone()]) || LITERALS.contains(&&text[range]),
        TokenKind::QuotedIdentifier | TokenKind::Semicolon | TokenKind::Comment => false,
        TokenKind::String | TokenKind::Heredoc | TokenKind::Mark | TokenKind::Space => true,
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    lex(text).into_iter().filter(|token| token.kind == TokenKind::Word).map(|token| &text[token.range])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_compared_by_value_and_what_is_computed_by_its_tree() {
        let of = |left, right| Question::of_defaults("UInt8", left, right).map(|it| it.0).unwrap_or_default();
        for literal in ["0", "'0'", "-1.5e-3", "NULL", "CAST('x', 'String')", "[1, 2]", "map('a', 'b')", "true"] {
            assert!(of(Some(literal), None).contains("AS UInt8"), "{literal}");
        }
        for computed in ["now()", "id", "`NULL`", "today()", "x.2", "lower('A')"] {
            assert!(of(Some(computed), Some("0")).contains("EXPLAIN AST"), "{computed}");
            assert_eq!(of(Some(computed), None), "", "{computed}");
        }
        assert_eq!(of(Some("(SELECT 1)"), Some("id")), "");
    }

    #[test]
    fn what_was_not_asked_is_not_the_same() {
        let question = |right| Question::of_expressions("a", right);
        let answers = Answers::yes(question("(a)"));
        assert!(answers.say_same(question("(a)").as_ref()));
        assert!(!answers.say_same(question("b").as_ref()));
        assert!(!answers.say_same(None));
    }
}
