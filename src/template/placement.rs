//! Where a placeholder may stand in a statement: never inside quotes or a comment.

use std::ops::Range;

use super::{
    failure::TemplateProblem,
    split::{Piece, split},
};
use crate::sql::lexer::{TokenKind, lex};

/// What is wrong with a statement's quotes, and with the placeholders that stand in them.
pub(super) fn problems(text: &str, placeholders: &[Range<usize>]) -> Vec<TemplateProblem> {
    let masked = mask(text, placeholders, ' ');
    let mut problems = Vec::new();
    for token in lex(&masked) {
        let what = match token.kind {
            TokenKind::String | TokenKind::QuotedIdentifier => "quotes",
            TokenKind::Heredoc => "a heredoc",
            TokenKind::Comment => "a comment",
            _ => continue,
        };
        let inside = placeholders.iter().filter(|it| token.range.start < it.start && it.start < token.range.end);
        let before = problems.len();
        for placeholder in inside {
            let source = text[placeholder.start + 2..placeholder.end - 2].trim();
            let mend = match token.kind {
                TokenKind::Comment => "a placeholder inside a comment; take it out of the comment".to_owned(),
                TokenKind::QuotedIdentifier => {
                    format!("a placeholder inside {what}; write it bare, as an identifier: {{{{ {source} | ident }}}}")
                }
                _ => format!("a placeholder inside {what}; write it bare, it quotes itself: = {{{{ {source} }}}}"),
            };
            problems.push(TemplateProblem::new(placeholder.clone(), mend));
        }
        if token.open && problems.len() == before {
            let start = token.range.start;
            let end = start + masked[start..].chars().next().map_or(0, char::len_utf8);
            let message = match token.kind {
                TokenKind::Comment => "this comment is not closed; write `*/` at its end".to_owned(),
                TokenKind::Heredoc => "this heredoc is not closed; write its tag again at its end".to_owned(),
                _ => "this quote is not closed; write it again at the end of what it quotes".to_owned(),
            };
            problems.push(TemplateProblem::new(start..end, message));
        }
    }
    problems
}

/// A template's text with each placeholder as so many spaces: what can be said of its statements before it is rendered.
pub fn without_placeholders(template: &str) -> String {
    mask(template, &placeholders(template), ' ')
}

/// A template's text with each placeholder as a word of its length, so that it is a part of the statement it stands in.
pub fn with_placeholders_as_words(template: &str) -> String {
    mask(template, &placeholders(template), '_')
}

fn placeholders(template: &str) -> Vec<Range<usize>> {
    let placeholder = |piece| match piece {
        Piece::Placeholder { whole, .. } => Some(whole),
        Piece::Text(_) => None,
    };
    split(template).unwrap_or_default().into_iter().filter_map(placeholder).collect()
}

/// The text with each placeholder as so many of this (ASCII) character, so that nothing in one is taken for a quote.
fn mask(text: &str, placeholders: &[Range<usize>], by: char) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for placeholder in placeholders {
        masked.push_str(&text[from..placeholder.start]);
        masked.extend(std::iter::repeat_n(by, placeholder.len()));
        from = placeholder.end;
    }
    masked.push_str(&text[from..]);
    masked
}

#[cfg(test)]
mod tests {
    use crate::template::{Dialect, Template};

    #[track_caller]
    fn problem(sql: &str) -> String {
        let problems = Template::parse(sql, Dialect::Sql).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        format!("{}  ←  {}", &sql[problems[0].range.clone()], problems[0].message)
    }

    #[test]
    fn a_placeholder_quotes_itself() {
        insta::assert_snapshot!(problem("SELECT '{{ inputs.name }}'"), @"{{ inputs.name }}  ←  a placeholder inside quotes; write it bare, it quotes itself: = {{ inputs.name }}");
        insta::assert_snapshot!(problem("SELECT 'a{{ inputs.name }}'"), @"{{ inputs.name }}  ←  a placeholder inside quotes; write it bare, it quotes itself: = {{ inputs.name }}");
        insta::assert_snapshot!(problem("DROP TABLE `{{ inputs.name }}`"), @"{{ inputs.name }}  ←  a placeholder inside quotes; write it bare, as an identifier: {{ inputs.name | ident }}");
        insta::assert_snapshot!(problem("DROP TABLE \"{{ inputs.name }}\""), @"{{ inputs.name }}  ←  a placeholder inside quotes; write it bare, as an identifier: {{ inputs.name | ident }}");
        insta::assert_snapshot!(problem("SELECT $${{ inputs.name }}$$"), @"{{ inputs.name }}  ←  a placeholder inside a heredoc; write it bare, it quotes itself: = {{ inputs.name }}");
        insta::assert_snapshot!(problem("SELECT 1 -- {{ inputs.name }}"), @"{{ inputs.name }}  ←  a placeholder inside a comment; take it out of the comment");
        insta::assert_snapshot!(problem("SELECT 1 # {{ inputs.name }}"), @"{{ inputs.name }}  ←  a placeholder inside a comment; take it out of the comment");
        insta::assert_snapshot!(problem("/* {{ inputs.name }} */ SELECT 1"), @"{{ inputs.name }}  ←  a placeholder inside a comment; take it out of the comment");
    }

    #[test]
    fn a_statement_may_end_in_a_placeholder() {
        let masked = super::with_placeholders_as_words("DROP TABLE d.{{ item | ident }}; SELECT {{ ';' }}");
        assert_eq!(masked, "DROP TABLE d.__________________; SELECT _________");
    }

    #[test]
    fn quotes_are_closed() {
        insta::assert_snapshot!(problem("SELECT 'a"), @"'  ←  this quote is not closed; write it again at the end of what it quotes");
        insta::assert_snapshot!(problem("SELECT /* a"), @"/  ←  this comment is not closed; write `*/` at its end");
        insta::assert_snapshot!(problem("SELECT $x$ a $$"), @"$  ←  this heredoc is not closed; write its tag again at its end");
    }

    #[test]
    fn a_placeholders_own_quotes_are_its_own() {
        for sql in ["SELECT {{ 'a' }}", "SELECT {{ inputs.a | join('\"') }}, 'b'", "-- it's\nSELECT {{ inputs.a }}"] {
            assert!(Template::parse(sql, Dialect::Sql).is_ok(), "{sql}");
        }
    }
}
