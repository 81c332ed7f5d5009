//! `kind: clickhouse`: one server, or all of a cluster's.

use std::{sync::Arc, time::Duration};

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, MovedServer, Resolving, TargetKeys,
    secret::{SecretRef, SecretSource},
    without_credentials,
};
use crate::{
    connect::{
        clickhouse::{Client, HttpConnection, QueryError},
        endpoint::Endpoint,
        target::{Cluster, Member},
    },
    document::{self, Problem},
    name::Name,
    plan::quantity::HumanDuration,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The keys of a ClickHouse target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The servers.
    pub members: IndexMap<Name, MemberKeys>,
    /// The cluster's name in `system.clusters`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// One ClickHouse server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Member")]
pub struct MemberKeys {
    /// The URL of its HTTP interface, as in `https://clickhouse-0.example.com:8443`.
    pub url: String,
    /// The user; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's password; none where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// The number of its shard, from 1; 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// A PEM file with the authority that signed its certificate, where the system does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// How long to wait for a connection; 10s where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<HumanDuration>,
}

/// Where the servers are.
#[derive(Debug, Clone)]
pub struct Place {
    cluster: Option<String>,
    /// In the order of the file.
    members: IndexMap<Name, MemberPlace>,
}

/// One server.
#[derive(Debug, Clone)]
struct MemberPlace {
    endpoint: Endpoint,
    /// Where the endpoint is written.
    written: document::Place,
    user: String,
    password: Option<SecretRef>,
    /// From 1.
    shard: u32,
    ca_file: Option<Utf8PathBuf>,
    connect_timeout: Duration,
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &["password"];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        let place = resolving.place.child("members");
        if self.members.is_empty() {
            let message = "no member is listed here; write at least one";
            resolving.problems.push(Problem::at_key(place.clone(), message));
        }
        let members = self
            .members
            .iter()
            .filter_map(|(name, member)| Some((name.clone(), member.resolve(&place.child(name.as_str()), resolving)?)));
        Some(Place { cluster: self.cluster.clone(), members: members.collect() })
    }

    fn members(&self) -> Vec<&Name> {
        self.members.keys().collect()
    }

    fn shards(&self) -> usize {
        let mut numbers: Vec<u32> = self.members.values().map(|member| member.shard.unwrap_or(1)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }

    fn places(&self) -> Vec<String> {
        let place = |(name, member): (&Name, &MemberKeys)| {
            let shard = member.shard.map_or_else(String::new, |shard| format!(" (shard {shard})"));
            format!("{name}: {}{shard}", without_credentials(&member.url))
        };
        self.members.iter().map(place).collect()
    }

    fn digest(&self) -> Value {
        let mut covered = json!(self);
        for (name, member) in &self.members {
            covered["members"][name.as_str()]["url"] = without_credentials(&member.url).into();
        }
        covered
    }

    fn certificates(&self) -> Vec<&str> {
        self.members.values().filter_map(|member| member.ca_file.as_deref()).collect()
    }

    fn secret_sources(&self) -> Vec<&SecretSource> {
        self.members.values().filter_map(|member| member.password.as_ref()).collect()
    }
}

impl MemberKeys {
    fn resolve(&self, place: &document::Place, resolving: &mut Resolving<'_>) -> Option<MemberPlace> {
        let shard = self.shard.unwrap_or(1);
        if shard == 0 {
            resolving.problems.push(Problem::at(place.child("shard"), "shards are counted from 1"));
        }
        let written = place.child("url");
        let url = resolving.url(&self.url, "https://clickhouse-0.example.com:8443", &written)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            let message = "a server's URL ends with its port; leave the rest out";
            resolving.problems.push(Problem::at(written.clone(), message));
        }
        if matches!(url.port(), Some(9000 | 9440)) {
            let message =
                "the port of ClickHouse's native protocol; its HTTP interface is at 8123, or at 8443 with TLS";
            resolving.problems.push(Problem::at(written.clone(), message));
        }
        let secret = |source: &SecretSource| SecretRef::redacted(source, place.child("password"), resolving.directory);
        Some(MemberPlace {
            endpoint: Endpoint::Url(url),
            written,
            user: self.user.clone().unwrap_or_else(|| "default".to_owned()),
            password: self.password.as_ref().map(secret),
            shard,
            ca_file: self.ca_file.as_ref().map(|path| resolving.beside(path)),
            connect_timeout: self.connect_timeout.map_or(CONNECT_TIMEOUT, |timeout| timeout.0),
        })
    }
}

impl Located for Place {
    type Connected = Cluster;

    fn servers(&self) -> Vec<LocatedServer<'_>> {
        self.members
            .iter()
            .map(|(member, at)| LocatedServer { member, endpoint: &at.endpoint, place: &at.written })
            .collect()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        self.members.values().filter_map(|member| member.password.as_ref()).collect()
    }

    fn names(&self, target: &Name) -> Vec<(String, String)> {
        let what = format!("the name of a member of `{target}`");
        self.members.keys().map(|member| (what.clone(), member.to_string())).collect()
    }

    /// The members, their order and their shards say which server a task acted on; an address only how it was reached.
    fn moved(&self, now: &Self) -> Moved {
        let layout = |place: &Self| -> Vec<(Name, u32)> {
            place.members.iter().map(|(name, member)| (name.clone(), member.shard)).collect()
        };
        if layout(self) != layout(now) {
            return Moved::Another("its members, their order or their shards are others".to_owned());
        }
        let pairs = self.members.iter().zip(now.members.values());
        let moved = pairs.filter(|((_, was), now)| was.endpoint != now.endpoint).map(|((name, was), now)| {
            MovedServer { member: name.clone(), was: was.endpoint.clone(), now: now.endpoint.clone() }
        });
        match moved.collect::<Vec<_>>() {
            none if none.is_empty() => Moved::Nowhere,
            servers => Moved::Servers(servers),
        }
    }

    fn connect(&self, name: &Name, with: &Connecting<'_>) -> Result<Cluster, QueryError> {
        let member = |(member, place): (&Name, &MemberPlace)| {
            let client = place.client(with)?;
            Ok(Arc::new(Member { target: name.clone(), name: member.clone(), shard: place.shard, client }))
        };
        Ok(Cluster {
            name: name.clone(),
            cluster: self.cluster.clone(),
            members: self.members.iter().map(member).collect::<Result<_, QueryError>>()?,
        })
    }
}

impl MemberPlace {
    /// A client by the way that leads to this kind of endpoint.
    fn client(&self, with: &Connecting<'_>) -> Result<Client, QueryError> {
        let ca =
            self.ca_file.as_ref().and_then(|path| with.certificates.iter().find(|(name, _)| name == path.as_str()));
        match &self.endpoint {
            Endpoint::Url(_) | Endpoint::Port { .. } => Client::http(HttpConnection {
                url: self.endpoint.to_string(),
                user: self.user.clone(),
                password: self.password.as_ref().map(|secret| with.secrets.get(secret)),
                ca: ca.map(|(_, pem)| pem.clone()),
                connect_timeout: self.connect_timeout,
            }),
        }
    }
}
