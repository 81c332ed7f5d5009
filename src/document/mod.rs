//! Text with places: a YAML document as a value, with the span of every node, and the problems found in it.
//!
//! Knows YAML, JSON Pointers and miette; knows nothing of plans.

use std::{ops::Range, sync::Arc};

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// How the file is called towards the user: the path as given, or `plans/x.yaml (shipped)`.
    pub name: Arc<str>,
    pub text: Arc<str>,
}

/// A place in a document: which one (an index into the bundle's files) and where, as a JSON Pointer
/// (`/steps/backup/sql/query`), and, inside a scalar, the bytes of its decoded text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    pub file: usize,
    pub pointer: String,
    pub within: Option<Range<usize>>,
}

impl Place {
    pub fn new(file: usize, pointer: impl Into<String>) -> Self {
        Self { file, pointer: pointer.into(), within: None }
    }

    /// The place of the child `key`.
    pub fn child(&self, key: &str) -> Self {
        Self::new(self.file, format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1")))
    }

    /// A part of the scalar that stands here.
    pub fn part(&self, range: Range<usize>) -> Self {
        Self { within: Some(range), ..self.clone() }
    }
}

/// One mistake, in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where. Labels the node's value, or its key where `at_key` is set.
    pub place: Place,
    pub at_key: bool,
    /// What is so, as a lowercase fragment: "unknown key; did you mean `timeout`?".
    pub message: String,
    /// A stable code, where the problem has one of its own (lints do).
    pub code: Option<&'static str>,
}
