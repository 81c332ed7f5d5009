//! ClickHouse: one client for all its servers, statements with a mark, rows, exceptions with their code.

mod client;
mod exception;
pub mod exec;
mod exec_answer;
pub mod forwarded;
pub mod http;
mod pinned;
mod profile;
mod rows;
pub mod transport;

pub use client::{Client, Statement};
pub use exception::{Exception, QueryError};
pub use http::HttpConnection;
pub use pinned::{PINNED, Pin};
pub use rows::{Row, Rows};

pub use crate::sql::{quote_identifier, quote_string};
