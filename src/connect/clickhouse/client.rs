//! Sends statements to a server over its HTTP interface.

use std::{sync::Arc, time::Duration};

use indexmap::IndexMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{Exception, QueryError, Rows};

/// How often a server that works says so: well below the 60 s after which proxies cut, and rare enough that the headers of a
/// whole day fit into what the client takes.
const PROGRESS_INTERVAL_MS: &str = "10000";

/// How one server is reached.
#[derive(Debug, Clone)]
pub enum Connection {
    Http(HttpConnection),
}

/// A server's HTTP interface.
#[derive(Debug, Clone)]
pub struct HttpConnection {
    /// `http://host:8123`, `https://host:8443`, with a path where there is a proxy before it.
    pub url: String,
    pub user: String,
    pub password: Option<SecretString>,
    /// A certificate authority of its own, as PEM.
    pub ca: Option<Vec<u8>>,
    pub connect_timeout: Duration,
}

/// One statement, whole.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// The text. May hold secrets: shown only after redaction.
    pub text: String,
    /// A comment put before the text, by which the statement is known again in `system.processes`; without `/*` and `*/`.
    pub mark: Option<String>,
    /// Settings, sent as parameters of the URL.
    pub settings: IndexMap<String, String>,
    /// Sent with `readonly = 2`: the server refuses whatever writes.
    pub read_only: bool,
    /// Where it has to be answered sooner than the server's own limits say.
    pub timeout: Option<Duration>,
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

    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// A client of one server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    connection: Arc<Connection>,
    http: reqwest::Client,
}

impl Client {
    /// Makes a client; connects to nothing yet. Fails where the certificate authority is no PEM.
    pub fn new(connection: Connection) -> Result<Self, QueryError> {
        let Connection::Http(http) = &connection;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(http.connect_timeout)
            .tcp_keepalive(Duration::from_secs(30))
            .pool_idle_timeout(Duration::from_secs(20))
            // Progress headers of long statements overflow the default.
            .http1_max_headers(10_000)
            // A redirect would take the password, which is no header that reqwest knows as one, to another host.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let malformed =
            |reason: reqwest::Error| QueryError::Malformed { url: http.url.clone(), reason: chain(&reason) };
        if let Some(pem) = &http.ca {
            builder = builder.tls_certs_merge([reqwest::Certificate::from_pem(pem).map_err(malformed)?]);
        }
        Ok(Self { http: builder.build().map_err(malformed)?, connection: Arc::new(connection) })
    }

    /// Where it connects to, for messages.
    pub fn url(&self) -> &str {
        let Connection::Http(http) = self.connection.as_ref();
        &http.url
    }

    /// Sends one statement and gives its rows.
    ///
    /// The whole answer is awaited (`wait_end_of_query`), so an exception in the middle of it is seen as one. Meanwhile the
    /// server sends a header of progress now and then, for a proxy cuts a connection on which nothing moves.
    pub async fn query(&self, statement: &Statement) -> Result<Rows, QueryError> {
        let body = self.send(statement).await?;
        // What reads names its columns even where it has no rows: an empty answer is one that was lost on the way.
        let rows = if statement.read_only { Rows::parse(&body) } else { Rows::parse_any(&body) };
        rows.map_err(|reason| self.malformed(reason))
    }

    async fn send(&self, statement: &Statement) -> Result<String, QueryError> {
        let Connection::Http(http) = self.connection.as_ref();
        let text = match &statement.mark {
            Some(mark) => format!("/* {mark} */ {}", statement.text),
            None => statement.text.clone(),
        };
        let mut request = self
            .http
            .post(&http.url)
            .query(&[
                ("default_format", "JSONCompactEachRowWithNamesAndTypes"),
                ("output_format_json_quote_64bit_integers", "1"),
                ("output_format_json_quote_denormals", "1"),
                ("wait_end_of_query", "1"),
                ("send_progress_in_http_headers", "1"),
                ("http_headers_progress_interval_ms", PROGRESS_INTERVAL_MS),
            ])
            .header("X-ClickHouse-User", &http.user);
        if let Some(password) = &http.password {
            request = request.header("X-ClickHouse-Key", password.expose_secret());
        }
        // After the format's settings: with readonly set, a server refuses those that follow.
        request = request.query(&statement.settings.iter().collect::<Vec<_>>());
        if statement.read_only {
            request = request.query(&[("readonly", "2")]);
        }
        if let Some(timeout) = statement.timeout {
            request = request.timeout(timeout);
        }
        let response = request.body(text).send().await.map_err(|error| self.failed_to_send(&error))?;
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let code = header("X-ClickHouse-Exception-Code").and_then(|code| code.parse::<i32>().ok());
        let tag = header("X-ClickHouse-Exception-Tag");
        if status.is_redirection() {
            let to = header("Location").unwrap_or_else(|| "nowhere".to_owned());
            return Err(self.malformed(format!("HTTP status {status}: it redirects to {to}, and that is not followed")));
        }
        let of_clickhouse = response.headers().keys().any(|name| name.as_str().starts_with("x-clickhouse-"));
        let body = response.text().await.map_err(|error| self.lost(&error))?;
        if code.is_some() || (!status.is_success() && body.contains("DB::Exception")) {
            return Err(QueryError::Exception(Exception::parse(&body, code)));
        }
        if !status.is_success() {
            let start: String = body.chars().take(200).collect();
            let reason = format!("HTTP status {status}: {}", start.trim());
            return Err(match status.as_u16() {
                502..=504 if !of_clickhouse => QueryError::Gateway { url: self.url().to_owned(), reason },
                _ => self.malformed(reason),
            });
        }
        // An exception after a 200: since 25.11 it stands in a frame with the tag, before that bare at the body's end.
        if let Some(at) = tag.and_then(|tag| body.find(&format!("__exception__\r\n{tag}"))) {
            return Err(QueryError::Exception(Exception::parse(&body[at..], None)));
        }
        match body.lines().last() {
            Some(last) if last.starts_with("Code: ") && last.contains("DB::Exception") => {
                Err(QueryError::Exception(Exception::parse(last, None)))
            }
            _ => Ok(body),
        }
    }

    fn failed_to_send(&self, error: &reqwest::Error) -> QueryError {
        if error.is_connect() {
            QueryError::Unreachable { url: self.url().to_owned(), reason: chain(error) }
        } else {
            self.lost(error)
        }
    }

    fn lost(&self, error: &reqwest::Error) -> QueryError {
        let reason = if error.is_timeout() { "no answer in time".to_owned() } else { chain(error) };
        QueryError::Lost { url: self.url().to_owned(), reason }
    }

    fn malformed(&self, reason: String) -> QueryError {
        QueryError::Malformed { url: self.url().to_owned(), reason }
    }

    /// The single cell of a statement that gives one.
    pub async fn scalar(&self, text: impl Into<String>) -> Result<Value, QueryError> {
        let rows = self.query(&Statement::read(text)).await?;
        rows.scalar().cloned().ok_or_else(|| self.malformed("one row was expected".to_owned()))
    }
}

/// The innermost cause of an error, which is what a person can act on.
fn chain(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests;
