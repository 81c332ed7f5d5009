//! What can go wrong, as it is told and recorded: a failure with its code and remedy, and the refusal of a check.
//!
//! Every floor that can fail uses it. What a failure means is told in [`crate::diagnose`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::Name;

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

impl Failure {
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
        }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}
