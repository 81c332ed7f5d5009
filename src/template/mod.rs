//! Templates and expressions: parsed once with their places, checked for what they use, evaluated against a scope.
//!
//! A template is text with placeholders `{{ expression }}`; there are no blocks. In SQL a placeholder is a literal unless it
//! went through a filter that makes it something else. Knows minijinja and ClickHouse's quoting; knows nothing of documents.
//!
//! We split the text ourselves and give minijinja one expression at a time. So minijinja never writes any text, there is no
//! escaping mode to get wrong, and a value's way into a statement is the one function [`sql::literal`](literal).
//!
//! What differs from Jinja, on purpose:
//!
//! - What is undefined is an error, wherever it is met; there is no `is defined` and no `default`. `'x' in row` asks.
//! - `inputs`, `steps` and `run` are no values by themselves: what an expression uses of them stands in it, so that the graph
//!   and the secrets it touches are known before anything runs.
//! - Numbers are exact, whatever their width: `==`, `<`, `+` and the like are ours ([`rewrite`], [`number`]). Only like things have
//!   an order: `<` of a number and a text, or NULL, is an error and not false.
//! - No methods, no macros, and only the filters, tests and functions that [`language`] names.

mod environment;
mod expression;
mod facts;
mod failure;
mod filters;
mod inputs;
pub mod language;
mod literal;
mod number;
mod operators;
mod placement;
mod reference;
mod rendered;
mod rewrite;
mod scan;
mod scope;
mod split;
#[path = "template.rs"]
mod text;

pub use expression::Expression;
pub use failure::{TemplateFailure, TemplateProblem};
pub use inputs::{InputValue, InputValues};
pub use literal::identifier;
pub use placement::{with_placeholders_as_words, without_placeholders};
pub use reference::Reference;
pub use rendered::Rendered;
pub use scope::{MemberFacts, OF_MEMBER, OF_RUN, RunFacts, Scope, StepFacts};
pub use text::{Dialect, Template};
