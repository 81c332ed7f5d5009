//! Statements: where each ends, and the word it begins with.

use std::ops::Range;

use super::lexer::{Token, TokenKind, lex};

/// One statement of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Where it stands in the text, without spaces and comments around it.
    pub range: Range<usize>,
    pub text: &'a str,
    /// Its words in upper case, as far as they stand outside of quotes and comments.
    pub words: Vec<String>,
}

impl Statement<'_> {
    /// The first word, SELECT, DROP, SYSTEM, behind any parenthesis; empty where there is none.
    pub fn keyword(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Whether one of its words is `word`.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|it| it == word)
    }
}

/// Splits a text at its semicolons. What follows `INSERT … FORMAT name` is data, and stays one statement to the end.
pub fn split(sql: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    for token in lex(sql) {
        if token.kind == TokenKind::Semicolon && !holds_data(sql, &current) {
            statements.extend(statement(sql, &current));
            current.clear();
        } else {
            current.push(token);
        }
    }
    statements.extend(statement(sql, &current));
    statements
}

/// Whether `tokens` begin an INSERT that names a format, after which anything may stand; `format(…)` is a function.
fn holds_data(sql: &str, tokens: &[Token]) -> bool {
    let is = |token: &Token, word: &str| sql[token.range.clone()].eq_ignore_ascii_case(word);
    let mut tokens = tokens.iter().filter(matters);
    let mut follows_format = false;
    tokens.next().is_some_and(|token| is(token, "INSERT"))
        && tokens.any(|token| {
            let named = follows_format && token.kind == TokenKind::Word;
            follows_format = is(token, "FORMAT");
            named
        })
}

fn matters(token: &&Token) -> bool {
    !matches!(token.kind, TokenKind::Space | TokenKind::Comment)
}

fn statement<'a>(sql: &'a str, tokens: &[Token]) -> Option<Statement<'a>> {
    let start = tokens.iter().find(matters)?.range.start;
    let end = tokens.iter().rfind(matters)?.range.end;
    Some(Statement { range: start..end, text: &sql[start..end], words: words(sql, tokens) })
}

fn words(sql: &str, tokens: &[Token]) -> Vec<String> {
    let words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
    words.map(|token| sql[token.range.clone()].to_ascii_uppercase()).collect()
}

/// Whether a statement only reads, as far as its words tell; what is not known to read is taken to write.
///
/// The server has the last word: what is `effect: read` is sent with `readonly = 2`.
pub fn is_read(statement: &Statement<'_>) -> bool {
    match statement.keyword() {
        "SELECT" | "SHOW" | "DESCRIBE" | "DESC" | "EXPLAIN" | "EXISTS" => !statement.has("OUTFILE"),
        "CHECK" => statement.words.get(1).is_some_and(|word| word == "GRANT"),
        "WITH" => !statement.has("INSERT") && !statement.has("OUTFILE"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn texts(sql: &str, expected: &[&str]) {
        let statements = split(sql);
        assert_eq!(statements.iter().map(|it| it.text).collect::<Vec<_>>(), expected);
        for statement in statements {
            assert_eq!(&sql[statement.range.clone()], statement.text);
        }
    }

    #[test]
    fn semicolons_split_outside_of_quotes_and_comments() {
        texts("SELECT 1; ;\n-- done;\nDROP TABLE a;", &["SELECT 1", "DROP TABLE a"]);
        texts("INSERT INTO a VALUES ('a;b'); SELECT 2", &["INSERT INTO a VALUES ('a;b')", "SELECT 2"]);
        texts("INSERT INTO a FORMAT CSV\n1;2\n", &["INSERT INTO a FORMAT CSV\n1;2"]);
        texts(
            "INSERT INTO a SELECT * FROM format(CSV, '1'); SELECT 1",
            &["INSERT INTO a SELECT * FROM format(CSV, '1')", "SELECT 1"],
        );
        texts("/* ; */ -- ;", &[]);
        texts("SELECT $$;$$ FORMAT JSON; SELECT 1", &["SELECT $$;$$ FORMAT JSON", "SELECT 1"]);
    }

    #[track_caller]
    fn reads(sql: &str, expected: bool) {
        assert_eq!(is_read(&split(sql)[0]), expected, "{sql}");
    }

    #[test]
    fn only_what_is_known_to_read_reads() {
        reads("/* a */ select 1", true);
        reads("WITH 1 AS a SELECT a", true);
        reads("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", false);
        reads(&format!("WITH x AS (SELECT {}) INSERT INTO t SELECT 1", "a + ".repeat(99) + "1"), false);
        reads("(SELECT 1) UNION ALL (SELECT 2)", true);
        reads("SHOW TABLES", true);
        reads("EXPLAIN SELECT 1", true);
        reads("SELECT 1 INTO OUTFILE 'a'", false);
        reads("DROP TABLE a", false);
        reads("SYSTEM FLUSH LOGS", false);
        reads("CHECK TABLE a", false);
        reads("CHECK GRANT SHOW TABLES ON *.*", true);
    }

    #[test]
    fn words_are_upper_case_and_outside_of_quotes() {
        let statements = split("alter table `drop` /* delete */ drop partition 'x'");
        assert_eq!(statements[0].words, ["ALTER", "TABLE", "DROP", "PARTITION"]);
        assert!(statements[0].has("DROP"));
    }
}
