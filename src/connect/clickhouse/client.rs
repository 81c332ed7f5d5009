//! Statements to one server, and their rows.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    QueryError, Rows,
    http::{HttpConnection, HttpTransport},
    pinned::Pin,
    profile::ask_for_pins,
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

/// How an answer is written, whichever way it takes.
const FORMAT: (&str, &str) = ("default_format", "JSONCompactEachRowWithNamesAndTypes");

/// A client of one server; cheap to clone.
///
/// Every statement is sent with the settings of [`PINNED`](super::PINNED). Which of them the server knows, and whether the user's
/// profile lets them be set, is asked once, before the first statement.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    pins: Arc<OnceCell<Vec<Pin>>>,
}

impl Client {
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self { transport: Arc::new(transport), pins: Arc::default() }
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
    /// The whole answer is awaited, so an exception in the middle of it is seen as one. Before the first statement the server is asked
    /// what it knows of the settings that are sent with each; what fails there fails as the statement would.
    pub async fn query(&self, statement: &Statement) -> Result<Rows, QueryError> {
        let pins = self.pins.get_or_try_init(|| ask_for_pins(&*self.transport)).await?;
        let answer = self.transport.send(request(statement, pins)).await?;
        // What reads names its columns even where it has no rows: an empty answer is one that was lost on the way.
        let rows = if statement.read_only { Rows::parse(&answer) } else { Rows::parse_any(&answer) };
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

pub(super) fn request(statement: &Statement, pins: &[Pin]) -> Request {
    let text = match &statement.mark {
        Some(mark) => format!("/* {mark} */ {}", statement.text),
        None => statement.text.clone(),
    };
    let own = statement.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let pinned =
        pins.iter().map(|pin| (pin.name, pin.value)).filter(|(name, _)| !statement.settings.contains_key(*name));
    // Its own come after those that are pinned, for one may be the other's alias. `readonly` is the last: a server refuses what follows.
    let settings =
        std::iter::once(FORMAT).chain(pinned).chain(own).chain(statement.read_only.then_some(("readonly", "2")));
    Request { text, settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
}

#[cfg(test)]
mod tests;
