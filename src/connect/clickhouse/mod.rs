//! ClickHouse: one client for all its servers, statements with a mark, rows decoded by their types, exceptions with their code.

mod client;
mod exception;
pub mod http;
mod rows;
pub mod transport;
mod types;

pub use client::{Client, Statement};
pub use exception::{Exception, QueryError};
pub use http::HttpConnection;
pub use rows::{Row, Rows};

pub use crate::sql::{quote_identifier, quote_string};
