//! ClickHouse: one client for all its servers, statements with a mark, rows decoded by their types, exceptions with their code.

mod client;
mod exception;
mod rows;
mod types;

pub use client::{Client, Connection, HttpConnection, Statement};
pub use exception::{Exception, QueryError};
pub use rows::{Row, Rows};

pub use crate::sql::{quote_identifier, quote_string};
