//! Statements to one server, and their rows.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    QueryError, Rows,
    http::{HttpConnection, HttpTransport},
    transport::{Request, Transport},
};
use crate::connect::endpoint::Endpoint;

/// One statement, whole.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// The text. May hold secrets: shown only after redaction.
    pub text: String,
    /// A comment put before the text, by which the statement is known again in `system.processes`; without `/*` and `*/`.
    pub mark: Option<String>,
    /// Settings of the statement, in this order.
    pub settings: IndexMap<String, String>,
    /// Sent with `readonly = 2`: the server refuses whatever writes.
    pub read_only: bool,
}

impl Statement {
    /// A statement that only reads.
    pub fn read(text: impl Into<String>) -> Self {
        Self { text: text.into(), read_only: true, ..Self::default() }
    }

    /// A statement that may write.
    pub fn write(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn marked(mut self, mark: impl Into<String>) -> Self {
        self.mark = Some(mark.into());
        self
    }

    pub fn with_setting(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.settings.insert(name.into(), value.to_string());
        self
    }
}

/// How an answer is written, whichever way it takes, unless the statement says it.
const FORMAT: [(&str, &str); 3] = [
    ("default_format", "JSONCompactEachRowWithNamesAndTypes"),
    ("output_format_json_quote_64bit_integers", "1"),
    ("output_format_json_quote_denormals", "1"),
];

/// A client of one server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
}

impl Client {
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self { transport: Arc::new(transport) }
    }

    /// A client over HTTP; connects to nothing yet. Fails as [`HttpTransport::new`] does.
    pub fn http(connection: HttpConnection) -> Result<Self, QueryError> {
        Ok(Self::new(HttpTransport::new(connection)?))
    }

    /// The server that it leads to.
    pub fn endpoint(&self) -> &Endpoint {
        self.transport.endpoint()
    }

    /// Sends one statement and gives its rows.
    ///
    /// The whole answer is awaited, so an exception in the middle of it is seen as one.
    pub async fn query(&self, statement: &Statement) -> Result<Rows, QueryError> {
        let body = self.transport.send(request(statement)).await?;
        // What reads names its columns even where it has no rows: an empty answer is one that was lost on the way.
        let rows = if statement.read_only { Rows::parse(&body) } else { Rows::parse_any(&body) };
        rows.map_err(|reason| self.malformed(reason))
    }

    fn malformed(&self, reason: String) -> QueryError {
        QueryError::Malformed { url: self.endpoint().to_string(), reason }
    }

    /// The single cell of a statement that gives one.
    pub async fn scalar(&self, text: impl Into<String>) -> Result<Value, QueryError> {
        let rows = self.query(&Statement::read(text)).await?;
        rows.scalar().cloned().ok_or_else(|| self.malformed("one row was expected".to_owned()))
    }
}

fn request(statement: &Statement) -> Request {
    let text = match &statement.mark {
        Some(mark) => format!("/* {mark} */ {}", statement.text),
        None => statement.text.clone(),
    };
    let own = statement.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // After the others: with readonly set, a server refuses those that follow.
    let format = FORMAT.into_iter().filter(|(name, _)| !statement.settings.contains_key(*name));
    let settings = format.chain(own).chain(statement.read_only.then_some(("readonly", "2")));
    Request { text, settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
}

#[cfg(test)]
mod tests;
