//! Stand-in for [`crate::template`] until that is merged: then this file is `pub use crate::template::{…}` and nothing else.
//!
//! Finds placeholders and dotted names; knows nothing of the grammar.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Text,
    Sql,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    pub range: Range<usize>,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub path: Vec<String>,
    pub range: Range<usize>,
}

#[derive(Debug, Clone)]
pub struct Template(Vec<Reference>);

impl Template {
    pub fn parse(text: &str, _: Dialect) -> Result<Self, Vec<TemplateProblem>> {
        let mut references = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("{{").map(|open| at + open + 2) {
            let Some(close) = text[open..].find("}}").map(|close| open + close) else {
                let message = "a placeholder that is not closed; `}}` is missing".to_owned();
                return Err(vec![TemplateProblem { range: open - 2..text.len(), message }]);
            };
            collect(&text[open..close], open, &mut references);
            at = close + 2;
        }
        Ok(Self(references))
    }

    pub fn references(&self) -> &[Reference] {
        &self.0
    }
}

#[derive(Debug, Clone)]
pub struct Expression(Vec<Reference>);

impl Expression {
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateProblem>> {
        if let Some(at) = text.find("{{") {
            let message = "a bare expression stands here; leave out `{{` and `}}`".to_owned();
            return Err(vec![TemplateProblem { range: at..at + 2, message }]);
        }
        let mut references = Vec::new();
        collect(text, 0, &mut references);
        Ok(Self(references))
    }

    pub fn references(&self) -> &[Reference] {
        &self.0
    }
}

fn collect(text: &str, base: usize, references: &mut Vec<Reference>) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let (mut at, mut quote) = (0, None);
    while let Some(c) = text[at..].chars().next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c.is_ascii_alphabetic() => {
                let word = &text[at..at + text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at)];
                let path: Vec<String> = word.split('.').map(str::to_owned).collect();
                let known = ["inputs", "steps", "run", "member", "item", "row", "rows", "result"];
                if known.contains(&path[0].as_str()) && !text[..at].ends_with('.') {
                    references.push(Reference { path, range: base + at..base + at + word.len() });
                }
                at += word.len();
                continue;
            }
            _ => {}
        }
        at += c.len_utf8();
    }
}

pub mod sql {
    use std::ops::Range;

    pub struct StatementInfo {
        pub range: Range<usize>,
        pub keyword: String,
    }

    pub fn statements(text: &str) -> Vec<StatementInfo> {
        let mut found = Vec::new();
        let mut start = 0;
        for piece in text.split(';') {
            let word = piece.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            if !piece.trim().is_empty() {
                let lead = piece.len() - piece.trim_start().len();
                let range = start + lead..start + lead + piece.trim().len();
                found.push(StatementInfo { range, keyword: word.to_ascii_uppercase() });
            }
            start += piece.len() + 1;
        }
        found
    }

    pub fn is_read(keyword: &str) -> bool {
        matches!(keyword, "SELECT" | "WITH" | "SHOW" | "DESCRIBE" | "DESC" | "EXISTS" | "EXPLAIN" | "CHECK")
    }
}
