//! `kind: s3`: a bucket, or a folder of one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, Resolving, Target, TargetKeys,
    secret::{SecretRef, SecretSource},
    without_credentials,
};
use crate::{
    connect::{
        clickhouse::QueryError,
        kubernetes::PodPort,
        store_address::{AddressStyle, StoreAddress},
        target::Store,
    },
    document::{self, Problem},
    name::Name,
    plan::{permission::Permission, store_path::wrong_path},
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
    /// The access key. Where it is left out, the servers use their own credentials (a role).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<SecretSource>,
    /// The secret of the access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<SecretSource>,
}

/// Where a store is.
#[derive(Debug, Clone)]
pub struct Place {
    address: StoreAddress,
    region: String,
    credentials: Option<Credentials>,
}

/// Keys of a store; where there are none, the servers use a role of their own.
#[derive(Debug, Clone)]
struct Credentials {
    access_key_id: SecretRef,
    secret_access_key: SecretRef,
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

    fn credentials(&self, resolving: &mut Resolving<'_>) -> Option<Credentials> {
        let at = |key: &str| resolving.place.child(key);
        let (key, message) = match (&self.access_key_id, &self.secret_access_key) {
            (Some(id), Some(secret)) => {
                return Some(Credentials {
                    access_key_id: SecretRef::plain(id, at("access_key_id"), resolving.directory),
                    secret_access_key: SecretRef::redacted(secret, at("secret_access_key"), resolving.directory),
                });
            }
            (None, None) => return None,
            (Some(_), None) => ("access_key_id", "an access key without its secret; add `secret_access_key`"),
            (None, Some(_)) => ("secret_access_key", "a secret without its access key; add `access_key_id`"),
        };
        let problem = Problem::at_key(at(key), message);
        resolving.problems.push(problem);
        None
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

    const SECRET_KEYS: &'static [&'static str] = &["access_key_id", "secret_access_key"];

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
        Some(Place { address, region, credentials })
    }

    fn members(&self) -> Vec<&Name> {
        Vec::new()
    }

    fn shards(&self) -> usize {
        0
    }

    fn places(&self) -> Vec<String> {
        vec![self.shown()]
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
        self.access_key_id.iter().chain(&self.secret_access_key).collect()
    }
}

impl Located for Place {
    type Connected = Store;

    /// None that is claimed: each run has paths of its own in a store.
    fn servers(&self) -> Vec<LocatedServer<'_>> {
        Vec::new()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        self.credentials.iter().flat_map(|it| [&it.access_key_id, &it.secret_access_key]).collect()
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
        let keys = |it: &Credentials| (with.secrets.get(&it.access_key_id), with.secrets.get(&it.secret_access_key));
        Ok(Store {
            name: name.clone(),
            url: self.address.url(),
            region: self.region.clone(),
            credentials: self.credentials.as_ref().map(keys),
        })
    }
}
