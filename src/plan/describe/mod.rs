//! How a step reads in a review: what it will send or run, and what it looks at, in words that a person can judge.
//!
//! Each action says it of itself (`ActionSpec::describe`), with the builders of what is
//! sent. What only a run knows stays as it is written, and every credential is told by where it comes from.

mod context;
mod files;

use indexmap::IndexMap;
use serde::Serialize;

pub use self::{
    context::{KnownEnvironment, KnownTarget, RenderContext},
    files::{NamedFile, NamedPath},
};
use crate::statements::{AsReviewed, SettingRefused, Worded};

/// The files that the plan and the environment name, as they are called there, each with the SHA-256 of what it holds; none for
/// a folder, whose content counts nowhere.
pub type Files = IndexMap<String, Option<String>>;

/// Something that is sent or run, or, where that is no text (reading an inventory), said in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownStatement {
    pub kind: StatementKind,
    /// Where: `cluster: replica1, replica2`, `local`.
    pub on: String,
    pub text: String,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub settings: IndexMap<String, String>,
    /// Of a command: which of the files that it names the digest covers, and which not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StatementKind {
    Sql,
    Command,
    Words,
}

/// A check, as a person reviews it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderedCheck {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    pub reads: Vec<ShownStatement>,
}

impl ShownStatement {
    pub(super) fn new(kind: StatementKind, on: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, on: on.into(), text: text.into(), settings: IndexMap::new(), files: Vec::new() }
    }

    pub(super) fn words(on: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(StatementKind::Words, on, text)
    }

    /// A statement, or why it is never sent.
    pub(super) fn sql(on: String, worded: Result<Worded<AsReviewed>, SettingRefused>) -> Self {
        match worded {
            Ok(Worded { text, settings }) => Self { settings, ..Self::new(StatementKind::Sql, on, text) },
            Err(refused) => Self::words(on, format!("nothing is sent: {refused}")),
        }
    }
}
