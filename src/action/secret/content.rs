//! What a Secret holds: as it is wanted, and as it is there. No value leaves this file but into a request.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::action::secrets::Secrets;

/// The type of a Secret that says none.
pub(super) const OPAQUE: &str = "Opaque";

/// The values of a Secret, by their keys, in base64.
#[derive(Debug, Clone, Default)]
pub(super) struct Content(BTreeMap<String, SecretString>);

impl Content {
    /// Of a Secret as the API server has it.
    pub(super) fn of(object: &Value) -> Self {
        let data = object.get("data").and_then(Value::as_object).into_iter().flatten();
        let value = |value: &Value| SecretString::from(value.as_str().unwrap_or_default());
        Self(data.map(|(key, it)| (key.clone(), value(it))).collect())
    }

    pub(super) fn insert(&mut self, key: &str, text: &str) {
        self.0.insert(key.to_owned(), BASE64_STANDARD.encode(text).into());
    }

    /// Takes what `other` has for these keys, all of them where none is named.
    ///
    /// # Errors
    /// The keys that it does not have.
    pub(super) fn copy(&mut self, other: &Self, keys: Option<&[String]>) -> Result<(), Vec<String>> {
        let keys = keys.map_or_else(|| other.keys(), <[String]>::to_vec);
        let absent: Vec<String> = keys.iter().filter(|key| !other.0.contains_key(*key)).cloned().collect();
        if !absent.is_empty() {
            return Err(absent);
        }
        self.0.extend(keys.into_iter().filter_map(|key| Some((key.clone(), other.0.get(&key)?.clone()))));
        Ok(())
    }

    /// Takes all that `other` has, instead of its own.
    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(key, value)| (key.clone(), value.clone())));
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// `data` of a request.
    pub(super) fn to_data(&self) -> Value {
        let data = self.0.iter().map(|(key, value)| (key.clone(), Value::from(value.expose_secret())));
        Value::Object(data.collect::<Map<_, _>>())
    }

    /// The values, to be hidden in what is said of a request: as they are and as they are sent.
    pub(super) fn secrets(&self) -> Secrets {
        let plain = |it: &SecretString| {
            let bytes = BASE64_STANDARD.decode(it.expose_secret()).unwrap_or_default();
            SecretString::from(String::from_utf8_lossy(&bytes).into_owned())
        };
        Secrets::new(self.0.values().flat_map(|it| [it.clone(), plain(it)]).collect())
    }

    /// What is another in `there`, a line each: the key and what of it.
    pub(super) fn differences(&self, there: &Self) -> Vec<Vec<String>> {
        let line = |key: &str, what: &str| vec![key.to_owned(), what.to_owned()];
        let wanted = self.0.iter().filter_map(|(key, value)| match there.0.get(key) {
            None => Some(line(key, "is not there")),
            Some(it) if it.expose_secret() != value.expose_secret() => Some(line(key, "has another value")),
            Some(_) => None,
        });
        let more = there.0.keys().filter(|key| !self.0.contains_key(*key));
        wanted.chain(more.map(|key| line(key, "is there, and the plan has no such key"))).collect()
    }
}

/// The Secret as it is made.
pub(super) fn made(name: &str, kind: Option<&str>, content: &Content) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": name, "labels": { "app.kubernetes.io/managed-by": "houseplan" } },
        "type": kind.unwrap_or(OPAQUE),
        "data": content.to_data(),
    })
}

/// The Secret that is there, with this content instead of its own: its labels and annotations stay.
pub(super) fn replaced(there: &Value, content: &Content) -> Value {
    let mut object = there.clone();
    object["data"] = content.to_data();
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(values: &[(&str, &str)]) -> Content {
        let mut content = Content::default();
        values.iter().for_each(|(key, value)| content.insert(key, value));
        content
    }

    #[test]
    fn another_content_is_told_by_its_keys_and_never_by_its_values() {
        let wanted = content(&[("host", "new"), ("user", "default"), ("password", "canary-1")]);
        let there = content(&[("host", "old"), ("user", "default"), ("port", "8123")]);
        let told = wanted.differences(&there);
        let keys: Vec<&str> = told.iter().map(|line| line[0].as_str()).collect();
        assert_eq!(keys, ["host", "password", "port"]);
        let text = format!("{told:?} {wanted:?}");
        let encoded = BASE64_STANDARD.encode("canary-1");
        assert!(!text.contains("canary-1") && !text.contains(&encoded) && !text.contains("old"), "{text}");
        assert!(wanted.differences(&wanted.clone()).is_empty());
    }

    #[test]
    fn what_is_copied_goes_before_nothing_and_what_is_missing_is_told() {
        let from = content(&[("user", "default"), ("password", "p")]);
        let mut all = content(&[("host", "h")]);
        all.copy(&from, None).unwrap();
        assert_eq!(all.keys(), ["host", "password", "user"]);
        let mut some = Content::default();
        assert_eq!(some.copy(&from, Some(&["user".to_owned(), "tls".to_owned()])), Err(vec!["tls".to_owned()]));
        some.copy(&from, Some(&["user".to_owned()])).unwrap();
        assert_eq!(some.keys(), ["user"]);
    }

    #[test]
    fn what_is_said_of_a_request_hides_both_forms() {
        let secrets = content(&[("password", "canary-2")]).secrets();
        let said = secrets.hide(&format!("canary-2 and {}", BASE64_STANDARD.encode("canary-2")));
        assert_eq!(said, "[HIDDEN] and [HIDDEN]");
    }
}
