//! `kind: s3`: a bucket, or a folder of one.

use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, Resolving, Target, TargetKeys,
    secret::{SecretRef, SecretSource, Secrets},
    without_credentials,
};
use crate::{
    connect::{
        clickhouse::QueryError,
        credentials::{Credentials, KeySource, Keys as AccessKeys},
        kubernetes::{Kubernetes, PodPort},
        store_address::{AddressStyle, StoreAddress},
        target::{RunCollection, Store},
    },
    document::{self, Problem},
    name::Name,
    plan::{permission::Permission, store_path::wrong_path},
    statements::{ReviewedAccess, collection_name},
};

const REGION: &str = "us-east-1";
const EXAMPLE: &str = "https://my-bucket.s3.eu-central-1.amazonaws.com/folder";
const EXAMPLE_PATH: &str = "https://minio.example.com:9000/my-bucket/folder";
const EXAMPLE_S3: &str = "s3://my-bucket/folder";

/// The keys of a store.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The bucket, or a folder in it, as the ClickHouse servers reach it: <https://BUCKET.s3.REGION.amazonaws.com/folder>,
    /// <https://host:port/BUCKET/folder>, or `s3://BUCKET/folder` with `region` or `endpoint`.
    pub url: String,
    /// Of `s3://BUCKET/folder`: the service that has the bucket, as in <https://minio.example.com:9000>; AWS where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The region; where it is left out, the one in the URL's host, or us-east-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether the bucket stands in the path of each request (`true`) or in the host (`false`). Where it is left out: as `url`
    /// is written; of `s3://BUCKET/folder` in the host on AWS, and in the path at another `endpoint`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_path_style: Option<bool>,
    /// The access key. Where this and `credentials` are left out, the servers use their own credentials (a role); ClickHouse from
    /// 26.7 on refuses that unless the user's profile has `s3_allow_server_credentials_in_user_queries = 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<SecretSource>,
    /// The secret of the access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<SecretSource>,
    /// The session token of a temporary access key. Servers are given it in a named collection (see `named_collection`), for BACKUP
    /// takes it from nowhere else; ClickHouse before 26.7 does not send it, and the run stops before it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SecretSource>,
    /// When the session token ends, as in `2026-11-27T10:00:00Z`, where it comes from a source of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// All of them from one place, instead of the four keys above: a source that gives one JSON answer, as `aws sts assume-role`
    /// prints it (`{"Credentials": {"AccessKeyId": …, "SecretAccessKey": …, "SessionToken": …, "Expiration": …}}`), or as a
    /// `credential_process` of AWS does, without the `Credentials` around it. It is asked again where they end soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<SecretSource>,
    /// Whether servers are given an access key in a named collection instead of in each statement: it is made for the run on each
    /// server that uses the store, and dropped when the process ends. It hides the key's id, which else stands in clear in
    /// `system.backups`, the process list and the logs; the server keeps it, with the secret, in its own folder meanwhile. It takes
    /// ClickHouse 26.1, or a newer patch of 25.8 to 25.12, and the privileges CREATE, ALTER and DROP NAMED COLLECTION. A session
    /// token always goes this way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named_collection: bool,
}

/// Where a store is.
#[derive(Debug, Clone)]
pub struct Place {
    address: StoreAddress,
    region: String,
    credentials: Option<KeyRefs>,
    /// Whether servers are given them in a named collection.
    in_collection: bool,
}

/// Where the keys of a store come from; where there are none, the servers use a role of their own.
#[derive(Debug, Clone)]
struct KeyRefs {
    access_key_id: SecretRef,
    secret_access_key: SecretRef,
    session_token: Option<SecretRef>,
    /// When the token ends, as the environment says, or where its source says it.
    expires: Option<Timestamp>,
    expiration: Option<SecretRef>,
}

impl Target {
    /// The keys of a store, if it is one.
    pub fn as_store(&self) -> Option<&Keys> {
        match self {
            Self::S3(keys) => Some(keys),
            _ => None,
        }
    }
}

impl Keys {
    /// Where it is, as the servers are told; as it is written where that is not understood. It may be shown.
    pub fn shown(&self) -> String {
        self.address().map_or_else(|_| without_credentials(&self.url), |address| address.url())
    }

    /// The bucket, the folder in it, and the partition of AWS that names of it begin with; `None` where that is not understood.
    pub fn bucket(&self) -> Option<(String, String, &'static str)> {
        let address = self.address().ok()?;
        let (endpoint, _) = address.endpoint();
        let host = endpoint.split('/').nth(2).unwrap_or_default();
        let partition = match host {
            host if host.ends_with(".amazonaws.com.cn") => "aws-cn",
            host if host.contains("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Some((address.bucket().to_owned(), address.folder().to_owned(), partition))
    }

    /// Which bucket and folder it is, or the key that does not say so, and why.
    fn address(&self) -> Result<StoreAddress, (&'static str, String)> {
        let address = match self.url.strip_prefix("s3://") {
            Some(rest) => {
                let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
                let endpoint = self.endpoint.as_deref().map(endpoint).transpose()?;
                let region = self.region.as_deref().unwrap_or(REGION);
                let named =
                    !bucket.is_empty() && bucket.chars().all(|it| it.is_ascii_alphanumeric() || "-._".contains(it));
                let address = StoreAddress::of_bucket(bucket, folder, endpoint.as_ref(), region).filter(|_| named);
                address.ok_or_else(|| ("url", format!("no bucket is named here; write it as in {EXAMPLE_S3}")))?
            }
            None if self.endpoint.is_some() => {
                let message =
                    format!("an endpoint goes with a URL such as {EXAMPLE_S3}; this `url` names its host itself");
                return Err(("endpoint", message));
            }
            None => {
                let url = url::Url::parse(&self.url).ok();
                let message = || format!("no bucket is named here; write it as in {EXAMPLE}, or in {EXAMPLE_PATH}");
                url.as_ref().and_then(StoreAddress::of_url).ok_or_else(|| ("url", message()))?
            }
        };
        match self.force_path_style {
            None => Ok(address),
            Some(true) => Ok(address.in_style(AddressStyle::Path).unwrap_or_else(|| unreachable!("a path is always there"))),
            Some(false) => address.in_style(AddressStyle::VirtualHosted).ok_or_else(|| {
                let message = "ClickHouse finds a bucket in the host only before `s3.`; leave this out, so that it stands in the path";
                ("force_path_style", message.to_owned())
            }),
        }
    }

    /// What is wrong with the folder as it is written; a URL would hide some of it.
    fn wrong_folder(&self) -> Option<String> {
        let (_, rest) = self.url.split_once("://")?;
        let (_, path) = rest.split_once('/')?;
        if path.trim_matches('/').is_empty() { None } else { wrong_path(path) }
    }

    /// How servers are let in, as a reviewer reads it. `collection` is what the run's named collection is called.
    pub fn access(&self, collection: impl FnOnce() -> String) -> ReviewedAccess {
        match self.access_key_id.as_ref().or(self.credentials.as_ref()) {
            None => ReviewedAccess::Own,
            Some(_) if self.in_collection() => ReviewedAccess::Collection(collection()),
            Some(source) => ReviewedAccess::Keys(source.to_string()),
        }
    }

    fn in_collection(&self) -> bool {
        self.named_collection || self.session_token.is_some() || self.credentials.is_some()
    }

    fn credentials(&self, resolving: &mut Resolving<'_>) -> Option<KeyRefs> {
        if let Some((key, message)) = self.wrong_credentials() {
            let problem = Problem::at_key(resolving.place.child(key), message);
            resolving.problems.push(problem);
            return None;
        }
        let directory = resolving.directory;
        let redacted = |source, key: &str| SecretRef::redacted(source, resolving.place.child(key), directory);
        if let Some(source) = &self.credentials {
            let part = |key| redacted(source, "credentials").answered(key);
            let plain = |key| SecretRef::plain(source, resolving.place.child("credentials"), directory).answered(key);
            return Some(KeyRefs {
                access_key_id: plain("AccessKeyId"),
                secret_access_key: part("SecretAccessKey"),
                session_token: Some(part("SessionToken").optional()),
                expires: None,
                expiration: Some(plain("Expiration").optional()),
            });
        }
        let expires = match self.expires.as_deref().map(str::parse) {
            Some(Err(_)) => {
                let message = "expected a time with its zone, as in 2026-11-27T10:00:00Z";
                resolving.problems.push(Problem::at(resolving.place.child("expires"), message));
                return None;
            }
            parsed => parsed.and_then(Result::ok),
        };
        Some(KeyRefs {
            access_key_id: SecretRef::plain(
                self.access_key_id.as_ref()?,
                resolving.place.child("access_key_id"),
                directory,
            ),
            secret_access_key: redacted(self.secret_access_key.as_ref()?, "secret_access_key"),
            session_token: self.session_token.as_ref().map(|source| redacted(source, "session_token")),
            expires,
            expiration: None,
        })
    }

    /// Which key does not go with the others, and why.
    fn wrong_credentials(&self) -> Option<(&'static str, &'static str)> {
        let alone = [
            ("access_key_id", self.access_key_id.is_some()),
            ("secret_access_key", self.secret_access_key.is_some()),
            ("session_token", self.session_token.is_some()),
            ("expires", self.expires.is_some()),
        ];
        if self.credentials.is_some() {
            let both = alone.into_iter().find(|(_, is_there)| *is_there)?;
            return Some((both.0, "all credentials come from `credentials`; leave this out, or that"));
        }
        match alone.map(|(_, is_there)| is_there) {
            [true, false, ..] => Some(("access_key_id", "an access key without its secret; add `secret_access_key`")),
            [false, true, ..] => Some(("secret_access_key", "a secret without its access key; add `access_key_id`")),
            [false, false, true, _] => {
                Some(("session_token", "a session token goes with `access_key_id` and `secret_access_key`; add them"))
            }
            [.., false, true] => {
                Some(("expires", "this is when `session_token` ends, and there is none; leave it out"))
            }
            [false, ..] if self.named_collection => {
                Some(("named_collection", "there is no access key that it could hold; leave it out"))
            }
            _ => None,
        }
    }
}

impl KeyRefs {
    fn all(&self) -> Vec<&SecretRef> {
        let optional = self.session_token.iter().chain(&self.expiration);
        [&self.access_key_id, &self.secret_access_key].into_iter().chain(optional).collect()
    }

    /// As they were read; why that is no set of credentials otherwise.
    fn keys(&self, secrets: &Secrets) -> Result<AccessKeys, String> {
        let expiration = self.expiration.as_ref().and_then(|it| secrets.find(it));
        let expires = expiration.map(|it| it.expose_secret().parse());
        let expires = expires.transpose().map_err(|_| {
            format!("`Expiration` of {} is no time such as 2026-11-27T10:00:00Z", self.access_key_id.shown())
        })?;
        Ok(AccessKeys {
            access_key_id: secrets.get(&self.access_key_id),
            secret_access_key: secrets.get(&self.secret_access_key),
            session_token: self.session_token.as_ref().and_then(|it| secrets.find(it)),
            expires: expires.or(self.expires),
        })
    }
}

/// Where keys are read again, with the clusters of Kubernetes that they may be in.
#[derive(Debug)]
struct ReadAgain {
    refs: KeyRefs,
    clusters: IndexMap<Name, Kubernetes>,
}

#[async_trait]
impl KeySource for ReadAgain {
    async fn read(&self) -> Result<AccessKeys, String> {
        let secrets = Secrets::read(&self.refs.all(), &self.clusters)
            .await
            .map_err(|problems| problems.into_iter().map(|it| it.message).collect::<Vec<_>>().join("; "))?;
        self.refs.keys(&secrets)
    }

    fn shown(&self) -> String {
        self.refs.session_token.as_ref().unwrap_or(&self.refs.access_key_id).shown()
    }
}

/// The service that has a bucket: scheme, host and port.
fn endpoint(written: &str) -> Result<url::Url, (&'static str, String)> {
    let bare = |url: &url::Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
    };
    url::Url::parse(written).ok().filter(bare).ok_or_else(|| {
        ("endpoint", "expected a URL with a host alone, as in https://minio.example.com:9000".to_owned())
    })
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] =
        &["access_key_id", "secret_access_key", "session_token", "credentials"];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        let credentials = self.credentials(resolving);
        let at = |key: &str| resolving.place.child(key);
        let (place, region_place) = (at("url"), at("region"));
        if !self.url.starts_with("s3://") {
            let url = resolving.url(&self.url, EXAMPLE, &place)?;
            if url.query().is_some() || url.fragment().is_some() {
                let message = "a store's URL ends with its path; leave out `?` and `#`";
                resolving.problems.push(Problem::at(place, message));
                return None;
            }
        }
        if let Some(wrong) = self.wrong_folder() {
            resolving.problems.push(Problem::at(place, format!("the folder in this URL cannot be used: {wrong}")));
            return None;
        }
        let address = match self.address() {
            Ok(address) => address,
            Err((key, message)) => {
                let place = resolving.place.child(key);
                resolving.problems.push(Problem::at(place, message));
                return None;
            }
        };
        if let (Some(written), Some(named)) = (&self.region, address.region())
            && written != named
        {
            let message =
                format!("the URL is in the region {named}, which is the one the servers use; write that, or none");
            resolving.problems.push(Problem::at(region_place, message));
            return None;
        }
        let region = self.region.as_deref().or(address.region()).unwrap_or(REGION).to_owned();
        Some(Place { address, region, credentials, in_collection: self.in_collection() })
    }

    fn members(&self) -> Vec<&Name> {
        Vec::new()
    }

    fn shards(&self) -> usize {
        0
    }

    fn places(&self) -> Vec<String> {
        let by_collection = "servers are let in by a named collection that is made for the run";
        std::iter::once(self.shown()).chain(self.in_collection().then(|| by_collection.to_owned())).collect()
    }

    fn digest(&self) -> Value {
        let mut covered = json!(self);
        covered["url"] = self.shown().into();
        covered
    }

    fn certificates(&self) -> Vec<&str> {
        Vec::new()
    }

    fn secret_sources(&self) -> Vec<&SecretSource> {
        let sources = [&self.access_key_id, &self.secret_access_key, &self.session_token, &self.credentials];
        sources.into_iter().flatten().collect()
    }
}

impl Located for Place {
    type Connected = Store;

    /// None that is claimed: each run has paths of its own in a store.
    fn servers(&self) -> Vec<LocatedServer<'_>> {
        Vec::new()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        self.credentials.iter().flat_map(KeyRefs::all).collect()
    }

    fn pods(&mut self) -> Vec<(&document::Place, &mut PodPort)> {
        Vec::new()
    }

    fn permissions(&self) -> Vec<Permission> {
        Vec::new()
    }

    fn names(&self, target: &Name) -> Vec<(String, String)> {
        vec![(format!("the URL of `{target}`"), self.address.url())]
    }

    fn moved(&self, now: &Self) -> Moved {
        match self.address.identity() == now.address.identity() {
            true => Moved::Nowhere,
            false => Moved::Another(format!("at {} instead of {}", now.address.url(), self.address.url())),
        }
    }

    fn connect(&self, name: &Name, with: &Connecting<'_>) -> Result<Store, QueryError> {
        let malformed = |reason| QueryError::Malformed { url: self.address.url(), reason };
        let credentials = self.credentials.as_ref().map(|refs| {
            let keys = refs.keys(with.secrets).map_err(malformed)?;
            let again = ReadAgain { refs: refs.clone(), clusters: with.kubernetes.clone() };
            Ok(Arc::new(Credentials::new(keys, Some(Box::new(again)))))
        });
        let in_collection = self.in_collection && self.credentials.is_some();
        let collection = in_collection
            .then(|| RunCollection { name: collection_name(with.run, name.as_str()), run: with.run.to_owned() });
        Ok(Store {
            name: name.clone(),
            url: self.address.url(),
            region: self.region.clone(),
            credentials: credentials.transpose()?,
            collection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(keys: &str) -> Option<&'static str> {
        let url = r#"{ "url": "https://my-bucket.s3.eu-central-1.amazonaws.com/f" "#;
        let keys: Keys = serde_json::from_str(&format!("{url}{keys}}}")).unwrap();
        keys.wrong_credentials().map(|(key, _)| key)
    }

    #[test]
    fn keys_that_do_not_go_together_are_told_by_one_of_them() {
        let (id, secret) = (r#", "access_key_id": {"env": "A"}"#, r#", "secret_access_key": {"env": "B"}"#);
        let token = r#", "session_token": {"file": "t"}"#;
        let (expires, answer) = (r#", "expires": "2026-11-27T10:00:00Z""#, r#", "credentials": {"command": ["aws"]}"#);
        let all = [id, secret, token, expires].concat();
        for good in ["".to_owned(), [id, secret].concat(), [id, secret, token].concat(), all.clone(), answer.to_owned()]
        {
            assert_eq!(wrong(&good), None, "{good}");
        }
        assert_eq!(wrong(id), Some("access_key_id"));
        assert_eq!(wrong(secret), Some("secret_access_key"));
        assert_eq!(wrong(token), Some("session_token"));
        assert_eq!(wrong(expires), Some("expires"));
        assert_eq!(wrong(&[id, secret, expires].concat()), Some("expires"));
        assert_eq!(wrong(&[&all, answer].concat()), Some("access_key_id"));
        assert_eq!(wrong(&[answer, expires].concat()), Some("expires"));
        assert_eq!(wrong(r#", "named_collection": true"#), Some("named_collection"));
        assert_eq!(wrong(&[id, secret, r#", "named_collection": true"#].concat()), None);
    }
}
