//! `kind: keeper`: ClickHouse Keeper or ZooKeeper, as this machine reaches it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, Resolving, TargetKeys,
    secret::{SecretRef, SecretSource},
};
use crate::{
    connect::{clickhouse::QueryError, endpoint::Endpoint, kubernetes::PodPort, target::Keeper},
    document,
    name::Name,
    plan::permission::Permission,
};

const PORT: u16 = 9181;

/// The keys of a Keeper.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The host name or address.
    pub host: String,
    /// The client port; 9181 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// Where a Keeper is.
#[derive(Debug, Clone)]
pub struct Place {
    host: String,
    port: u16,
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &[];

    fn resolve(&self, _: &mut Resolving<'_>) -> Option<Place> {
        Some(Place { host: self.host.clone(), port: self.port.unwrap_or(PORT) })
    }

    fn members(&self) -> Vec<&Name> {
        Vec::new()
    }

    fn shards(&self) -> usize {
        0
    }

    fn places(&self) -> Vec<String> {
        vec![self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))]
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
        Endpoint::Port { host: self.host.clone(), port: self.port }
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
        Vec::new()
    }

    fn permissions(&self) -> Vec<Permission> {
        Vec::new()
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

    fn connect(&self, _: &Name, _: &Connecting<'_>) -> Result<Keeper, QueryError> {
        Ok(Keeper { host: self.host.clone(), port: self.port })
    }
}
