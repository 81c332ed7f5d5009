//! ClickHouse SQL as far as we need it: where strings, names and comments end, which statements there are, and what each
//! begins with, how brackets and clauses hang together. Nothing here understands a statement.

pub mod lexer;
mod quote;
mod session;
pub mod statement;
pub mod structure;

pub use quote::{quote_identifier, quote_qualified, quote_string};
pub use session::needs_session;
pub use statement::{Statement, is_read, split};
