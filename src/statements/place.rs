//! Where a backup lies: `S3('url', 'key', 'secret')`, or `S3(collection, 'path')`.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

use crate::sql::{quote_identifier, quote_string};

/// How servers are let into a store: for what is sent, and never shown.
#[derive(Debug, Clone)]
pub enum SentAccess {
    /// By credentials of their own.
    Own,
    /// By an access key that stands in the statement.
    Keys { id: SecretString, secret: SecretString },
    /// By the named collection of this name, whose `url` is the store's.
    Collection(String),
}

/// How servers are let into a store, as it is reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReviewedAccess {
    #[default]
    Own,
    /// Where the access key comes from (`env S3_KEY`).
    Keys(String),
    /// The named collection, with what only a run knows as a symbol in its name.
    Collection(String),
}

/// A place with what opens it: for what is sent, and never shown.
#[derive(Debug, Clone)]
pub struct SentPlace {
    store_url: String,
    path: String,
    access: SentAccess,
}

/// A place as it is reviewed: it says where its access key comes from, and has no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewedPlace {
    /// `path` in the store at `store_url`, with the placeholders in both as they are written.
    At { store_url: String, path: String, access: ReviewedAccess },
    /// What only a run knows: this expression gives it.
    Unknown(String),
}

impl SentPlace {
    /// `path` in the store at `store_url`.
    pub fn new(store_url: &str, path: &str, access: SentAccess) -> Self {
        Self { store_url: store_url.to_owned(), path: path.to_owned(), access }
    }

    /// Holds the secret, where the access key stands in the statement.
    pub(super) fn sql(&self) -> String {
        let url = url_of(&self.store_url, &self.path);
        match &self.access {
            SentAccess::Own => s3(&url, None),
            SentAccess::Keys { id, secret } => s3(&url, Some((id.expose_secret(), secret.expose_secret()))),
            SentAccess::Collection(name) => s3_of_collection(name, &self.path),
        }
    }
}

impl ReviewedPlace {
    /// `path` in the store at `store_url`.
    pub fn new(store_url: &str, path: &str, access: ReviewedAccess) -> Self {
        Self::At { store_url: store_url.to_owned(), path: path.to_owned(), access }
    }

    /// As a person reads it.
    pub fn sql(&self) -> String {
        match self {
            Self::At { store_url, path, access } => match access {
                ReviewedAccess::Own => s3(&url_of(store_url, path), None),
                ReviewedAccess::Keys(key) => s3(&url_of(store_url, path), Some((&format!("[{key}]"), "[HIDDEN]"))),
                ReviewedAccess::Collection(name) => s3_of_collection(name, path),
            },
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

/// The server puts the path behind the collection's `url`.
pub(super) fn s3_of_collection(name: &str, path: &str) -> String {
    format!("S3({}, {})", quote_identifier(name), quote_string(&encoded(path.trim_matches('/'))))
}
