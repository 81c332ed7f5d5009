//! What `clickhouse-client` says, and what its end means.
//!
//! On its standard error it repeats the statement, which may hold secrets, so nothing of it is shown but what was recognised.

use super::{Exception, transport::Answer};
use crate::connect::kubernetes::Said;

/// Why a client gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClientError {
    /// The server said no.
    Server(Exception),
    /// The client said no before it sent anything: it has read the statement, and does not understand it.
    Client(Exception),
    /// There was no client, or it found no server: nothing was sent.
    NotSent(String),
    /// Whether the statement was carried out is unknown.
    Lost(String),
}

const SYNTAX_ERROR: i32 = 62;
const DNS_ERROR: i32 = 198;
const NETWORK_ERROR: i32 = 210;
const ALL_CONNECTION_TRIES_FAILED: i32 = 279;

/// Before an exception that a server has answered a statement with.
const FROM_SERVER: &str = "Received exception from server (version ";
/// Before a trouble of the client's own, once it had a connection.
const ON_THE_WAY: &str = "Error on processing query: ";
/// Behind both.
const STATEMENT: &str = "\n(query: ";

/// The answer, if it is one.
pub(super) fn read(said: &Said) -> Result<Answer, ClientError> {
    if said.code == 0 {
        return Ok(Answer { body: String::from_utf8_lossy(&said.out).into_owned(), rows: None });
    }
    let text = String::from_utf8_lossy(&said.err);
    let first = |sign: &str| text.find(sign);
    let (server, own) = (first(FROM_SERVER), first(ON_THE_WAY));
    if let Some(at) = server.filter(|at| own.is_none_or(|own| *at < own)) {
        return Err(ClientError::Server(of_server(&text[at + FROM_SERVER.len()..])));
    }
    if let Some(at) = own {
        let reason = until_statement(&text[at + ON_THE_WAY.len()..]).lines().next().unwrap_or_default();
        return Err(ClientError::Lost(format!("the client in the container says: {reason}")));
    }
    if let Some(at) = first("Code: ") {
        return Err(before_sending(until_statement(&text[at..])));
    }
    Err(match said.code {
        126 | 127 => ClientError::NotSent("the container has no `clickhouse-client`, or no `head`".to_owned()),
        code => ClientError::Lost(format!("the client in the container has ended with code {code}, and says no more")),
    })
}

/// `26.9.2):`, and the exception on the next lines.
fn of_server(text: &str) -> Exception {
    let (version, rest) = text.split_once("):").unwrap_or(("", text));
    let exception = without_sender(Exception::parse(until_statement(rest), None));
    Exception { version: Some(version.to_owned()).filter(|it| !it.is_empty()), ..exception }
}

/// What ends a client before it has sent a statement: the connection, the login, a statement that it cannot parse.
fn before_sending(text: &str) -> ClientError {
    let is_of_server = text.contains("DB::Exception: Received from ");
    let exception = without_sender(Exception::parse(text, None));
    let is_no_connection = match exception.code {
        DNS_ERROR | ALL_CONNECTION_TRIES_FAILED => true,
        NETWORK_ERROR => ["Connection refused", "connect timed out", "No route to host", "Host is unreachable"]
            .iter()
            .any(|sign| exception.message.contains(sign)),
        _ => false,
    };
    match exception.code {
        _ if is_of_server => ClientError::Server(exception),
        _ if is_no_connection => ClientError::NotSent(exception.message),
        SYNTAX_ERROR => ClientError::Client(exception),
        _ => ClientError::Lost(format!("the client in the container says: {exception}")),
    }
}

fn until_statement(text: &str) -> &str {
    text.split_once(STATEMENT).map_or(text, |(before, _)| before)
}

/// `Received from localhost:9000. DB::Exception: …`, as the client writes it before the server's own words.
fn without_sender(exception: Exception) -> Exception {
    let words = exception.message.strip_prefix("Received from ");
    let words = words.and_then(|rest| rest.split_once(". DB::Exception: ")).map(|(_, words)| words.to_owned());
    match words {
        Some(message) => Exception { message, ..exception },
        None => exception,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i32, err: &str) -> ClientError {
        read(&Said { out: b"[\"a\"]\n".to_vec(), err: err.as_bytes().to_vec(), code }).expect_err("a failure")
    }

    fn exception(code: i32, name: &str, message: &str, version: Option<&str>) -> Exception {
        let (name, message, version) = (name.to_owned(), message.to_owned(), version.map(str::to_owned));
        Exception { code, name, message, version }
    }

    #[test]
    fn an_exception_of_the_server_is_the_same_as_over_http() {
        let said = "Received exception from server (version 24.8.4):\nCode: 60. DB::Exception: Received from localhost:9000. \
            DB::Exception: Table a.b does not exist. Maybe\nyou meant c?. (UNKNOWN_TABLE)\n(query: SELECT 'secret (version 1)')\n";
        let message = "Table a.b does not exist. Maybe\nyou meant c?.";
        assert_eq!(failed(60, said), ClientError::Server(exception(60, "UNKNOWN_TABLE", message, Some("24.8.4"))));
        let login = "Code: 516. DB::Exception: Received from localhost:9000. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)\n";
        let message = "default: Authentication failed.";
        assert_eq!(failed(4, login), ClientError::Server(exception(516, "AUTHENTICATION_FAILED", message, None)));
        let nested = "Received exception from server (version 24.8.4):\nCode: 279. DB::Exception: Received from localhost:9000. DB::Exception: \
            All connection tries failed. Received from h:1. DB::Exception: x. (ALL_CONNECTION_TRIES_FAILED)\n(query: SELECT 1)\n";
        let message = "All connection tries failed. Received from h:1. DB::Exception: x.";
        let expected = exception(279, "ALL_CONNECTION_TRIES_FAILED", message, Some("24.8.4"));
        assert_eq!(failed(23, nested), ClientError::Server(expected));
    }

    #[test]
    fn a_trouble_of_the_client_is_unknown_unless_nothing_was_sent() {
        let refused = "Code: 210. DB::NetException: Connection refused (localhost:9000). (NETWORK_ERROR)\n\n";
        assert_eq!(failed(210, refused), ClientError::NotSent("Connection refused (localhost:9000).".to_owned()));
        let reset =
            "Code: 210. DB::NetException: Connection reset by peer, while reading from socket. (NETWORK_ERROR)\n";
        assert!(matches!(failed(210, reset), ClientError::Lost(_)));
        let cut = "Error on processing query: Attempt to read after eof: while receiving packet from localhost:9000\n(query: DROP 'secret')\n";
        let ClientError::Lost(reason) = failed(32, cut) else { panic!("it is unknown") };
        assert!(reason.contains("Attempt to read") && !reason.contains("secret"), "{reason}");
        // What it says of a connection that it tries anew comes after.
        assert!(matches!(failed(210, &format!("{cut}{refused}")), ClientError::Lost(_)));
        let syntax = "Code: 62. DB::Exception: Syntax error: failed at position 1 ('SELEC'): SELEC 1. Expected one of: x. (SYNTAX_ERROR)\n";
        assert!(matches!(failed(62, syntax), ClientError::Client(Exception { code: 62, .. })));
        assert!(matches!(failed(127, "sh: 1: clickhouse: not found"), ClientError::NotSent(_)));
        assert!(matches!(failed(137, ""), ClientError::Lost(_)));
    }

    #[test]
    fn what_a_client_says_beside_an_answer_is_no_matter() {
        let said = Said { out: "ä\n".into(), err: b"Warning: x".to_vec(), code: 0 };
        assert_eq!(read(&said), Ok(Answer { body: "ä\n".to_owned(), rows: None }));
    }
}
