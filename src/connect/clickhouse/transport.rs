//! The seam between statements and the way to a server.
//!
//! Above it, a statement is a text with settings; below it are the ways: [HTTP](super::http) today. Another way (a forwarded
//! port, a client in a container) is one more file that implements [`Transport`].

use std::fmt;

use async_trait::async_trait;

use super::QueryError;
use crate::connect::endpoint::Endpoint;

/// One statement as every way sends it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The text, with its mark before it. May hold secrets.
    pub text: String,
    /// In this order: a server with `readonly` set refuses the settings that follow it.
    pub settings: Vec<(String, String)>,
}

/// What came back, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub body: String,
    /// How many rows the server says that it gave, where it says so beside the answer.
    pub rows: Option<u64>,
}

/// A way to one server, with all that it takes to be let in.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// The server that it leads to.
    fn endpoint(&self) -> &Endpoint;

    /// Sends one request and gives the whole answer, as the settings say that it is written.
    ///
    /// An exception is one wherever in the answer it comes. A failure tells apart what was not sent
    /// ([`QueryError::Unreachable`]) from what may have been carried out.
    async fn send(&self, request: Request) -> Result<Answer, QueryError>;
}
