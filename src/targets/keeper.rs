//! `kind: keeper`: ClickHouse Keeper or ZooKeeper, as this machine reaches it, or in a pod.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, Resolving, TargetKeys,
    pod::{PodKeys, Via, to_reach},
    secret::{SecretRef, SecretSource},
};
use crate::{
    connect::{clickhouse::QueryError, endpoint::Endpoint, keeper::KeeperProgram, kubernetes::PodPort, target::Keeper},
    document::{self, Problem},
    name::Name,
    plan::permission::Permission,
};

const PORT: u16 = 9181;

/// The keys of a Keeper: at a `host`, or in a `pod`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The host name or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The client port of the host; 9181 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Instead of a host: the pod that it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<PodKeys>,
    /// For a pod by `exec`: the client in its container; the one that is there where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<KeeperProgram>,
}

/// Where a Keeper is, and how it is reached there.
#[derive(Debug, Clone)]
pub enum Place {
    Port { host: String, port: u16 },
    Pod { to: PodPort, via: Via, client: Option<KeeperProgram>, written: document::Place },
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &[];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        let via = self.pod.as_ref().and_then(|pod| pod.via).unwrap_or_default();
        let mut wrong = |key: &str, message: &str| {
            let place = resolving.place.child(key);
            resolving.problems.push(Problem::at_key(place, message));
        };
        if self.client.is_some() && (self.pod.is_none() || via != Via::Exec) {
            wrong("client", "a client is started in a pod that is reached with `via: exec`");
        }
        if self.pod.is_some() && self.port.is_some() {
            wrong("port", "the port of a pod is one of its own keys: `pod: { …, port: … }`");
        }
        match (&self.host, &self.pod) {
            (Some(host), None) => Some(Place::Port { host: host.clone(), port: self.port.unwrap_or(PORT) }),
            (None, Some(pod)) => {
                let written = resolving.place.child("pod");
                Some(Place::Pod { to: pod.resolve(PORT, &written, resolving)?, via, client: self.client, written })
            }
            _ => {
                let message = "a Keeper has a `host` or a `pod`, and not both";
                resolving.problems.push(Problem::at_key(resolving.place.clone(), message));
                None
            }
        }
    }

    fn members(&self) -> Vec<&Name> {
        Vec::new()
    }

    fn shards(&self) -> usize {
        0
    }

    fn places(&self) -> Vec<String> {
        if let Some(pod) = &self.pod {
            return vec![pod.words(PORT)];
        }
        let host = self.host.as_deref().unwrap_or_default();
        vec![self.port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))]
    }

    fn digest(&self) -> Value {
        json!(self)
    }

    fn certificates(&self) -> Vec<&str> {
        Vec::new()
    }

    fn secret_sources(&self) -> Vec<&SecretSource> {
        Vec::new()
    }
}

impl Place {
    fn endpoint(&self) -> Endpoint {
        match self {
            Self::Port { host, port } => Endpoint::Port { host: host.clone(), port: *port },
            Self::Pod { to, .. } => Endpoint::Pod(to.clone()),
        }
    }
}

impl Located for Place {
    type Connected = Keeper;

    /// None that is claimed: nothing is removed there but what a server proves to be its own.
    fn servers(&self) -> Vec<LocatedServer<'_>> {
        Vec::new()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        Vec::new()
    }

    fn pods(&mut self) -> Vec<(&document::Place, &mut PodPort)> {
        match self {
            Self::Pod { to, written, .. } => vec![(&*written, to)],
            Self::Port { .. } => Vec::new(),
        }
    }

    fn permissions(&self) -> Vec<Permission> {
        match self {
            Self::Pod { to, via, .. } => to_reach(to, *via),
            Self::Port { .. } => Vec::new(),
        }
    }

    fn names(&self, _: &Name) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Before it removes anything, the action lets every server show that this Keeper is its own.
    fn moved(&self, now: &Self) -> Moved {
        let (was, now) = (self.endpoint(), now.endpoint());
        if was.identity() == now.identity() {
            Moved::Nowhere
        } else {
            Moved::Free(format!("at {now} instead of {was}"))
        }
    }

    fn connect(&self, _: &Name, with: &Connecting<'_>) -> Result<Keeper, QueryError> {
        Ok(match self {
            Self::Port { host, port } => Keeper::Port { host: host.clone(), port: *port },
            Self::Pod { to, via: Via::PortForward, .. } => {
                Keeper::Forwarded { kubernetes: with.kubernetes(&to.kubernetes), to: to.clone() }
            }
            Self::Pod { to, via: Via::Exec, client, .. } => {
                Keeper::Exec { kubernetes: with.kubernetes(&to.kubernetes), to: to.clone(), program: *client }
            }
        })
    }
}
