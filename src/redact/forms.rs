//! The forms in which a secret is repeated by others.

use std::fmt::Write;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};

use crate::sql::quote_string;

/// How long a piece of base64 has to be to be no accident.
const SHORTEST_BASE64: usize = 8;

/// All forms of a secret, itself first.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), json(secret), json_ascii(secret), sql(secret), secret.replace('\'', "''")];
    for (space, upper) in [("%20", true), ("%20", false), ("+", true), ("+", false)] {
        forms.push(percent(secret, space, upper));
    }
    for before in 0..3 {
        forms.extend(base64(secret, before));
    }
    forms
}

fn json(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As JSON is written by what keeps to ASCII (Python).
fn json_ascii(secret: &str) -> String {
    let mut encoded = String::new();
    for character in json(secret).chars() {
        match character {
            it if it.is_ascii() => encoded.push(it),
            it => it.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(encoded, "\\u{unit:04x}")),
        }
    }
    encoded
}

fn sql(secret: &str) -> String {
    let quoted = quote_string(secret);
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent(secret: &str, space: &str, upper: bool) -> String {
    let mut encoded = String::new();
    for byte in secret.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            b' ' => encoded.push_str(space),
            _ if upper => _ = write!(encoded, "%{byte:02X}"),
            _ => _ = write!(encoded, "%{byte:02x}"),
        }
    }
    encoded
}

/// The characters of base64 that depend on nothing but the secret, where `before` bytes (modulo 3) stand before it.
fn base64(secret: &str, before: usize) -> Vec<String> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret.as_bytes());
    let first = (before * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    let cut = |encoded: String| encoded.get(first..end).unwrap_or_default().to_owned();
    let forms = [cut(BASE64_STANDARD_NO_PAD.encode(&bytes)), cut(BASE64_URL_SAFE_NO_PAD.encode(&bytes))];
    // The last character and the padding are the secret's own where nothing follows it.
    let whole = (before == 0).then(|| base64::prelude::BASE64_STANDARD.encode(secret));
    forms.into_iter().chain(whole).filter(|form| form.len() >= SHORTEST_BASE64).collect()
}
