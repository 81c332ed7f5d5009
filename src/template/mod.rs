//! Templates and expressions: parsed once with their places, checked for what they use, evaluated against a scope.
//!
//! A template is text with placeholders `{{ expression }}`; there are no blocks. In SQL a placeholder is a literal unless it
//! went through a filter that makes it something else. Knows minijinja and ClickHouse's quoting; knows nothing of documents.
