//! ClickHouse SQL as far as we need it: where strings, names and comments end, which statements there are, and what each
//! begins with. Nothing here understands a statement.

pub mod lexer;
pub(super) mod placement;
mod quote;
mod session;
pub mod statement;

pub use placement::without_placeholders;
pub use quote::{quote_identifier, quote_string};
pub use session::needs_session;
pub use statement::{Statement, is_read, split};
