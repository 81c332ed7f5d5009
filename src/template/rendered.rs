//! A template's text, with its secrets kept apart from what may be shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The text that a template gave. It may hold a secret, so it is never printed by accident: `Debug` and `Display` give
/// it with `[secret inputs.name]` where a secret stands.
#[derive(Clone)]
pub struct Rendered {
    text: SecretString,
    shown: String,
    secret: bool,
}

impl Rendered {
    pub(super) fn new(text: String, shown: String, secret: bool) -> Self {
        Self { text: text.into(), shown, secret }
    }

    /// The text itself: for what is sent, never for what is shown.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// Whether a secret is in it.
    pub fn is_secret(&self) -> bool {
        self.secret
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rendered").field(&self.shown).finish()
    }
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
