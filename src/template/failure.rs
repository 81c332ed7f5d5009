//! What can be wrong with a template: as it is written, and as it is evaluated.

use std::ops::Range;

/// A mistake in a template or expression as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Bytes of the text it was parsed from (the decoded scalar).
    pub range: Range<usize>,
    /// What is so, and the mend.
    pub message: String,
}

impl TemplateProblem {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into() }
    }
}

/// A template or expression could not be evaluated. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}`: {message}")]
pub struct TemplateFailure {
    /// Bytes of the text it was parsed from (the decoded scalar).
    pub range: Range<usize>,
    /// The expression, as it is written.
    pub expression: String,
    /// What is so, and the mend.
    pub message: String,
}
