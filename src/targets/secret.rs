//! Secrets: where they come from, and how they are read. Never kept, never shown.
//!
//! What a target's keys mean is known without reading any ([`SecretRef`]); all of an environment are read at once, and all
//! that is wrong with them is told at once, each by its source.

use std::{collections::HashMap, fmt};

use camino::Utf8Path;
use futures::future::join_all;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::document::{Place, Problem};

/// Where a secret comes from. Read anew each time houseplan starts, and never kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretSource {
    /// An environment variable of houseplan's.
    Env(String),
    /// A file, beside the environment's where the path is relative; one line end at its end is left out.
    File(String),
}

/// A secret that a target names, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef {
    /// With the whole path of a file.
    source: SecretSource,
    /// Where the source is written.
    place: Place,
    /// Whether what it holds is taken out of all that is shown.
    is_redacted: bool,
}

impl SecretRef {
    /// A secret that is never shown. `directory` is what relative paths are beside.
    pub fn redacted(source: &SecretSource, place: Place, directory: &Utf8Path) -> Self {
        let source = match source {
            SecretSource::Env(name) => SecretSource::Env(name.clone()),
            SecretSource::File(path) => SecretSource::File(directory.join(path).into_string()),
        };
        Self { source, place, is_redacted: true }
    }

    /// What is read like a secret and may be shown, as servers do: the id of an access key.
    pub fn plain(source: &SecretSource, place: Place, directory: &Utf8Path) -> Self {
        Self { is_redacted: false, ..Self::redacted(source, place, directory) }
    }
}

/// The secrets of an environment, read.
#[derive(Debug, Default)]
pub struct Secrets(HashMap<SecretSource, SecretString>);

impl Secrets {
    /// Reads them all, each source once; or tells everything that is wrong, in its place.
    pub async fn read(refs: &[&SecretRef]) -> Result<Self, Vec<Problem>> {
        let mut sources: Vec<&SecretSource> = refs.iter().map(|it| &it.source).collect();
        sources.sort_by_key(|source| format!("{source:?}"));
        sources.dedup();
        let (mut secrets, mut wrong) = (HashMap::new(), HashMap::new());
        for (source, read) in join_all(sources.into_iter().map(async |source| (source, source.read().await))).await {
            match read {
                Ok(secret) => drop(secrets.insert(source.clone(), secret)),
                Err(message) => drop(wrong.insert(source, message)),
            }
        }
        let problem = |it: &&SecretRef| Some(Problem::at(it.place.clone(), wrong.get(&it.source)?));
        let problems: Vec<Problem> = refs.iter().filter_map(problem).collect();
        if problems.is_empty() { Ok(Self(secrets)) } else { Err(problems) }
    }

    /// What was read; empty for what was not asked for.
    pub fn get(&self, secret: &SecretRef) -> SecretString {
        self.0.get(&secret.source).cloned().unwrap_or_default()
    }

    /// Those of `refs` that are taken out of all that is shown.
    pub fn redacted(&self, refs: &[&SecretRef]) -> Vec<SecretString> {
        refs.iter().filter(|it| it.is_redacted).map(|it| self.get(it)).collect()
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {path}"),
        }
    }
}

impl SecretSource {
    /// The secret, or what is wrong with it; never a part of it.
    async fn read(&self) -> Result<SecretString, String> {
        let (source, text) = match self {
            Self::Env(name) => (format!("the environment variable `{name}`"), read_variable(name)?),
            Self::File(path) => (format!("the file {path}"), read_file(path).await?),
        };
        match malformed(&text) {
            None => Ok(text.into()),
            Some(what) => Err(format!("{source} {what}")),
        }
    }
}

fn read_variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| match error {
        std::env::VarError::NotPresent => {
            format!("the environment variable `{name}` is not set; set it, or name another one")
        }
        std::env::VarError::NotUnicode(_) => format!("the environment variable `{name}` is not UTF-8"),
    })
}

async fn read_file(path: &str) -> Result<String, String> {
    let text = tokio::fs::read_to_string(path).await;
    let mut text = text.map_err(|error| format!("the file {path} cannot be read: {error}"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// What keeps a text from being a password or a key, and how it is fixed. Both go into HTTP headers, which hold no line ends
/// and lose blanks at their ends; so a server would be sent another secret, or nothing at all.
fn malformed(text: &str) -> Option<&'static str> {
    if text.trim_end_matches(['\n', '\r']).len() < text.len() {
        return Some(
            "ends with a line end that is no part of the secret (`echo … | base64` leaves one; `printf %s …` does not); \
             write it without",
        );
    }
    if text.contains(['\n', '\r']) {
        return Some("holds more than one line, and a secret is one line; write the secret alone");
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Some("starts or ends with a blank, which would not be sent to a server; write the secret without it");
    }
    if text.chars().any(|it| it.is_ascii_control() && it != '\t') {
        return Some("holds a control character, which no HTTP header can hold; write the secret as text");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_can_hold_is_told_by_its_kind() {
        let cases = [
            ("hunter2\n", "ends with a line end"),
            ("hunter2\r\n\n", "ends with a line end"),
            ("hun\nter2", "more than one line"),
            (" hunter2", "starts or ends with a blank"),
            ("hunter2\u{a0}", "starts or ends with a blank"),
            ("hun\u{1}ter2", "a control character"),
            ("hun\u{7f}ter2", "a control character"),
        ];
        for (text, expected) in cases {
            let said = malformed(text).unwrap_or_else(|| panic!("{text:?} is taken"));
            assert!(said.contains(expected), "{text:?}: {said}");
        }
        for text in ["hunter2", "", "pass phrase", "pä$$wörd", "a\tb"] {
            assert_eq!(malformed(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_secret_that_is_taken_can_stand_in_a_header() {
        for byte in 0..=255_u8 {
            let text = format!("a{}b", char::from(byte));
            let is_taken = malformed(&text).is_none();
            assert_eq!(is_taken, reqwest::header::HeaderValue::try_from(text.as_str()).is_ok(), "{byte}");
        }
    }
}
