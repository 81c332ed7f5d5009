//! S3 as this machine reaches it: get, put, look, list and delete, with credentials of the store's own.
//!
//! Where a store has none (the servers use a role), this machine has no way in, and says so. Nothing here relies on a
//! conditional put: not every S3 look-alike honours it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3, aws::AmazonS3Builder, path::Path,
};
use secrecy::ExposeSecret;

use super::{store_address::AddressStyle, target::Store};

/// How often and how long one request is tried again.
const RETRY: RetryConfig = RetryConfig {
    backoff: object_store::BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 2.0,
    },
    max_retries: 3,
    retry_timeout: Duration::from_secs(20),
};

/// A client of one store.
pub struct StoreClient {
    inner: Arc<AmazonS3>,
    /// The folder of the bucket that the store is, without slashes at its ends; empty for the bucket itself.
    folder: String,
    url: String,
}

/// An object, by its key below the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    pub size: u64,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store `{0}` has no access key in the environment: this machine cannot reach it")]
    NoCredentials(String),
    #[error("`{0}` names no bucket")]
    Url(String),
    #[error("`{0}` is no key of an object")]
    Key(String),
    #[error("there is no object `{key}` in {url}")]
    NotFound { key: String, url: String },
    #[error("there is no bucket at {url}")]
    NoSuchBucket { url: String },
    #[error("{url} refuses the access key for `{key}` (it is wrong, or lacks the right)")]
    Denied { key: String, url: String },
    #[error("{url} cannot be reached from this machine: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url} refused a request for `{key}`: {reason}")]
    Refused { key: String, url: String, reason: String },
    #[error("in {url} lies an object that is not understood: {reason}")]
    Listing { url: String, reason: String },
}

impl StoreClient {
    /// Makes a client; connects to nothing yet.
    pub fn new(store: &Store) -> Result<Self, StoreError> {
        let credentials = store.credentials.as_ref();
        let keys = credentials.ok_or_else(|| StoreError::NoCredentials(store.name.to_string()))?.keys();
        let malformed = || StoreError::Url(store.url.clone());
        let address = store.address().ok_or_else(malformed)?;
        let (endpoint, style) = address.endpoint();
        let mut builder = AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_bucket_name(address.bucket())
            .with_region(&store.region)
            .with_access_key_id(keys.access_key_id.expose_secret())
            .with_secret_access_key(keys.secret_access_key.expose_secret())
            .with_virtual_hosted_style_request(style == AddressStyle::VirtualHosted)
            .with_allow_http(true)
            .with_retry(RETRY)
            .with_client_options(
                ClientOptions::new().with_allow_http(true).with_connect_timeout(Duration::from_secs(5)),
            );
        if let Some(token) = &keys.session_token {
            builder = builder.with_token(token.expose_secret());
        }
        let inner = builder.build().map_err(|_| malformed())?;
        Ok(Self { inner: Arc::new(inner), folder: address.folder().to_owned(), url: store.url.clone() })
    }

    /// An object's bytes.
    pub async fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        let got = self.inner.get(&self.path(key)?).await.map_err(|error| self.error(key, &error))?;
        got.bytes().await.map_err(|error| self.error(key, &error))
    }

    pub async fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Result<(), StoreError> {
        let bytes: Bytes = bytes.into();
        self.inner.put(&self.path(key)?, bytes.into()).await.map_err(|error| self.error(key, &error))?;
        Ok(())
    }

    /// An object's size; `None` where there is none.
    pub async fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        match self.inner.head(&self.path(key)?).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error(key, &error)),
        }
    }

    /// Everything below the folder `prefix`, page after page, in no order.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>, StoreError> {
        let folder = self.path(prefix)?;
        let listed = self.inner.list(Some(&folder)).map(|meta| {
            let meta = meta.map_err(|error| self.error(prefix, &error))?;
            // The key `prefix/`, by which consoles show an empty folder, is the folder and nothing in it.
            let in_folder = meta.location != folder;
            Ok(if in_folder { Some(Object { key: self.key_of(&meta.location)?, size: meta.size }) } else { None })
        });
        listed.try_filter_map(|object| async move { Ok(object) }).try_collect().await
    }

    /// Removes an object; one that is not there is removed.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.inner.delete(&self.path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(key, &error)),
        }
    }

    /// Removes everything below the folder `prefix`, and says how many objects that were. An empty prefix is refused.
    pub async fn delete_below(&self, prefix: &str) -> Result<u64, StoreError> {
        if prefix.trim_matches('/').is_empty() {
            return Err(StoreError::Key(prefix.to_owned()));
        }
        let path = self.path(prefix)?;
        // By the name of the folder itself (`prefix/`) another object would be removed, `prefix`.
        let below = self.inner.list(Some(&path)).try_filter(move |meta| std::future::ready(meta.location != path));
        let locations = below.map_ok(|meta| meta.location).boxed();
        let deleted = self.inner.delete_stream(locations);
        deleted.map_err(|error| self.error(prefix, &error)).try_fold(0, |count, _| async move { Ok(count + 1) }).await
    }

    fn path(&self, key: &str) -> Result<Path, StoreError> {
        let key = key.trim_matches('/');
        let whole = if self.folder.is_empty() { key.to_owned() } else { format!("{}/{key}", self.folder) };
        Path::parse(&whole).map_err(|_| StoreError::Key(key.to_owned()))
    }

    fn key_of(&self, location: &Path) -> Result<String, StoreError> {
        let whole = location.as_ref();
        let below = match self.folder.as_str() {
            "" => Some(whole),
            folder => whole.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
        };
        below
            .map(str::to_owned)
            .ok_or_else(|| StoreError::Listing { url: self.url.clone(), reason: format!("`{whole}`") })
    }

    fn error(&self, key: &str, error: &object_store::Error) -> StoreError {
        let (key, url) = (key.to_owned(), self.url.clone());
        let reason = innermost(error);
        let code = s3_code(&reason);
        match error {
            _ if code == Some("NoSuchBucket") => StoreError::NoSuchBucket { url },
            object_store::Error::NotFound { .. } => StoreError::NotFound { key, url },
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                StoreError::Denied { key, url }
            }
            // Keys that no path of ours can name, such as `a//b`.
            object_store::Error::InvalidPath { .. } => StoreError::Listing { url, reason },
            _ if code.is_some() || reason.contains("status code") => StoreError::Refused { key, url, reason },
            _ => StoreError::Unreachable { url, reason },
        }
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The code in S3's answer: `<Code>NoSuchBucket</Code>`.
fn s3_code(text: &str) -> Option<&str> {
    text.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code)
}

#[cfg(test)]
mod tests;
