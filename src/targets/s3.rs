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
    connect::{clickhouse::QueryError, endpoint::Endpoint, target::Store},
    document::Problem,
    name::Name,
};

const REGION: &str = "us-east-1";

/// The keys of a store.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The URL of the bucket, or of a folder in it, as the ClickHouse servers reach it.
    pub url: String,
    /// The region; us-east-1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
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
    endpoint: Endpoint,
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
    /// Where it is, as it may be shown.
    pub fn shown(&self) -> String {
        without_credentials(&self.url)
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

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &["access_key_id", "secret_access_key"];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        let credentials = self.credentials(resolving);
        let place = resolving.place.child("url");
        let url = resolving.url(&self.url, "https://my-bucket.s3.eu-central-1.amazonaws.com/folder", &place)?;
        if url.query().is_some() || url.fragment().is_some() {
            let message = "a store's URL ends with its path; leave out `?` and `#`";
            resolving.problems.push(Problem::at(place, message));
        }
        let region = self.region.clone().unwrap_or_else(|| REGION.to_owned());
        Some(Place { endpoint: Endpoint::Url(url), region, credentials })
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

    fn names(&self, target: &Name) -> Vec<(String, String)> {
        vec![(format!("the URL of `{target}`"), self.endpoint.to_string())]
    }

    fn moved(&self, now: &Self) -> Moved {
        match self.endpoint.identity() == now.endpoint.identity() {
            true => Moved::Nowhere,
            false => Moved::Another(format!("at {} instead of {}", now.endpoint, self.endpoint)),
        }
    }

    fn connect(&self, name: &Name, with: &Connecting<'_>) -> Result<Store, QueryError> {
        let keys = |it: &Credentials| (with.secrets.get(&it.access_key_id), with.secrets.get(&it.secret_access_key));
        Ok(Store {
            name: name.clone(),
            url: self.endpoint.to_string(),
            region: self.region.clone(),
            credentials: self.credentials.as_ref().map(keys),
        })
    }
}
