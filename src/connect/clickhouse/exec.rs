//! A server in a pod, by the client in its own container: `clickhouse-client`, started for each statement by a shell that stays open.
//!
//! The user and the password go to the shell once, as its input, and from there to each client as its configuration, by a pipe: they are
//! no argument, no variable of an environment and no file in the pod. So do statements and their settings, which are set by a `SET`
//! before the statement, `readonly` as the last. The client tells an exception of the server's apart from troubles of its own.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{
    Exception, QueryError,
    exec_answer::{ClientError, read},
    rows::Rows,
    transport::{Answer, Request, Transport},
};
use crate::{
    connect::{
        endpoint::Endpoint,
        kubernetes::{Kubernetes, PodPort, Shell, ShellError},
    },
    sql::{quote_identifier, quote_string},
};

/// How long a shell is kept that nobody uses.
const KEPT: Duration = Duration::from_secs(60);

/// The way an answer is written is no setting to the client, but an option.
const FORMAT: &str = "default_format";
const DEFAULT_FORMAT: &str = "JSONCompactEachRowWithNamesAndTypes";

const SETUP: &str = "export LC_ALL=C\nIFS= read -r config || exit\n\
    if command -v clickhouse-client >/dev/null 2>&1; then client=clickhouse-client; else client='clickhouse client'; fi";
/// The statement is read whole before a client is started: one that was cut on the way would be another statement.
/// A client gives a statement up, and cancels it, when the server has been silent for its timeout: five minutes unless it is told.
const BODY: &str = "read -r size format || exit\n\
    text=$(head -c \"$size\" <&4; printf .)\n\
    [ \"${#text}\" -eq \"$((size + 1))\" ] || exit\n\
    printf '%s' \"$config\" | { exec 3<&0; printf '%s' \"${text%.}\" | $client --config-file /dev/fd/3 --host localhost --port \"$1\" \
    --format \"$format\" --receive_timeout 86400 --send_timeout 86400 --multiquery 4<&-; }";

/// How a pod's server is reached, and as whom.
#[derive(Debug, Clone)]
pub struct ExecConnection {
    pub kubernetes: Kubernetes,
    /// With the port of the native protocol.
    pub to: PodPort,
    pub user: String,
    pub password: Option<SecretString>,
}

/// Statements sent by clients in a pod.
pub struct ExecTransport {
    endpoint: Endpoint,
    connection: ExecConnection,
    free: Mutex<Vec<Shell>>,
    /// The server's whole version, once it was asked: the client tells a part of it.
    version: Mutex<Option<String>>,
}

impl std::fmt::Debug for ExecTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecTransport").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl ExecTransport {
    pub fn new(connection: ExecConnection) -> Self {
        Self {
            endpoint: Endpoint::Pod(connection.to.clone()),
            connection,
            free: Mutex::default(),
            version: Mutex::default(),
        }
    }

    /// A shell that is free, if there is one.
    fn free(&self) -> Option<Shell> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.retain(|shell| shell.used + KEPT > Instant::now());
        free.pop()
    }

    async fn open(&self) -> Result<Shell, QueryError> {
        let ExecConnection { kubernetes, to, user, password } = &self.connection;
        let opened = async {
            let (container, port) = kubernetes.found(to).await?;
            kubernetes.shell(&container, SETUP, BODY, &[port.to_string()]).await
        };
        let mut shell = opened.await.map_err(|error| self.unreachable(error.to_string()))?;
        let password = password.as_ref().map_or("", ExposeSecret::expose_secret);
        shell.give(configuration(user, password).as_bytes()).await.map_err(|error| self.failed(error))?;
        Ok(shell)
    }

    /// Sends by a shell that is free; what one turns out to be too late for goes by a new one.
    async fn exchange(&self, input: &[u8]) -> Result<Result<Answer, ClientError>, QueryError> {
        while let Some(mut shell) = self.free() {
            match shell.ask(input).await {
                Ok(said) => return Ok(self.kept(shell, read(&said))),
                Err(ShellError::NotSent(_)) => {}
                Err(lost) => return Err(self.failed(lost)),
            }
        }
        let mut shell = self.open().await?;
        let said = shell.ask(input).await.map_err(|error| self.failed(error))?;
        Ok(self.kept(shell, read(&said)))
    }

    /// A client that fails by itself may have left a part of its input for the next one, so its shell is not used again.
    fn kept(&self, shell: Shell, answer: Result<Answer, ClientError>) -> Result<Answer, ClientError> {
        if matches!(answer, Ok(_) | Err(ClientError::Server(_))) {
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(shell);
        }
        answer
    }

    /// The exception with the whole version of the server, as it tells it itself over HTTP.
    async fn with_version(&self, exception: Exception) -> Exception {
        let Some(part) = exception.version.clone() else { return exception };
        let known = self.version.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let whole = match known.filter(|known| known.starts_with(&part)) {
            Some(known) => Some(known),
            None => self.ask_for_version().await,
        };
        (*self.version.lock().unwrap_or_else(PoisonError::into_inner)).clone_from(&whole);
        Exception { version: whole.filter(|whole| whole.starts_with(&part)).or(Some(part)), ..exception }
    }

    async fn ask_for_version(&self) -> Option<String> {
        let request = Request { text: "SELECT version()".to_owned(), settings: Vec::new() };
        let answer = self.exchange(&input(&request)).await.ok()?.ok()?;
        Rows::parse(&answer).ok()?.scalar()?.as_str().map(str::to_owned)
    }

    fn failed(&self, error: ShellError) -> QueryError {
        match error {
            ShellError::NotSent(reason) => self.unreachable(reason),
            ShellError::Lost(reason) => self.lost(reason),
        }
    }

    fn unreachable(&self, reason: String) -> QueryError {
        QueryError::Unreachable { url: self.endpoint.to_string(), reason }
    }

    fn lost(&self, reason: String) -> QueryError {
        QueryError::Lost { url: self.endpoint.to_string(), reason }
    }
}

#[async_trait]
impl Transport for ExecTransport {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    async fn send(&self, request: Request) -> Result<Answer, QueryError> {
        match self.exchange(&input(&request)).await? {
            Ok(answer) => Ok(answer),
            Err(ClientError::Server(exception)) => Err(QueryError::Exception(self.with_version(exception).await)),
            Err(ClientError::Client(exception)) => Err(QueryError::Exception(exception)),
            Err(ClientError::NotSent(reason)) => Err(self.unreachable(reason)),
            Err(ClientError::Lost(reason)) => Err(self.lost(reason)),
        }
    }
}

/// A client's configuration, in one line. An empty password is written too, for a variable of the container's would be taken instead.
fn configuration(user: &str, password: &str) -> String {
    format!("<config><user>{}</user><password>{}</password></config>\n", xml(user), xml(password))
}

fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // What a reader of XML, or of lines, would take for something else.
            '\n' | '\r' | '\t' => escaped.push_str(&format!("&#{};", u32::from(character))),
            other => escaped.push(other),
        }
    }
    escaped
}

/// One request as the shell reads it: how long it is, how its answer is to be written, and what goes to the client.
fn input(request: &Request) -> Vec<u8> {
    let (format, settings): (Vec<_>, Vec<_>) = request.settings.iter().partition(|(name, _)| name == FORMAT);
    let format = format.first().map_or(DEFAULT_FORMAT, |(_, value)| value.as_str());
    let set: Vec<String> =
        settings.iter().map(|(name, value)| format!("{} = {}", identifier(name), quote_string(value))).collect();
    let set = if set.is_empty() { String::new() } else { format!("SET {};\n", set.join(", ")) };
    let text = format!("{set}{}", request.text);
    format!("{} {format}\n{text}", text.len()).into_bytes()
}

/// As it is where it can stand so, for then it reads well in the server's logs.
fn identifier(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    if is_plain { name.to_owned() } else { quote_identifier(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_before_the_statement_and_readonly_is_the_last() {
        let settings =
            [("default_format", "JSONCompactEachRowWithNamesAndTypes"), ("a", "it's"), ("b c", "1"), ("readonly", "2")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request = Request { text: "/* mark */ SELECT 'ä'".to_owned(), settings };
        let text = "SET a = 'it\\'s', `b c` = '1', readonly = '2';\n/* mark */ SELECT 'ä'";
        let expected = format!("{} JSONCompactEachRowWithNamesAndTypes\n{text}", text.len());
        assert_eq!(String::from_utf8(input(&request)).unwrap(), expected);
    }

    #[test]
    fn a_configuration_is_one_line_whatever_the_password() {
        let text = configuration("a&b", "<x>\n \"'${y}\t]]>");
        let expected = "<config><user>a&amp;b</user><password>&lt;x&gt;&#10; \"'${y}&#9;]]&gt;</password></config>\n";
        assert_eq!(text, expected);
        assert_eq!(configuration("default", ""), "<config><user>default</user><password></password></config>\n");
    }
}
