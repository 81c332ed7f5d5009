//! An expression's tokens: which paths it refers to, and whether it keeps to the words it may use.
//!
//! This is no parser: minijinja parses. It only tells names that refer to something from names of attributes, filters,
//! tests, functions and arguments, for which one token to either side is enough.

use std::ops::Range;

use super::{
    failure::TemplateProblem,
    language::{CONTAINERS, FILTERS, FUNCTIONS, KEYWORDS, NAMESPACES, TESTS},
    reference::Reference,
};
use crate::document::suggestion;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Text,
    Number,
    /// A mark of one character, or `==` as `~`'s like: whatever matters only by not being something else.
    Mark(char),
    Equals,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// The end of the string literal that begins at `start`, behind its closing quote; `None` where it has none.
pub(super) fn string_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == bytes[start] => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

pub(super) fn tokens(source: &str) -> Vec<Token> {
    let bytes = source.as_bytes();
    let run = |from: usize, is: fn(u8) -> bool| from + bytes[from..].iter().take_while(|byte| is(**byte)).count();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (kind, end) = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'\'' | b'"' => (Kind::Text, string_end(source, at).unwrap_or(bytes.len())),
            byte if byte.is_ascii_digit() => {
                let after_dot =
                    tokens.last().is_some_and(|token| token.kind == Kind::Mark('.') && token.range.end == at);
                (Kind::Number, at + number_length(&bytes[at..], after_dot))
            }
            byte if word(byte) => (Kind::Word, run(at, |byte| byte.is_ascii_alphanumeric() || byte == b'_')),
            b'=' if bytes.get(at + 1) != Some(&b'=') => (Kind::Equals, at + 1),
            b'=' | b'!' | b'<' | b'>' if bytes.get(at + 1) == Some(&b'=') => (Kind::Mark('~'), at + 2),
            byte if byte.is_ascii() => (Kind::Mark(char::from(byte)), at + 1),
            _ => (Kind::Mark('~'), at + source[at..].chars().next().map_or(1, char::len_utf8)),
        };
        tokens.push(Token { kind, range: at..end });
        at = end;
    }
    tokens
}

/// How long the number is that `bytes` begin with, as minijinja reads one. Behind a dot it is an index, which has no fraction.
fn number_length(bytes: &[u8], after_dot: bool) -> usize {
    #[derive(PartialEq)]
    enum Part {
        Whole,
        Fraction,
        Exponent,
        Power,
    }
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    if byte(0) == b'0' && matches!(byte(1) | 0x20, b'x' | b'o' | b'b') {
        return 2 + bytes[2..].iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'_').count();
    }
    let mut part = Part::Whole;
    let mut at = 0;
    loop {
        part = match (byte(at), part) {
            (b'0'..=b'9', Part::Exponent) => Part::Power,
            (b'0'..=b'9' | b'_', part) => part,
            (b'.', Part::Whole) if !after_dot && !begins_name(byte(at + 1), byte(at + 2)) => Part::Fraction,
            (b'e' | b'E', Part::Whole | Part::Fraction) => Part::Exponent,
            (b'+' | b'-', Part::Exponent) => Part::Power,
            _ => return at,
        };
        at += 1;
    }
}

/// Whether what follows a number's point is a name, and not an exponent: `1.e5` is a number, `1.x` is not.
fn begins_name(first: u8, second: u8) -> bool {
    let exponent = matches!(first, b'e' | b'E') && (second.is_ascii_digit() || matches!(second, b'+' | b'-'));
    !exponent && (first.is_ascii_alphabetic() || first == b'_' || !first.is_ascii())
}

/// What a scan found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) references: Vec<Reference>,
    pub(super) problems: Vec<TemplateProblem>,
    /// Whether it uses `in`, as an operator or a test.
    pub(super) asks: bool,
}

/// Scans `source`, which stands `offset` bytes into the text it comes from.
pub(super) fn scan(source: &str, offset: usize) -> Scan {
    Scanner { source, offset, tokens: tokens(source), scan: Scan::default() }.run()
}

struct Scanner<'a> {
    source: &'a str,
    offset: usize,
    tokens: Vec<Token>,
    scan: Scan,
}

impl Scanner<'_> {
    fn run(mut self) -> Scan {
        let mut at = 0;
        while at < self.tokens.len() {
            at = match self.tokens[at].kind {
                Kind::Word => self.word(at),
                Kind::Text => {
                    // `select('in', …)` names the test in a string.
                    self.scan.asks |= matches!(self.text(at), "'in'" | "\"in\"");
                    at + 1
                }
                _ => at + 1,
            };
        }
        self.scan
    }

    /// Judges the word at `at`; returns where to go on.
    fn word(&mut self, at: usize) -> usize {
        let word = self.text(at).to_owned();
        if self.before(at, Kind::Mark('.')) {
            if self.after(at, Kind::Mark('(')) {
                self.problem(
                    at,
                    format!("`.{word}(…)` is a method, and there are none; a filter may do it: `| {word}`"),
                );
            }
            return at + 1;
        }
        if self.before(at, Kind::Mark('|')) {
            self.allowed(at, &word, "filter", FILTERS);
        } else if self.is_test(at) {
            self.scan.asks |= word == "in";
            match word.as_str() {
                "defined" | "undefined" => {
                    self.problem(at, "what is undefined is an error; ask with `'name' in row`".to_owned());
                }
                "not" => {}
                _ => self.allowed(at, &word, "test", TESTS),
            }
        } else if KEYWORDS.contains(&word.as_str()) {
            self.scan.asks |= word == "in";
        } else if self.after(at, Kind::Mark('(')) {
            self.allowed(at, &word, "function", FUNCTIONS);
        } else if !self.after(at, Kind::Equals) {
            return self.path(at);
        }
        at + 1
    }

    /// The path that begins at `at`; returns where it ends.
    fn path(&mut self, at: usize) -> usize {
        let mut path = vec![self.text(at).to_owned()];
        let mut last = at;
        loop {
            let step = if self.after(last, Kind::Mark('.')) && self.is(last + 2, Kind::Word) {
                if self.after(last + 2, Kind::Mark('(')) {
                    break;
                }
                last + 2
            } else if self.after(last, Kind::Mark('['))
                && self.is(last + 2, Kind::Text)
                && self.is(last + 3, Kind::Mark(']'))
            {
                let quoted = self.text(last + 2);
                path.push(quoted[1..quoted.len() - 1].to_owned());
                last += 3;
                continue;
            } else {
                break;
            };
            path.push(self.text(step).to_owned());
            last = step;
        }
        self.refer(at, last, path);
        last + 1
    }

    fn refer(&mut self, first: usize, last: usize, path: Vec<String>) {
        let root = path[0].as_str();
        if !NAMESPACES.contains(&root) {
            let near = suggestion(root, NAMESPACES.iter().copied());
            let known =
                if near.is_empty() { "; a name starts with inputs., steps., run., member. or item" } else { &near };
            self.problem(first, format!("unknown name `{root}`{known}"));
        } else if CONTAINERS.contains(&root) && path.len() == 1 {
            let dynamic =
                if self.after(first, Kind::Mark('[')) { ", and a name that stands there as it is" } else { "" };
            self.problem(first, format!("`{root}` is no value by itself; write `{root}.<name>`{dynamic}"));
        } else {
            let range = self.offset + self.tokens[first].range.start..self.offset + self.tokens[last].range.end;
            self.scan.references.push(Reference { path, range });
        }
    }

    fn allowed(&mut self, at: usize, word: &str, what: &str, known: &[&str]) {
        if !known.contains(&word) {
            let near = suggestion(word, known.iter().copied());
            self.problem(at, format!("unknown {what} `{word}`{near}"));
        }
    }

    /// Whether the word at `at` names a test: it follows `is` or `is not`.
    fn is_test(&self, at: usize) -> bool {
        let word = |back: usize| at.checked_sub(back).filter(|at| self.is(*at, Kind::Word)).map(|at| self.text(at));
        word(1) == Some("is") || (word(1) == Some("not") && word(2) == Some("is"))
    }

    fn text(&self, at: usize) -> &str {
        &self.source[self.tokens[at].range.clone()]
    }

    fn is(&self, at: usize, kind: Kind) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == kind)
    }

    fn before(&self, at: usize, kind: Kind) -> bool {
        at.checked_sub(1).is_some_and(|before| self.is(before, kind))
    }

    fn after(&self, at: usize, kind: Kind) -> bool {
        self.is(at + 1, kind)
    }

    fn problem(&mut self, at: usize, message: String) {
        let range = &self.tokens[at].range;
        self.scan.problems.push(TemplateProblem::new(self.offset + range.start..self.offset + range.end, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refers(source: &str, expected: &[&str]) {
        let scan = scan(source, 0);
        assert_eq!(scan.problems, []);
        let found: Vec<String> = scan.references.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
        for reference in &scan.references {
            assert!(source[reference.range.clone()].starts_with(&reference.path[0]));
        }
    }

    #[test]
    fn whole_paths_are_found_wherever_they_stand() {
        refers("inputs.a.b == steps.c.d and not row.n > 1", &["inputs.a.b", "steps.c.d", "row.n"]);
        refers("rows | map(attribute='v') | unique | length == 1", &["rows"]);
        refers("steps.found.tables[0].name ~ 'inputs.x'", &["steps.found.tables"]);
        refers("row['count()'] is in [1, item]", &["row.count()", "item"]);
        refers("steps.a.tasks.0.member", &["steps.a.tasks"]);
        refers(
            "range(inputs.n) | list if member.shard is odd else {'k': run.id}",
            &["inputs.n", "member.shard", "run.id"],
        );
        refers("row.x is not none", &["row.x"]);
        refers("1.5 + row.e", &["row.e"]);
    }

    #[track_caller]
    fn problem(source: &str) -> String {
        let scan = scan(source, 0);
        assert_eq!(scan.problems.len(), 1, "{:?}", scan.problems);
        format!("{}: {}", &source[scan.problems[0].range.clone()], scan.problems[0].message)
    }

    #[test]
    fn unknown_words_are_named_with_the_mend() {
        insta::assert_snapshot!(problem("input.a"), @"input: unknown name `input`; did you mean `inputs`?");
        insta::assert_snapshot!(problem("foo"), @"foo: unknown name `foo`; a name starts with inputs., steps., run., member. or item");
        insta::assert_snapshot!(problem("steps"), @"steps: `steps` is no value by itself; write `steps.<name>`");
        insta::assert_snapshot!(problem("steps[inputs.a]"), @"steps: `steps` is no value by itself; write `steps.<name>`, and a name that stands there as it is");
        insta::assert_snapshot!(problem("row.x | lenght"), @"lenght: unknown filter `lenght`; did you mean `length`?");
        insta::assert_snapshot!(problem("row.x | safe"), @"safe: unknown filter `safe`");
        insta::assert_snapshot!(problem("row.x is defined"), @"defined: what is undefined is an error; ask with `'name' in row`");
        insta::assert_snapshot!(problem("row.x.upper()"), @"upper: `.upper(…)` is a method, and there are none; a filter may do it: `| upper`");
        insta::assert_snapshot!(problem("debug()"), @"debug: unknown function `debug`");
    }
}
