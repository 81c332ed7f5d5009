//! Takes secrets out of what others print, before it is shown or kept.
//!
//! A secret is found as it is, and in the forms in which tools repeat it: inside JSON, SQL and URLs, and in base64 at any
//! offset (the header of `user:password`). This is a net under the design, not the design: what we write ourselves never
//! holds a secret in the first place.

mod forms;

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aho_corasick::{AhoCorasick, MatchKind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What stands in a secret's place.
pub const MARK: &str = "[secret]";

/// Secrets shorter than this are not looked for: to replace every `a` of a log would hide what it says, and not the secret.
pub const SHORTEST: usize = 4;

/// Replaces secrets in texts. What one clone learns, all know.
#[derive(Clone)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    patterns: Vec<String>,
    /// `None` where there is nothing to look for.
    search: Option<AhoCorasick>,
}

impl Redactor {
    /// Looks for these secrets, in all their forms. Of one with many lines each line is a secret too, for lines are what is
    /// printed.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let redactor = Self(Arc::default());
        redactor.learn(secrets);
        redactor
    }

    /// Looks for these as well from now on: secrets that came after the others, as a newer session token does.
    pub fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a SecretString>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Known { patterns, search } = &mut *known;
        for secret in secrets {
            let secret = secret.expose_secret();
            let lines = secret.lines().map(str::trim).filter(|line| *line != secret);
            for part in std::iter::once(secret).chain(lines).filter(|part| part.len() >= SHORTEST) {
                patterns.extend(forms::forms(part));
            }
        }
        patterns.sort_unstable();
        patterns.dedup();
        *search = (!patterns.is_empty()).then(|| {
            let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&*patterns);
            builder.expect("secrets are shorter than the 2 GiB that a search can hold")
        });
    }

    /// The text without secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match &known.search {
            Some(search) if search.is_match(text) => {
                let mut redacted = String::with_capacity(text.len());
                search.replace_all_with(text, &mut redacted, |_, _, out| {
                    out.push_str(MARK);
                    true
                });
                Cow::Owned(redacted)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Whether a secret stands anywhere in the value, keys of maps included: redaction would make something else of it.
    pub fn alters(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => matches!(self.redact(text), Cow::Owned(_)),
            Value::Array(items) => items.iter().any(|item| self.alters(item)),
            Value::Object(fields) => {
                fields.iter().any(|(key, value)| matches!(self.redact(key), Cow::Owned(_)) || self.alters(value))
            }
            Value::Number(number) => self.redact(&number.to_string()) == MARK,
            Value::Null | Value::Bool(_) => false,
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};

    use super::*;

    fn redactor(secret: &str) -> Redactor {
        Redactor::new([&SecretString::from(secret.to_owned())])
    }

    #[track_caller]
    fn case(secret: &str, text: &str, expected: &str) {
        assert_eq!(redactor(secret).redact(text), expected);
    }

    #[test]
    fn a_secret_is_found_in_every_form_tools_print() {
        let secret = "p@ss \"w'rd\\/é\n9";
        case(secret, &format!("<{secret}>"), "<[secret]>");
        case(secret, &serde_json::to_string(secret).unwrap(), "\"[secret]\"");
        case(secret, r#""p@ss \"w'rd\\/\u00e9\n9""#, "\"[secret]\"");
        case(secret, &crate::sql::quote_string(secret), "'[secret]'");
        case(secret, "?password=p%40ss%20%22w%27rd%5C%2F%C3%A9%0A9&a=b", "?password=[secret]&a=b");
        case(secret, "?password=p%40ss+%22w%27rd%5c%2f%c3%a9%0a9", "?password=[secret]");
        case(secret, &BASE64_STANDARD.encode(secret), "[secret]");
        case("hunter2hunter2", "plain hunter2 stays", "plain hunter2 stays");
    }

    #[test]
    fn what_redaction_would_alter_is_told() {
        let redactor = redactor("clickhouse");
        assert!(redactor.alters(&serde_json::json!({ "path": ["clickhouse-backup/a"] })));
        assert!(redactor.alters(&serde_json::json!({ "clickhouse": 1 })));
        assert!(!redactor.alters(&serde_json::json!({ "path": ["backup/a", 1, null] })));
        let number = Redactor::new([&SecretString::from("40712".to_owned())]);
        assert!(number.alters(&serde_json::json!({ "rows": [{ "pin": 40712 }] })));
        assert!(!number.alters(&serde_json::json!({ "rows": [{ "n": 1407120 }] })));
    }

    #[test]
    fn a_short_secret_would_hide_the_text_and_not_itself() {
        case("abc", "abc abcd", "abc abcd");
        case("", "nothing", "nothing");
    }

    #[test]
    fn lines_of_a_long_secret_are_secrets() {
        case("-----BEGIN-----\nMIIEvQIBADAN\n-----END-----", "key: MIIEvQIBADAN.", "key: [secret].");
    }

    proptest::proptest! {
        #[test]
        fn base64_with_something_before_it_hides_the_secret(
            before in "[ -~]{0,9}", secret in "[a-zA-Z0-9]{12,30}", after in "[ -~]{0,9}"
        ) {
            let header = BASE64_STANDARD.encode(format!("{before}{secret}{after}"));
            let redacted = redactor(&secret).redact(&header).into_owned();
            proptest::prop_assert!(redacted.contains(MARK), "{} -> {}", header, redacted);
        }

        #[test]
        fn no_secret_stays(secret in r#"[-'"\\/%+=é a-z0-9]{4,20}"#, before in "[A-Z]{0,5}", after in "[A-Z]{0,5}") {
            let redacted = redactor(&secret).redact(&format!("{before}{secret}{after}")).into_owned();
            proptest::prop_assert!(!redacted.contains(&secret) || MARK.contains(&secret));
        }
    }
}
