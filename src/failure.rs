//! What can go wrong, as it is told and recorded: a failure with its code and remedy, and the refusal of a check.
//!
//! Every floor that can fail uses it. A failure is made from its entry in the [`catalogue`](crate::catalogue), which says what
//! it means; which entry an exception of ClickHouse's is, [`diagnose`](crate::diagnose) says.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    catalogue::{Entry, Filled},
    name::Name,
};

/// A check said no: what was expected, what was found and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The check's name.
    pub check: String,
    /// `precondition`, `postcondition` or `check`.
    pub phase: String,
    pub expected: String,
    /// What was found: lines of cells, as in `replica1 · runs · MergeTree, not replicated`.
    pub found: Vec<Vec<String>>,
    /// The plan's own word on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Duration>,
}

impl Refusal {
    /// How many lines are shown before the rest is only counted.
    const LINES: usize = 20;

    /// The first lines of what was found, and how many more there are.
    pub fn shorten(mut found: Vec<Vec<String>>) -> Vec<Vec<String>> {
        let more = found.len().saturating_sub(Self::LINES);
        if more > 0 {
            found.truncate(Self::LINES);
            found.push(vec![format!("… and {more} more")]);
        }
        found
    }
}

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// A stable code, `houseplan::restore::table_not_empty`.
    pub code: String,
    /// What is so, as a lowercase fragment.
    pub message: String,
    /// What the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether the same may succeed later by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub temporary: bool,
    /// Whether it is certain that the attempt has changed nothing: it was never sent, or refused before it began.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untouched: bool,
    /// Whether nothing of the attempt left this process: no process was made, no connection was there, nothing was worded. What
    /// was never sent has never started.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsent: bool,
}

/// ClickHouse's own words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerError {
    pub code: i32,
    pub name: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Entry {
    /// The failure that it describes, of no server and no table in particular.
    pub fn failure(&'static self) -> Failure {
        self.bare().failure()
    }
}

impl Filled {
    /// The failure that it describes.
    pub fn failure(&self) -> Failure {
        Failure {
            code: self.entry.code.to_owned(),
            message: self.title(),
            server: None,
            member: None,
            cause: self.cause(),
            help: Some(self.help()),
            temporary: self.entry.temporary,
            untouched: false,
            unsent: false,
        }
    }
}

impl Failure {
    /// One that no entry describes, for tests.
    #[cfg(test)]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            server: None,
            member: None,
            cause: None,
            help: None,
            temporary: false,
            untouched: false,
            unsent: false,
        }
    }

    /// Of an attempt that was never sent, and so has changed nothing.
    pub fn before_sending(self) -> Self {
        Self { untouched: true, unsent: true, ..self }
    }

    /// Whether it is what this entry describes.
    pub fn is(&self, entry: &Entry) -> bool {
        self.code == entry.code
    }

    /// With more to say than the entry's title does.
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// With another remedy than the entry's, where what is known here leads to a better one.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the cause that was seen.
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_are_counted() {
        let lines = Refusal::shorten((0..51).map(|number| vec![number.to_string()]).collect());
        assert_eq!((lines.len(), lines[20][0].as_str()), (21, "… and 31 more"));
        assert_eq!(Refusal::shorten(vec![vec!["a".to_owned()]]).len(), 1);
    }
}
