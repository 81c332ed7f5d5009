//! What the servers of a sandbox are called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most replicas a sandbox can have: its ports lie in blocks of ten.
pub const MAX_REPLICAS: u8 = 9;

/// A server of the sandbox; its text form is what people type and what `status` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServerName {
    /// ZooKeeper, as Keeper.
    Keeper,
    /// The S3 store.
    S3,
    /// The standalone ClickHouse server: `source`.
    Source,
    /// A ClickHouse server of the cluster, from 1: `replica1`.
    Replica(u8),
}

impl ServerName {
    /// Whether it is a ClickHouse server.
    #[must_use]
    pub fn is_clickhouse(self) -> bool {
        matches!(self, Self::Source | Self::Replica(_))
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keeper => f.pad("keeper"),
            Self::S3 => f.pad("s3"),
            Self::Source => f.pad("source"),
            Self::Replica(number) => f.pad(&format!("replica{number}")),
        }
    }
}

impl FromStr for ServerName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "keeper" => Ok(Self::Keeper),
            "s3" => Ok(Self::S3),
            "source" => Ok(Self::Source),
            _ => text
                .strip_prefix("replica")
                .and_then(|number| number.parse().ok())
                .filter(|number| (1..=MAX_REPLICAS).contains(number))
                .map(Self::Replica)
                .ok_or_else(|| "a server is one of: source, replica1, replica2, …, s3, keeper".to_owned()),
        }
    }
}

impl Serialize for ServerName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_what_they_write() {
        for name in [ServerName::Keeper, ServerName::S3, ServerName::Source, ServerName::Replica(3)] {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        for wrong in ["replica", "replica0", "replica10", "replica+1x", "Source", ""] {
            assert!(wrong.parse::<ServerName>().is_err(), "{wrong}");
        }
    }
}
