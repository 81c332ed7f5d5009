//! The tokens of ClickHouse SQL, as `src/Parsers/Lexer.cpp` cuts them.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `'…'`, with backslash escapes and doubled quotes; or `‘…’`.
    String,
    /// `` `…` `` or `"…"`; or `“…”`.
    QuotedIdentifier,
    /// `$tag$…$tag$`
    Heredoc,
    /// `-- …`, `# …`, `/* … */` (nested).
    Comment,
    /// A keyword, a bare identifier or a number.
    Word,
    Semicolon,
    /// Any other character.
    Mark,
    Space,
}

/// A token and where it stands. `open` where its end is missing: a quote or a comment that nothing closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub range: Range<usize>,
    pub open: bool,
}

/// Cuts `sql` into tokens that together are all of it.
pub fn lex(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let (kind, length, open) = next(&sql[at..]);
        tokens.push(Token { kind, range: at..at + length, open });
        at += length;
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || !character.is_ascii() && !character.is_whitespace()
}

/// The first token of `rest`: its kind, its length, and whether its end is missing.
fn next(rest: &str) -> (TokenKind, usize, bool) {
    let first = rest.chars().next().unwrap_or(' ');
    let while_ = |is: fn(char) -> bool| rest.find(|it| !is(it)).unwrap_or(rest.len());
    let until = |kind: TokenKind, from: usize, end: &str| match rest[from..].find(end) {
        Some(found) => (kind, from + found + end.len(), false),
        None => (kind, rest.len(), true),
    };
    match first {
        '\'' => quoted(rest, TokenKind::String),
        '`' | '"' => quoted(rest, TokenKind::QuotedIdentifier),
        '‘' => until(TokenKind::String, first.len_utf8(), "’"),
        '“' => until(TokenKind::QuotedIdentifier, first.len_utf8(), "”"),
        '$' => heredoc(rest),
        '#' => (TokenKind::Comment, line(rest), false),
        '-' if rest.starts_with("--") => (TokenKind::Comment, line(rest), false),
        '/' if rest.starts_with("/*") => block_comment(rest),
        ';' => (TokenKind::Semicolon, 1, false),
        it if it.is_whitespace() => (TokenKind::Space, while_(char::is_whitespace), false),
        it if is_word(it) => (TokenKind::Word, while_(|it| is_word(it) || it == '$'), false),
        it => (TokenKind::Mark, it.len_utf8(), false),
    }
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn quoted(rest: &str, kind: TokenKind) -> (TokenKind, usize, bool) {
    let bytes = rest.as_bytes();
    let quote = bytes[0];
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return (kind, at + 1, false),
            _ => at += 1,
        }
    }
    (kind, rest.len(), true)
}

/// `$tag$…$tag$`; a lone `$` is a mark, as for ClickHouse where no second one follows.
fn heredoc(rest: &str) -> (TokenKind, usize, bool) {
    let is_tag = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let tag = rest[1..].find(|it| !is_tag(it)).map_or(rest.len(), |end| end + 1);
    if rest.as_bytes().get(tag) != Some(&b'$') {
        return (TokenKind::Mark, 1, false);
    }
    let delimiter = &rest[..=tag];
    match rest[delimiter.len()..].find(delimiter) {
        Some(found) => (TokenKind::Heredoc, found + 2 * delimiter.len(), false),
        None => (TokenKind::Heredoc, rest.len(), true),
    }
}

fn block_comment(rest: &str) -> (TokenKind, usize, bool) {
    let bytes = rest.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return (TokenKind::Comment, at, false);
                }
            }
            _ => at += 1,
        }
    }
    (TokenKind::Comment, rest.len(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(sql: &str, expected: &[(TokenKind, &str)]) {
        let tokens = lex(sql);
        let found: Vec<(TokenKind, &str)> = tokens
            .iter()
            .filter(|token| token.kind != TokenKind::Space)
            .map(|token| (token.kind, &sql[token.range.clone()]))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(tokens.iter().map(|token| token.range.len()).sum::<usize>(), sql.len());
    }

    #[test]
    fn quotes_end_where_clickhouse_ends_them() {
        use TokenKind::{Comment, Heredoc, Mark, QuotedIdentifier, Semicolon, String, Word};
        case(r"'it\'s' 'it''s' 'a\\' b", &[(String, r"'it\'s'"), (String, "'it''s'"), (String, r"'a\\'"), (Word, "b")]);
        case(r#"`a``;` "b\";""#, &[(QuotedIdentifier, "`a``;`"), (QuotedIdentifier, r#""b\";""#)]);
        case("$$a';$$ $x$ $$ $x$", &[(Heredoc, "$$a';$$"), (Heredoc, "$x$ $$ $x$")]);
        case("a$b$c $ 1", &[(Word, "a$b$c"), (Mark, "$"), (Word, "1")]);
        case(
            "/* a /* b */ ; */; -- ;\n# '\nx",
            &[(Comment, "/* a /* b */ ; */"), (Semicolon, ";"), (Comment, "-- ;"), (Comment, "# '"), (Word, "x")],
        );
        case("‘;’ “;”", &[(String, "‘;’"), (QuotedIdentifier, "“;”")]);
    }

    #[test]
    fn what_is_not_closed_is_open() {
        for sql in ["'a", "'a\\", "`a", "\"a", "$$ a", "/* a /* b */", "/*/"] {
            assert!(lex(sql).last().unwrap().open, "{sql}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_into_tokens_that_are_all_of_it(sql in r#"[-'"`$;#/*\\a1 \n“”’é]{0,30}"#) {
            let tokens = lex(&sql);
            let whole: std::string::String = tokens.iter().map(|token| &sql[token.range.clone()]).collect();
            proptest::prop_assert_eq!(whole, sql);
        }
    }
}
