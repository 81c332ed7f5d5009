//! A server's HTTP interface at a URL.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{StatusCode, header::HeaderMap};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Exception, QueryError,
    transport::{Answer, Request, Transport},
};
use crate::connect::{endpoint::Endpoint, innermost};

/// What stands in the URL of every statement before its settings: the answer comes whole, and a server that works says so in
/// headers meanwhile, for a proxy cuts a connection on which nothing moves. The interval is well below the 60 s after which proxies
/// cut, and so long that the headers of a whole day fit into what the client takes.
pub(super) const PARAMETERS: [(&str, &str); 3] = [
    ("wait_end_of_query", "1"),
    ("send_progress_in_http_headers", "1"),
    ("http_headers_progress_interval_ms", "10000"),
];
pub(super) const USER_HEADER: &str = "X-ClickHouse-User";
pub(super) const PASSWORD_HEADER: &str = "X-ClickHouse-Key";
/// What the client takes: progress headers of long statements overflow the default.
pub(super) const MOST_HEADERS: usize = 10_000;

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

/// Statements sent over HTTP.
#[derive(Debug)]
pub struct HttpTransport {
    endpoint: Endpoint,
    connection: HttpConnection,
    http: reqwest::Client,
}

impl HttpTransport {
    /// Makes a client; connects to nothing yet. Fails where the URL is none, or the certificate authority is no PEM.
    pub fn new(connection: HttpConnection) -> Result<Self, QueryError> {
        let malformed = |reason: String| QueryError::Malformed { url: connection.url.clone(), reason };
        let endpoint =
            Endpoint::of_url(&connection.url).ok_or_else(|| malformed("it is no URL of a server".to_owned()))?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(connection.connect_timeout)
            .tcp_keepalive(Duration::from_secs(30))
            .pool_idle_timeout(Duration::from_secs(20))
            .http1_max_headers(MOST_HEADERS)
            // A redirect would take the password, which is no header that reqwest knows as one, to another host.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(pem) = &connection.ca {
            let certificate = reqwest::Certificate::from_pem(pem).map_err(|error| malformed(innermost(&error)))?;
            builder = builder.tls_certs_merge([certificate]);
        }
        let http = builder.build().map_err(|error| malformed(innermost(&error)))?;
        Ok(Self { endpoint, connection, http })
    }

    fn request(&self, request: Request) -> reqwest::RequestBuilder {
        let mut post = self
            .http
            .post(&self.connection.url)
            .query(&PARAMETERS)
            .query(&request.settings)
            .header(USER_HEADER, &self.connection.user);
        if let Some(password) = &self.connection.password {
            post = post.header(PASSWORD_HEADER, password.expose_secret());
        }
        post.body(request.text)
    }

    fn failed_to_send(&self, error: &reqwest::Error) -> QueryError {
        // What cannot be put into a request was never sent.
        if error.is_connect() || error.is_builder() {
            QueryError::Unreachable { url: self.endpoint.to_string(), reason: innermost(error) }
        } else {
            self.lost(error)
        }
    }

    fn lost(&self, error: &reqwest::Error) -> QueryError {
        let reason = if error.is_timeout() { "no answer in time".to_owned() } else { innermost(error) };
        QueryError::Lost { url: self.endpoint.to_string(), reason }
    }
}

#[async_trait]
impl Transport for HttpTransport {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn send(&self, request: Request) -> Result<Answer, QueryError> {
        let response = self.request(request).send().await.map_err(|error| self.failed_to_send(&error))?;
        let mut reply = Reply::new(response.status(), response.headers());
        if !reply.is_redirection() {
            reply.body = response.text().await.map_err(|error| self.lost(&error))?;
        }
        reply.read(&self.endpoint)
    }
}

/// What came over HTTP, whichever way the bytes took.
pub(super) struct Reply {
    status: StatusCode,
    /// The exception's code, where a header tells it.
    code: Option<i32>,
    /// What frames an exception behind a 200.
    tag: Option<String>,
    location: Option<String>,
    /// How many rows there are, where a header tells it.
    rows: Option<u64>,
    /// Whether ClickHouse itself has answered.
    of_clickhouse: bool,
    pub body: String,
}

impl Reply {
    /// What the head of an answer tells; the body is still to come.
    pub fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status,
            code: header("X-ClickHouse-Exception-Code").and_then(|code| code.parse().ok()),
            tag: header("X-ClickHouse-Exception-Tag"),
            location: header("Location"),
            rows: header("X-ClickHouse-Summary").and_then(|summary| result_rows(&summary)),
            of_clickhouse: headers.keys().any(|name| name.as_str().starts_with("x-clickhouse-")),
            body: String::new(),
        }
    }

    /// Whether it leads elsewhere: its body says nothing then.
    pub fn is_redirection(&self) -> bool {
        self.status.is_redirection()
    }

    /// The answer, if it is one.
    pub fn read(self, endpoint: &Endpoint) -> Result<Answer, QueryError> {
        let Self { status, code, body, .. } = &self;
        let malformed = |reason: String| QueryError::Malformed { url: endpoint.to_string(), reason };
        if status.is_redirection() {
            let to = self.location.as_deref().unwrap_or("nowhere");
            return Err(malformed(format!("HTTP status {status}: it redirects to {to}, and that is not followed")));
        }
        if code.is_some() || (!status.is_success() && body.contains("DB::Exception")) {
            return Err(QueryError::Exception(Exception::parse(body, *code)));
        }
        if !status.is_success() {
            let start: String = body.chars().take(200).collect();
            let reason = format!("HTTP status {status}: {}", start.trim());
            return Err(match status.as_u16() {
                502..=504 if !self.of_clickhouse => QueryError::Gateway { url: endpoint.to_string(), reason },
                _ => malformed(reason),
            });
        }
        // An exception after a 200: since 25.11 it stands in a frame with the tag, before that bare at the body's end.
        if let Some(at) = self.tag.as_ref().and_then(|tag| body.find(&format!("__exception__\r\n{tag}"))) {
            return Err(QueryError::Exception(Exception::parse(&body[at..], None)));
        }
        match body.lines().last() {
            Some(last) if last.starts_with("Code: ") && last.contains("DB::Exception") => {
                Err(QueryError::Exception(Exception::parse(last, None)))
            }
            _ => Ok(Answer { body: self.body, rows: self.rows }),
        }
    }
}

/// `{"read_rows":"1", … ,"result_rows":"1"}`, as it is once the statement has ended.
fn result_rows(summary: &str) -> Option<u64> {
    let summary: serde_json::Value = serde_json::from_str(summary).ok()?;
    summary.get("result_rows")?.as_str()?.parse().ok()
}
