//! Another engine on the same data: a server, or a whole side, is stopped and started as a newer ClickHouse.

use std::fmt;
use std::str::FromStr;

use super::Progress;
use super::cluster::Sandbox;
use super::engine::Engine;
use super::engine_version::EngineVersion;
use super::error::SandboxError;
use super::layout::SandboxState;
use super::server_name::ServerName;

/// What is upgraded: one server, or all replicas together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeTarget {
    /// One ClickHouse server.
    Server(ServerName),
    /// All replicas.
    Cluster,
}

impl fmt::Display for UpgradeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Cluster => f.pad("cluster"),
        }
    }
}

impl FromStr for UpgradeTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "cluster" {
            return Ok(Self::Cluster);
        }
        let server = text.parse::<ServerName>().ok().filter(|server| server.is_clickhouse());
        server.map(Self::Server).ok_or_else(|| {
            format!("`{text}` runs no ClickHouse; what can be upgraded is source, cluster (all replicas), replica1, replica2, …")
        })
    }
}

impl Sandbox {
    /// Stops the target's servers and starts them as ClickHouse `version` on the same data. What runs it already is left as it is.
    ///
    /// # Errors
    /// `UnknownServer`, `SourceRemoved`, `Downgrade` when one of them runs a newer one (nothing has been stopped then), `Start` when a
    /// server does not come up with the data it has.
    pub async fn upgrade(
        &self,
        target: UpgradeTarget,
        version: EngineVersion,
        progress: Progress<'_>,
    ) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        let mut state = self.state()?;
        let servers = self.to_upgrade(&state, target, version)?;
        if servers.is_empty() {
            progress(&format!("{target} runs ClickHouse {version} already"));
            return Ok(());
        }
        for server in &servers {
            state.engines.set(*server, version);
        }
        // What takes long, and may fail, comes before anything is stopped.
        let engine = Engine::provide(state.engine_versions(), progress).await?;
        let ended = futures::future::join_all(servers.iter().map(|server| self.end(*server))).await;
        ended.into_iter().collect::<Result<(), _>>()?;
        self.layout.write_state(&state)?;
        self.start_together(&engine, &state, servers, progress).await
    }

    /// The target's servers that do not run this version yet.
    fn to_upgrade(
        &self,
        state: &SandboxState,
        target: UpgradeTarget,
        version: EngineVersion,
    ) -> Result<Vec<ServerName>, SandboxError> {
        let servers = match target {
            UpgradeTarget::Server(server) => vec![self.known(server).map(|_| server)?],
            UpgradeTarget::Cluster => state.replicas().collect(),
        };
        if let Some(server) = servers.iter().find(|server| state.engines.of(**server) > version) {
            return Err(SandboxError::Downgrade {
                dir: self.layout.dir().to_owned(),
                name: *server,
                runs: state.engines.of(*server),
                wanted: version,
            });
        }
        Ok(servers.into_iter().filter(|server| state.engines.of(*server) != version).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_clickhouse_is_upgraded() {
        assert_eq!("cluster".parse(), Ok(UpgradeTarget::Cluster));
        assert_eq!("replica2".parse(), Ok(UpgradeTarget::Server(ServerName::Replica(2))));
        for wrong in ["keeper", "s3", "replica0", "everything"] {
            let error = wrong.parse::<UpgradeTarget>().unwrap_err();
            assert!(error.starts_with(&format!("`{wrong}` runs no ClickHouse")), "{error}");
        }
    }
}
