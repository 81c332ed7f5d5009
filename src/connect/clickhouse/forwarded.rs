//! A server's HTTP interface at a port of a pod, through the API server of Kubernetes.
//!
//! To open a stream takes longer than most statements, so those that are free are kept for the next one. Nothing tells that a link
//! has stalled, neither an error nor an end; so while an answer is awaited, another stream asks now and then whether the server can
//! be reached at all. A long statement may be silent for as long as it takes.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{sleep, timeout};
use url::form_urlencoded;

use super::{
    QueryError,
    http::{MOST_HEADERS, PARAMETERS, PASSWORD_HEADER, Reply, USER_HEADER},
    transport::{Answer, Request, Transport},
};
use crate::connect::{
    endpoint::Endpoint,
    kubernetes::{Kubernetes, PodPort},
};

/// How long an answer may be silent before somebody looks whether the server is there.
const SILENCE: Duration = Duration::from_secs(30);
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often in a row it may fail: then the answer is lost.
const FAILURES: u32 = 3;
/// How long the cause of an end is waited for.
const SHORTLY: Duration = Duration::from_secs(2);
/// How long a connection is kept that nobody uses; less where the server says that it closes it earlier.
const KEPT: Duration = Duration::from_secs(20);

/// How a pod's server is reached, and as whom.
#[derive(Debug, Clone)]
pub struct ForwardedConnection {
    pub kubernetes: Kubernetes,
    pub to: PodPort,
    pub user: String,
    pub password: Option<SecretString>,
}

/// Statements sent over HTTP through forwarded ports.
#[derive(Debug)]
pub struct ForwardedTransport {
    endpoint: Endpoint,
    connection: ForwardedConnection,
    free: Mutex<Vec<Stream>>,
}

/// An HTTP connection through a forwarded port.
struct Stream {
    sender: SendRequest<Full<Bytes>>,
    cause: Shared<BoxFuture<'static, Option<String>>>,
    /// Until when it is used again.
    until: Instant,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("until", &self.until).finish_non_exhaustive()
    }
}

impl ForwardedTransport {
    pub fn new(connection: ForwardedConnection) -> Self {
        Self { endpoint: Endpoint::Pod(connection.to.clone()), connection, free: Mutex::default() }
    }

    /// A connection that is free, or a new one.
    async fn stream(&self) -> Result<Stream, QueryError> {
        let free = || {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.retain(|it| it.until > Instant::now() && it.sender.is_ready());
            free.pop()
        };
        match free() {
            Some(stream) => Ok(stream),
            None => self.open().await,
        }
    }

    async fn open(&self) -> Result<Stream, QueryError> {
        let forward = self.connection.kubernetes.forward(&self.connection.to).await;
        let (stream, cause) = forward.map_err(|error| self.unreachable(error.to_string()))?.into_parts();
        let handshake = http1::Builder::new().max_headers(MOST_HEADERS).handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(|error| self.unreachable(error.to_string()))?;
        tokio::spawn(connection);
        Ok(Stream { sender, cause: cause.shared(), until: Instant::now() + KEPT })
    }

    fn request(&self, request: Request) -> Result<hyper::Request<Full<Bytes>>, QueryError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(PARAMETERS).extend_pairs(&request.settings);
        let mut post = hyper::Request::post(format!("/?{}", query.finish()))
            .header(hyper::header::HOST, "clickhouse")
            .header(USER_HEADER, &self.connection.user);
        if let Some(password) = &self.connection.password {
            post = post.header(PASSWORD_HEADER, password.expose_secret());
        }
        post.body(Full::from(request.text)).map_err(|error| self.unreachable(error.to_string()))
    }

    /// Sends by a connection that is still open; what a free one turns out to be too late for goes by a new one.
    async fn exchange(&self, mut request: hyper::Request<Full<Bytes>>) -> Result<Answer, QueryError> {
        let mut stream = self.stream().await?;
        let response = loop {
            match stream.sender.try_send_request(request).await {
                Ok(response) => break response,
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => {
                        request = unsent;
                        stream = self.open().await?;
                    }
                    None => return Err(self.ended(&stream, &failed.into_error()).await),
                },
            }
        };
        let mut reply = Reply::new(response.status(), response.headers());
        stream.until = Instant::now() + kept(response.headers());
        let body = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return Err(self.ended(&stream, &error).await),
        };
        if !reply.is_redirection() {
            reply.body = String::from_utf8_lossy(&body).into_owned();
        }
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        reply.read(&self.endpoint)
    }

    /// What the end of a connection means. Only the link's own word tells that the server was never reached.
    async fn ended(&self, stream: &Stream, error: &hyper::Error) -> QueryError {
        let cause = timeout(SHORTLY, stream.cause.clone()).await.ok().flatten();
        match cause {
            Some(cause) if cause.to_ascii_lowercase().contains("connection refused") => self.unreachable(cause),
            Some(cause) => self.lost(cause),
            None => self.lost(error.to_string()),
        }
    }

    /// Ends when the server could not be reached several times in a row by streams of their own.
    async fn watch(&self) -> String {
        let mut failures = 0;
        loop {
            sleep(SILENCE).await;
            match timeout(PATIENCE, self.ping()).await {
                Ok(Ok(())) => failures = 0,
                Ok(Err(error)) if failures + 1 >= FAILURES => return error.to_string(),
                Err(_) if failures + 1 >= FAILURES => {
                    return format!("neither an answer nor a new stream to the pod, {FAILURES} times in a row");
                }
                Ok(Err(_)) | Err(_) => failures += 1,
            }
        }
    }

    async fn ping(&self) -> Result<(), QueryError> {
        let mut stream = self.open().await?;
        let request = hyper::Request::get("/ping").header(hyper::header::HOST, "clickhouse").body(Full::default());
        let request = request.map_err(|error| self.unreachable(error.to_string()))?;
        match stream.sender.send_request(request).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.ended(&stream, &error).await),
        }
    }

    fn unreachable(&self, reason: String) -> QueryError {
        QueryError::Unreachable { url: self.endpoint.to_string(), reason }
    }

    fn lost(&self, reason: String) -> QueryError {
        QueryError::Lost { url: self.endpoint.to_string(), reason }
    }
}

/// How long the server keeps a connection open, less a second for the way.
fn kept(headers: &hyper::HeaderMap) -> Duration {
    let said = headers.get("Keep-Alive").and_then(|value| value.to_str().ok());
    let seconds = said.and_then(|text| text.split(',').find_map(|it| it.trim().strip_prefix("timeout=")?.parse().ok()));
    seconds.map_or(KEPT, |seconds: u64| Duration::from_secs(seconds.saturating_sub(1)).min(KEPT))
}

#[async_trait]
impl Transport for ForwardedTransport {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn send(&self, request: Request) -> Result<Answer, QueryError> {
        let request = self.request(request)?;
        tokio::select! {
            answer = self.exchange(request) => answer,
            reason = self.watch() => Err(self.lost(reason)),
        }
    }
}
