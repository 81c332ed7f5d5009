//! Temporary access keys of the sandbox's store, as STS gives them: each with a session token, and an end.
//!
//! A key is a file in the sandbox's secrets. The store reads it at each request that is signed with it, so that one which is issued,
//! or removed, counts at once.

use std::{fs, io::ErrorKind};

use camino::Utf8PathBuf;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::cluster::{random_secret, remove_dir};
use super::error::SandboxError;
use super::layout::{Layout, write_private};

/// One key, in the form of AWS's `credential_process`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionKey {
    /// The version of the form.
    version: u8,
    /// Begins with `ASIA`, as that of every temporary key of AWS.
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: Timestamp,
    /// The rights that it lacks, as in `s3:DeleteObject`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    denied: Vec<String>,
}

impl SessionKey {
    /// Makes a key that lasts so many seconds and lacks the `denied` rights.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn issue(layout: &Layout, seconds: u32, denied: Vec<String>) -> Result<Self, SandboxError> {
        let id: String = random_secret().chars().take(16).collect();
        let expiration = Timestamp::now() + SignedDuration::from_secs(i64::from(seconds));
        let key = Self {
            version: 1,
            access_key_id: format!("ASIA{}", id.to_ascii_uppercase()),
            secret_access_key: random_secret(),
            session_token: format!("{}/{}+{}==", random_secret(), random_secret(), random_secret()),
            expiration,
            denied,
        };
        let folder = folder(layout);
        fs::create_dir_all(&folder).map_err(SandboxError::io("create", &folder))?;
        write_private(&folder.join(&key.access_key_id), &key.answer())?;
        Ok(key)
    }

    /// Removes all keys, and the record of what was asked with them.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub(super) fn forget_all(layout: &Layout) -> Result<(), SandboxError> {
        remove_dir(&folder(layout))?;
        let record = layout.session_requests_file();
        match fs::remove_file(&record) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(SandboxError::io("remove", record)(error)),
            _ => Ok(()),
        }
    }

    /// The key of this id; `None` where there is none.
    pub(super) fn find(layout: &Layout, access_key_id: &str) -> Option<Self> {
        let is_id = access_key_id.chars().all(|it| it.is_ascii_alphanumeric());
        let text = if is_id {
            fs::read_to_string(folder(layout).join(access_key_id))
        } else {
            Err(ErrorKind::NotFound.into())
        };
        serde_json::from_str(&text.ok()?).ok()
    }

    /// As a `credential_process` prints it.
    #[must_use]
    pub fn answer(&self) -> String {
        serde_json::to_string_pretty(self).expect("a key has string keys only")
    }

    /// Whether it may do this operation.
    pub(super) fn allows(&self, operation: &str) -> bool {
        !self.denied.iter().any(|right| right == right_of(operation))
    }

    /// Why a request is not let in that was signed with this key and bears that token.
    pub(super) fn refusal(&self, token: Option<&str>) -> Option<Refusal> {
        match token {
            None => return Some(Refusal::UnknownKey),
            Some(token) if token != self.session_token => return Some(Refusal::InvalidToken),
            Some(_) => {}
        }
        (self.expiration <= Timestamp::now()).then_some(Refusal::ExpiredToken)
    }
}

/// The right that an operation of S3 takes, as a policy says it.
fn right_of(operation: &str) -> &'static str {
    match operation {
        "GetObject" | "HeadObject" | "GetObjectAttributes" => "s3:GetObject",
        "DeleteObject" | "DeleteObjects" => "s3:DeleteObject",
        operation if operation.starts_with("List") => "s3:ListBucket",
        _ => "s3:PutObject",
    }
}

/// Why a temporary key is refused, in S3's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownKey,
    InvalidToken,
    ExpiredToken,
}

fn folder(layout: &Layout) -> Utf8PathBuf {
    layout.password_file().with_file_name("s3-session-keys")
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    #[test]
    fn a_key_is_let_in_by_its_token_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(Utf8Path::from_path(folder.path()).unwrap().to_owned());
        fs::create_dir_all(layout.password_file().parent().unwrap()).unwrap();
        let key = SessionKey::issue(&layout, 60, vec!["s3:DeleteObject".to_owned()]).unwrap();
        assert!(key.allows("PutObject") && !key.allows("DeleteObjects"));
        assert_eq!(SessionKey::find(&layout, &key.access_key_id).as_ref(), Some(&key));
        assert_eq!(SessionKey::find(&layout, "../s3-access-key-id"), None);
        assert_eq!(key.refusal(Some(&key.session_token)), None);
        assert_eq!(key.refusal(None), Some(Refusal::UnknownKey));
        assert_eq!(key.refusal(Some("another")), Some(Refusal::InvalidToken));
        let ended = SessionKey { expiration: Timestamp::now(), ..key };
        assert_eq!(ended.refusal(Some(&ended.session_token.clone())), Some(Refusal::ExpiredToken));
    }
}
