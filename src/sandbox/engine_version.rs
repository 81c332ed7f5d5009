//! The versions of ClickHouse that a sandbox can run, and the package that each comes in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::server_name::ServerName;

/// One line of the table.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Release {
    /// What people type.
    version: (u16, u16),
    /// What `SELECT version()` says.
    server: &'static str,
    /// The Python package that holds the engine, pinned. Its own requirements are not installed: only its library is loaded.
    package: &'static str,
}

/// The oldest first. What a package does otherwise than a server is known to `host/package.py`.
static RELEASES: [Release; 7] = [
    Release { version: (24, 8), server: "24.8.4.1", package: "chdb==3.1.2" },
    Release { version: (25, 8), server: "25.8.2.1", package: "chdb==3.7.2" },
    Release { version: (26, 1), server: "26.1.2.1", package: "chdb-core==26.1.0" },
    Release { version: (26, 3), server: "26.3.9.1", package: "chdb-core==26.3.0" },
    Release { version: (26, 5), server: "26.5.1.1", package: "chdb-core==26.5.0" },
    Release { version: (26, 7), server: "26.7.2.1", package: "chdb-core==26.7.3" },
    Release { version: (26, 9), server: "26.9.2.1", package: "chdb-core==26.9.0" },
];

/// A version of ClickHouse that a sandbox can run, as `26.9`. The newer is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineVersion(&'static Release);

impl EngineVersion {
    /// All there are, the oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        RELEASES.iter().map(Self)
    }

    /// What a server of it says its version is, as `26.9.2.1`.
    #[must_use]
    pub fn server(self) -> &'static str {
        self.0.server
    }

    /// The requirement by which Python's tools install it.
    pub(super) fn package(self) -> &'static str {
        self.0.package
    }
}

/// The newest.
impl Default for EngineVersion {
    fn default() -> Self {
        Self(&RELEASES[RELEASES.len() - 1])
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, number) = self.0.version;
        f.pad(&format!("{year}.{number}"))
    }
}

impl FromStr for EngineVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|version| version.to_string() == text).ok_or_else(|| {
            let known: Vec<String> = Self::all().map(|version| version.to_string()).collect();
            format!("the sandbox has no ClickHouse `{text}`; it has {}", known.join(", "))
        })
    }
}

impl Serialize for EngineVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EngineVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which version each ClickHouse server of a sandbox runs. A server that is not named runs the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Engines(BTreeMap<ServerName, EngineVersion>);

impl Engines {
    /// The version of one server.
    #[must_use]
    pub fn of(&self, server: ServerName) -> EngineVersion {
        self.0.get(&server).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, server: ServerName, version: EngineVersion) {
        self.0.insert(server, version);
    }
}

/// What `--engine` asks for, a side at a time: `24.8` for both, `source=24.8,cluster=25.8`, or one of these two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineChoice {
    /// The standalone server's.
    pub source: Option<EngineVersion>,
    /// That of every replica.
    pub cluster: Option<EngineVersion>,
}

impl EngineChoice {
    /// One version for both sides.
    #[must_use]
    pub fn both(version: EngineVersion) -> Self {
        Self { source: Some(version), cluster: Some(version) }
    }

    /// The versions of a new sandbox that is brought up so.
    pub(super) fn versions(self) -> BTreeSet<EngineVersion> {
        [self.source, self.cluster].into_iter().map(Option::unwrap_or_default).collect()
    }

    /// What it asks for of one server; nothing of Keeper and the store.
    pub(super) fn of(self, server: ServerName) -> Option<EngineVersion> {
        match server {
            ServerName::Source => self.source,
            ServerName::Replica(_) => self.cluster,
            ServerName::Keeper | ServerName::S3 => None,
        }
    }
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.contains('=') {
            return text.parse().map(Self::both);
        }
        let mut choice = Self::default();
        for part in text.split(',') {
            let side = match part.split_once('=') {
                Some(("source", version)) => (&mut choice.source, version),
                Some(("cluster", version)) => (&mut choice.cluster, version),
                _ => return Err(format!("`{part}` is no side and version; write source=24.8,cluster=25.8")),
            };
            if side.0.replace(side.1.parse()?).is_some() {
                return Err(format!("`{part}` names its side twice"));
            }
        }
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_each_line_says_one_version() {
        assert!(RELEASES.is_sorted_by(|a, b| a.version < b.version));
        for version in EngineVersion::all() {
            assert!(version.server().starts_with(&format!("{version}.")), "{version}");
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        assert_eq!(EngineVersion::default().to_string(), "26.9");
    }

    #[test]
    fn an_unknown_version_is_answered_with_those_there_are() {
        let error = "25.12".parse::<EngineVersion>().unwrap_err();
        assert_eq!(error, "the sandbox has no ClickHouse `25.12`; it has 24.8, 25.8, 26.1, 26.3, 26.5, 26.7, 26.9");
    }

    #[test]
    fn sides_are_chosen_together_or_apart() {
        let version = |text: &str| text.parse::<EngineVersion>().ok();
        let choice = |text: &str| text.parse::<EngineChoice>();
        assert_eq!(choice("24.8"), Ok(EngineChoice { source: version("24.8"), cluster: version("24.8") }));
        let apart = EngineChoice { source: version("24.8"), cluster: version("25.8") };
        assert_eq!(choice("source=24.8,cluster=25.8"), Ok(apart));
        assert_eq!(choice("cluster=25.8,source=24.8"), Ok(apart));
        assert_eq!(choice("source=24.8"), Ok(EngineChoice { source: version("24.8"), cluster: None }));
        for wrong in ["", "24", "source=", "replica1=24.8", "source=24.8,source=25.8", "24.8,cluster=25.8"] {
            assert!(choice(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_server_that_is_not_named_runs_the_newest() {
        let engines: Engines = serde_json::from_str(r#"{"source": "24.8"}"#).expect("engines");
        assert_eq!(engines.of(ServerName::Source).to_string(), "24.8");
        assert_eq!(engines.of(ServerName::Replica(1)), EngineVersion::default());
        assert_eq!(serde_json::to_string(&engines).expect("text"), r#"{"source":"24.8"}"#);
    }
}
