//! Sends statements to the sandbox's own servers, for loading, migrating and cleaning. What plans send goes through `connect`.

use std::time::Duration;

use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::SandboxError;
use super::ports::Ports;
use super::server_name::ServerName;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const PING_WITHIN: Duration = Duration::from_secs(2);
const SHOWN_OF_A_STATEMENT: usize = 300;

/// Talks to the ClickHouse servers of one sandbox.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    http: Client,
    ports: Ports,
    user: String,
    password: SecretString,
}

impl Connection {
    pub(super) fn new(ports: Ports, user: String, password: SecretString) -> Self {
        // Only plain HTTP to loopback is spoken; the client still wants a TLS stack to be chosen, and must go through no proxy.
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the default protocol versions")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .http1_max_headers(10_000)
            .build()
            .expect("a client with a preconfigured TLS stack and no files to read");
        Self { http, ports, user, password }
    }

    /// Whether the server answers within two seconds.
    pub(super) async fn ping(&self, server: ServerName) -> bool {
        let url = format!("http://127.0.0.1:{}/ping", self.ports.http(server));
        let answer = self.http.get(url).timeout(PING_WITHIN).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Runs one statement and gives its result, in TabSeparated unless the statement names a format.
    pub(super) async fn run(
        &self,
        server: ServerName,
        sql: &str,
        settings: &[(&str, &str)],
    ) -> Result<String, SandboxError> {
        let unreachable = |error: reqwest::Error| SandboxError::Unreachable { name: server, reason: innermost(&error) };
        let request = self
            .http
            .post(format!("http://127.0.0.1:{}/", self.ports.http(server)))
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .query(settings)
            .body(sql.to_owned());
        let answer = request.send().await.map_err(unreachable)?;
        let code = answer.headers().get("X-ClickHouse-Exception-Code").cloned();
        let succeeded = answer.status().is_success() && code.is_none();
        let text = answer.text().await.map_err(unreachable)?;
        if succeeded {
            return Ok(text);
        }
        Err(SandboxError::Refused {
            name: server,
            code: code.and_then(|code| code.to_str().ok()?.parse().ok()).unwrap_or(0),
            text: text.trim_end().to_owned(),
            statement: shortened(sql),
        })
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

fn shortened(sql: &str) -> String {
    let mut text: String = sql.chars().take(SHOWN_OF_A_STATEMENT).collect();
    if text.len() < sql.len() {
        text.push('…');
    }
    text
}
