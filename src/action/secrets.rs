//! Secrets that must not be seen in a text: a store's credentials, what a process is given.

use secrecy::{ExposeSecret, SecretString};

use crate::connect::target::Store;

/// What must not be seen in a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(super) fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// All of a store's credentials, as they are now: ClickHouse masks secret and token in its messages, but not the access key's
    /// id.
    pub(super) fn of_store(store: &Store) -> Self {
        let keys = store.credentials.iter().map(|it| it.keys());
        let secrets = keys.flat_map(|it| [Some(it.access_key_id), Some(it.secret_access_key), it.session_token]);
        Self(secrets.flatten().collect())
    }

    /// The text with each secret replaced, as ClickHouse itself does it.
    pub(super) fn hide(&self, text: &str) -> String {
        self.exposed().fold(text.to_owned(), |text, secret| text.replace(secret, "[HIDDEN]"))
    }

    /// Whether a secret stands in the text.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.exposed().any(|secret| text.contains(secret))
    }

    fn exposed(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty())
    }
}
