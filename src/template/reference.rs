//! What an expression uses, known without evaluating it.

use std::{fmt, ops::Range};

/// A dotted path that stands in an expression: `inputs.database`, `steps.found.tables`, `row.n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its names, without what is only known while evaluating (indices in brackets and what follows them).
    pub path: Vec<String>,
    /// Bytes of the text the template was parsed from.
    pub range: Range<usize>,
}

impl Reference {
    /// The namespace: `inputs`, `steps`, `run`, `member`, `item`, `row`, `rows` or `result`.
    pub fn namespace(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// The name in the namespace: the input, the step.
    pub fn name(&self) -> Option<&str> {
        self.path.get(1).map(String::as_str)
    }

    /// The step whose facts it reads.
    pub fn step(&self) -> Option<&str> {
        (self.namespace() == "steps").then(|| self.name()).flatten()
    }

    /// The input it reads.
    pub fn input(&self) -> Option<&str> {
        (self.namespace() == "inputs").then(|| self.name()).flatten()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.join("."))
    }
}
