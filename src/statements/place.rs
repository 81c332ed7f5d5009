//! Where a backup lies: `S3('url', 'key', 'secret')`.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

use crate::sql::quote_string;

/// A place with the credentials that open it: for what is sent, and never shown.
#[derive(Debug, Clone)]
pub struct SentPlace {
    url: String,
    credentials: Option<(SecretString, SecretString)>,
}

/// A place as it is reviewed: it says where its access key comes from, and has no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewedPlace {
    /// The URL, with the placeholders in it as they are written, and where the access key comes from (`env S3_KEY`).
    At { url: String, access_key: Option<String> },
    /// What only a run knows: this expression gives it.
    Unknown(String),
}

impl SentPlace {
    /// `path` in the store at `store_url`. The credentials are the access key's id and secret; `None` where the servers use
    /// their own.
    pub fn new(store_url: &str, path: &str, credentials: Option<(SecretString, SecretString)>) -> Self {
        Self { url: url_of(store_url, path), credentials }
    }

    /// Holds the secret.
    pub(super) fn sql(&self) -> String {
        let credentials = self.credentials.as_ref();
        s3(&self.url, credentials.map(|(id, secret)| (id.expose_secret(), secret.expose_secret())))
    }
}

impl ReviewedPlace {
    /// `path` in the store at `store_url`; `access_key` says where the access key comes from.
    pub fn new(store_url: &str, path: &str, access_key: Option<String>) -> Self {
        Self::At { url: url_of(store_url, path), access_key }
    }

    /// As a person reads it.
    pub fn sql(&self) -> String {
        match self {
            Self::At { url, access_key: None } => s3(url, None),
            Self::At { url, access_key: Some(key) } => s3(url, Some((&format!("[{key}]"), "[HIDDEN]"))),
            Self::Unknown(symbol) => format!("S3(<{symbol}>)"),
        }
    }
}

/// The whole URL of `path` in a store. Slashes at the ends of either do not count.
///
/// Servers take no letters beyond ASCII in a URL and decode what is encoded *(run)*. All else that would have to be encoded is in
/// no path.
pub fn url_of(store_url: &str, path: &str) -> String {
    format!("{}/{}", store_url.trim_end_matches('/'), encoded(path.trim_matches('/')))
}

/// A path as it stands in a URL.
pub fn encoded(path: &str) -> Cow<'_, str> {
    if path.is_ascii() {
        return path.into();
    }
    let byte = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(byte).collect()
}

fn s3(url: &str, credentials: Option<(&str, &str)>) -> String {
    let url = quote_string(url);
    match credentials {
        Some((id, secret)) => format!("S3({url}, {}, {})", quote_string(id), quote_string(secret)),
        None => format!("S3({url})"),
    }
}
