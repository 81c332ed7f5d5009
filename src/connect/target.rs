//! The targets of an environment, connected: what actions act on.

use std::{fmt, sync::Arc};

use indexmap::IndexMap;

use super::{
    clickhouse::Client,
    credentials::Credentials,
    endpoint::Endpoint,
    keeper::KeeperProgram,
    kubernetes::{Kubernetes, PodPort},
    store_address::StoreAddress,
};

use crate::{
    name::Name,
    statements::{SentAccess, SentPlace, url_of},
};

/// A ClickHouse target: one server, or all of a cluster's.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub name: Name,
    /// Its name in `system.clusters`, where it has one.
    pub cluster: Option<String>,
    /// In the environment's order.
    pub members: Vec<Arc<Member>>,
}

/// One ClickHouse server.
#[derive(Debug, Clone)]
pub struct Member {
    pub target: Name,
    pub name: Name,
    /// From 1.
    pub shard: u32,
    pub client: Client,
}

/// A ZooKeeper or ClickHouse Keeper, by one of the ways to it.
#[derive(Debug, Clone)]
pub enum Keeper {
    /// As this machine reaches it.
    Port { host: String, port: u16 },
    /// In a pod, through a forwarded port.
    Forwarded { kubernetes: Kubernetes, to: PodPort },
    /// In a pod, by a client in its own container; the one that is there where none is named.
    Exec { kubernetes: Kubernetes, to: PodPort, program: Option<KeeperProgram> },
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { host, port } => Endpoint::Port { host: host.clone(), port: *port }.fmt(f),
            Self::Forwarded { to, .. } | Self::Exec { to, .. } => to.fmt(f),
        }
    }
}

/// A bucket, or a folder of one.
#[derive(Debug, Clone)]
pub struct Store {
    pub name: Name,
    /// Without a slash at its end, as the servers reach it; see [`StoreAddress`].
    pub url: String,
    pub region: String,
    /// What opens it; `None` where the servers use credentials of their own.
    pub credentials: Option<Arc<Credentials>>,
    /// The named collection in which servers are given the credentials; `None` where these stand in each statement.
    pub collection: Option<RunCollection>,
}

/// A named collection that is made on servers for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCollection {
    pub name: String,
    pub run: String,
}

/// The machine that houseplan runs on.
#[derive(Debug, Clone)]
pub struct Local {
    /// Where processes start.
    pub directory: std::path::PathBuf,
}

impl Cluster {
    /// The first member of each shard: where something runs that must run once a shard.
    pub fn one_of_each_shard(&self) -> Vec<&Arc<Member>> {
        let mut first = IndexMap::new();
        for member in &self.members {
            first.entry(member.shard).or_insert(member);
        }
        first.into_values().collect()
    }
}

impl Store {
    /// Its bucket and folder; `None` where its URL names no bucket.
    pub fn address(&self) -> Option<StoreAddress> {
        StoreAddress::of_url(&url::Url::parse(&self.url).ok()?)
    }

    /// The whole URL of `path` in this store.
    pub fn url_of(&self, path: &str) -> String {
        url_of(&self.url, path)
    }

    /// How a server is let in by a statement.
    pub fn access(&self) -> SentAccess {
        match (&self.collection, &self.credentials) {
            (Some(collection), Some(_)) => SentAccess::Collection(collection.name.clone()),
            (_, None) => SentAccess::Own,
            (None, Some(credentials)) => {
                let keys = credentials.keys();
                SentAccess::Keys { id: keys.access_key_id, secret: keys.secret_access_key }
            }
        }
    }

    /// `path` in this store, with what opens it.
    pub fn place(&self, path: &str) -> SentPlace {
        SentPlace::new(&self.url, path, self.access())
    }
}
