//! Places in documents, named so that they survive serialisation: a file, a JSON Pointer, a part of a scalar.

use std::ops::Range;

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

    /// The place of the item with this number.
    pub fn item(&self, index: usize) -> Self {
        Self::new(self.file, format!("{}/{index}", self.pointer))
    }

    /// A part of the scalar that stands here.
    pub fn part(&self, range: Range<usize>) -> Self {
        Self { within: Some(range), ..self.clone() }
    }
}
