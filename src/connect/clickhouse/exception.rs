//! What a server, or the way to it, answers when it does not do what it was asked.

use std::fmt;

/// An exception of ClickHouse's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// ClickHouse's error code, as in `system.errors`.
    pub code: i32,
    /// Its name, as in `UNKNOWN_TABLE`; empty where the text has none.
    pub name: String,
    /// The text, without the code before it and the name and version behind it.
    pub message: String,
    /// The server's version, where the text tells it.
    pub version: Option<String>,
}

impl Exception {
    /// Reads `Code: 60. DB::Exception: Unknown table … (UNKNOWN_TABLE) (version 26.9.2.1 (official build))`.
    ///
    /// `code` is what the header `X-ClickHouse-Exception-Code` said; it wins over the text.
    pub fn parse(text: &str, code: Option<i32>) -> Self {
        let text = text.trim();
        let (body, version) = match text.rfind("(version ") {
            Some(at) => {
                let version = text[at + "(version ".len()..].split([' ', ')']).next().unwrap_or_default();
                (text[..at].trim_end(), Some(version.to_owned()))
            }
            None => (text, None),
        };
        let (written, rest) = body
            .find("Code: ")
            .and_then(|at| {
                let (digits, rest) = body[at + "Code: ".len()..].split_once('.')?;
                Some((digits.trim().parse::<i32>().ok()?, rest))
            })
            .map_or((None, body), |(code, rest)| (Some(code), rest));
        let rest = rest.trim_start();
        let rest =
            ["DB::Exception: ", "DB::NetException: "].iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest);
        let (message, name) = split_name(rest);
        Self {
            code: code.filter(|code| *code != 0).or(written).unwrap_or_default(),
            name: name.to_owned(),
            message: message.trim().to_owned(),
            version,
        }
    }
}

/// Takes the last `(UPPER_CASE)` off the end of a message.
fn split_name(text: &str) -> (&str, &str) {
    let text = text.trim_end();
    let Some(inner) = text.strip_suffix(')') else { return (text, "") };
    let Some(at) = inner.rfind('(') else { return (text, "") };
    let name = &inner[at + 1..];
    let is_name = name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_name { (&inner[..at], name) } else { (text, "") }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code: {}. {}", self.code, self.message)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " ({})", self.name) }
    }
}

/// Why a statement gave no rows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    /// The server said no.
    #[error("{0}")]
    Exception(Exception),
    /// No connection was made: the statement was not sent.
    #[error("the server at {url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    /// The connection broke after the statement was sent, or time ran out: whether it was carried out is unknown.
    #[error("the connection to {url} broke before the answer was complete: {reason}")]
    Lost { url: String, reason: String },
    /// What stands before the server (a proxy, a load balancer) answered that it has none (502, 503, 504), without a word of
    /// ClickHouse's. Whether the statement had reached one is unknown.
    #[error("what answers at {url} finds no server behind it: {reason}")]
    Gateway { url: String, reason: String },
    /// Something answered that is no ClickHouse, or in a form that we do not know.
    #[error("the answer of {url} is not understood: {reason}")]
    Malformed { url: String, reason: String },
}

impl QueryError {
    /// The exception, where it is one with this code.
    pub fn exception(&self) -> Option<&Exception> {
        match self {
            Self::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    pub fn has_code(&self, code: i32) -> bool {
        self.exception().is_some_and(|exception| exception.code == code)
    }

    /// Whether the statement may have been carried out all the same.
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Gateway { .. } | Self::Malformed { .. })
    }

    /// Why there was no answer of a server; `None` where there was one, or something that may be one.
    pub fn no_answer(&self) -> Option<&str> {
        match self {
            Self::Unreachable { reason, .. } | Self::Lost { reason, .. } | Self::Gateway { reason, .. } => Some(reason),
            Self::Exception(_) | Self::Malformed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, header: Option<i32>, code: i32, name: &str, message: &str) {
        let exception = Exception::parse(text, header);
        assert_eq!((exception.code, exception.name.as_str(), exception.message.as_str()), (code, name, message));
    }

    #[test]
    fn exceptions_are_taken_apart() {
        case(
            "Code: 60. DB::Exception: Unknown table expression identifier 'x'. (UNKNOWN_TABLE) (version 26.9.2.1 (official build))\n",
            Some(60),
            60,
            "UNKNOWN_TABLE",
            "Unknown table expression identifier 'x'.",
        );
        case(
            "Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)",
            None,
            394,
            "QUERY_WAS_CANCELLED",
            "Query was cancelled.",
        );
        case("not a word of it (see above)", Some(1001), 1001, "", "not a word of it (see above)");
        case("", None, 0, "", "");
    }

    #[test]
    fn the_version_is_kept() {
        let exception =
            Exception::parse("Code: 1. DB::Exception: x. (Y_Z) (version 25.8.16.34 (official build))", None);
        assert_eq!(exception.version.as_deref(), Some("25.8.16.34"));
    }
}
