//! Secrets: where they come from, and how they are read. Never kept, never shown.
//!
//! What a target's keys mean is known without reading any ([`SecretRef`]); all of an environment are read at once, and all
//! that is wrong with them is told at once, each by its source.

mod answer;
mod command;

use std::{collections::HashMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use camino::{Utf8Path, Utf8PathBuf};
use futures::future::join_all;
use indexmap::IndexMap;
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kubernetes::DEFAULT_NAME;
use crate::{
    connect::kubernetes::{Kubernetes, Resource},
    document::{Place, Problem, suggestion},
    name::Name,
};

/// Where a secret comes from. Read anew each time houseplan starts, and never kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretSource {
    /// An environment variable of houseplan's.
    Env(String),
    /// A file, beside the environment's where the path is relative; one line end at its end is left out.
    File(String),
    /// A program with its arguments that prints the secret, as in `[pass, show, clickhouse]`; one line end at its end is left
    /// out. It is run on this machine in the environment's folder, without a shell, with houseplan's variables and without input;
    /// it has 60 s.
    Command(#[schemars(length(min = 1))] Vec<String>),
    /// A key of a Secret of Kubernetes; only this one is read, by `get`.
    Secret(KubernetesSecret),
}

/// Which part of what a source gives is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Whole,
    /// The value of this key in an answer of STS, or one in the form of `credential_process`.
    Answered(&'static str),
}

/// A key of a Secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KubernetesSecret {
    /// The Secret's name, as in `langsmith-clickhouse`.
    pub name: String,
    /// The key in it, as in `clickhouse_password`.
    pub key: String,
    /// Its namespace; the one of the target `kubernetes` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The target of kind `kubernetes`; the one that is called `kubernetes` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Name>,
}

impl KubernetesSecret {
    /// The target that is the cluster of Kubernetes.
    pub fn kubernetes(&self) -> Name {
        self.kubernetes.clone().unwrap_or_else(|| Name::from(DEFAULT_NAME))
    }
}

/// A secret that a target names, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef {
    /// With the whole path of a file.
    source: SecretSource,
    part: Part,
    /// Whether the source may leave it out.
    is_optional: bool,
    /// Where the source is written.
    place: Place,
    /// Where a command is run.
    directory: Utf8PathBuf,
    /// Whether what it holds is taken out of all that is shown.
    is_redacted: bool,
}

impl SecretRef {
    /// A secret that is never shown. `directory` is what relative paths are beside.
    pub fn redacted(source: &SecretSource, place: Place, directory: &Utf8Path) -> Self {
        let source = match source {
            SecretSource::File(path) => SecretSource::File(directory.join(path).into_string()),
            other => other.clone(),
        };
        let directory = directory.to_owned();
        Self { source, part: Part::Whole, is_optional: false, place, directory, is_redacted: true }
    }

    /// What is read like a secret and may be shown, as servers do: the id of an access key.
    pub fn plain(source: &SecretSource, place: Place, directory: &Utf8Path) -> Self {
        Self { is_redacted: false, ..Self::redacted(source, place, directory) }
    }

    /// Of an answer of STS, or one in the form of `credential_process`, which this one stands for as a whole: the value of `key`.
    pub fn answered(self, key: &'static str) -> Self {
        Self { part: Part::Answered(key), ..self }
    }

    /// The same where the source may leave it out.
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Where it comes from, as a person reads it.
    pub fn shown(&self) -> String {
        self.source.to_string()
    }

    /// The Secret of Kubernetes that it is, and where that is written.
    pub fn kubernetes(&self) -> Option<(&KubernetesSecret, &Place)> {
        match &self.source {
            SecretSource::Secret(secret) => Some((secret, &self.place)),
            SecretSource::Env(_) | SecretSource::File(_) | SecretSource::Command(_) => None,
        }
    }
}

/// The secrets of an environment, read.
#[derive(Debug, Default)]
pub struct Secrets(HashMap<(SecretSource, Part), SecretString>);

impl Secrets {
    /// Reads them all, each source once; or tells everything that is wrong, in its place.
    /// `clusters` are those of Kubernetes, by the names of their targets.
    pub async fn read(refs: &[&SecretRef], clusters: &IndexMap<Name, Kubernetes>) -> Result<Self, Vec<Problem>> {
        let texts = texts(refs, clusters).await;
        let (mut secrets, mut problems) = (HashMap::new(), Vec::new());
        let mut told: Vec<(&SecretSource, String)> = Vec::new();
        for secret in refs {
            match secret.part_of(&texts[&secret.source]) {
                Ok(Some(value)) => _ = secrets.insert((secret.source.clone(), secret.part), value),
                Ok(None) => {}
                // An answer that cannot be had is one trouble, however many of its parts are wanted.
                Err(message) if secret.is_answered() && told.contains(&(&secret.source, message.clone())) => {}
                Err(message) => {
                    problems.push(Problem::at(secret.place.clone(), &message));
                    told.push((&secret.source, message));
                }
            }
        }
        if problems.is_empty() { Ok(Self(secrets)) } else { Err(problems) }
    }

    /// Takes in what was read besides.
    pub fn add(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// What was read; empty for what was not asked for, or left out.
    pub fn get(&self, secret: &SecretRef) -> SecretString {
        self.find(secret).unwrap_or_default()
    }

    /// What was read; `None` for what was left out.
    pub fn find(&self, secret: &SecretRef) -> Option<SecretString> {
        self.0.get(&(secret.source.clone(), secret.part)).cloned()
    }

    /// Those of `refs` that are taken out of all that is shown.
    pub fn redacted(&self, refs: &[&SecretRef]) -> Vec<SecretString> {
        refs.iter().filter(|it| it.is_redacted).filter_map(|it| self.find(it)).collect()
    }
}

/// What each source gives, or what is wrong with it.
async fn texts<'a>(
    refs: &[&'a SecretRef],
    clusters: &IndexMap<Name, Kubernetes>,
) -> HashMap<&'a SecretSource, Result<SecretString, String>> {
    let sources: HashMap<&SecretSource, &Utf8Path> =
        refs.iter().map(|it| (&it.source, it.directory.as_path())).collect();
    let read = sources.into_iter().map(async |(source, directory)| (source, source.read(directory, clusters).await));
    join_all(read).await.into_iter().collect()
}

impl SecretRef {
    fn is_answered(&self) -> bool {
        matches!(self.part, Part::Answered(_))
    }

    /// What it is, of what its source gave; `None` where that leaves it out, and may.
    fn part_of(&self, text: &Result<SecretString, String>) -> Result<Option<SecretString>, String> {
        let text = text.as_ref().map_err(Clone::clone)?;
        let (what, value) = match self.part {
            Part::Whole => (self.source.named(), Some(text.clone())),
            Part::Answered(key) => {
                let answer = answer::part(text.expose_secret(), key);
                let value = answer.map_err(|wrong| format!("{} {wrong}", self.source.named()))?;
                (format!("`{key}` of {}", self.source.named()), value)
            }
        };
        let Some(value) = value.filter(|it| !it.expose_secret().is_empty() || !self.is_answered()) else {
            return if self.is_optional { Ok(None) } else { Err(format!("{what} is not there or empty")) };
        };
        match malformed(value.expose_secret()) {
            None => Ok(Some(value)),
            Some(wrong) => Err(format!("{what} {wrong}")),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {path}"),
            // Of its arguments one may be a secret by mistake.
            Self::Command(command) => write!(f, "command {}", command.first().map_or("", String::as_str)),
            Self::Secret(secret) => secret.fmt(f),
        }
    }
}

impl fmt::Display for KubernetesSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = self.namespace.as_ref().map_or_else(String::new, |it| format!("{it}/"));
        write!(f, "key {} of the Secret {namespace}{}", self.key, self.name)
    }
}

impl SecretSource {
    /// As a sentence names it.
    fn named(&self) -> String {
        match self {
            Self::Env(name) => format!("the environment variable `{name}`"),
            Self::File(path) => format!("the file {path}"),
            Self::Command(command) => format!("what `{}` prints", command.first().map_or("", String::as_str)),
            Self::Secret(secret) => secret.to_string(),
        }
    }

    /// What it gives, or why that cannot be had; never a part of it.
    async fn read(&self, directory: &Utf8Path, clusters: &IndexMap<Name, Kubernetes>) -> Result<SecretString, String> {
        let text = match self {
            Self::Env(name) => read_variable(name)?,
            Self::File(path) => without_line_end(read_file(path).await?),
            Self::Command(command) => without_line_end(command::output(command, directory).await?),
            Self::Secret(secret) => read_secret(secret, clusters).await?,
        };
        Ok(text.into())
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
    tokio::fs::read_to_string(path).await.map_err(|error| format!("the file {path} cannot be read: {error}"))
}

fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

async fn read_secret(secret: &KubernetesSecret, clusters: &IndexMap<Name, Kubernetes>) -> Result<String, String> {
    let target = secret.kubernetes();
    let kubernetes = clusters.get(&target).ok_or_else(|| format!("the environment has no target `{target}`"))?;
    let namespace = match &secret.namespace {
        Some(namespace) => namespace.clone(),
        None => kubernetes.namespace().await.map_err(|error| error.to_string())?,
    };
    let found = kubernetes.get(Resource::SECRET, &namespace, &secret.name).await.map_err(|error| error.to_string())?;
    let called = format!("the Secret `{}` in the namespace `{namespace}`", secret.name);
    let found = found.ok_or_else(|| format!("there is no Secret `{}` in the namespace `{namespace}`", secret.name))?;
    let data = found.get("data").and_then(Value::as_object);
    let encoded = data.and_then(|data| data.get(&secret.key)).and_then(Value::as_str).ok_or_else(|| {
        let keys = data.into_iter().flat_map(|data| data.keys()).map(String::as_str);
        format!("{called} has no key `{}`{}", secret.key, suggestion(&secret.key, keys))
    })?;
    let bytes = STANDARD.decode(encoded).map_err(|_| format!("what {called} holds there is not base64"))?;
    String::from_utf8(bytes).map_err(|_| format!("what {called} holds in `{}` is not UTF-8", secret.key))
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
