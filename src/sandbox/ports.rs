//! The ports of a sandbox: a block of their own, chosen where all are free.

use std::net::TcpListener;

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::server_name::ServerName;

const FIRST_BASE_PORT: u16 = 21_000;
const LAST_BASE_PORT: u16 = 31_000;
const PORTS_PER_SANDBOX: u16 = 40;

/// The ports of a sandbox, counted from its base port. All are on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ports {
    base: u16,
}

impl Ports {
    /// The ports from `base` on, whether free or not.
    #[must_use]
    pub fn from_base(base: u16) -> Self {
        Self { base }
    }

    /// `wanted` when all its ports are free, or else the first free block.
    ///
    /// # Errors
    /// `Ports` when `wanted`, or every block, is taken in part.
    pub(super) fn choose(wanted: Option<u16>, replicas: u8) -> Result<Self, SandboxError> {
        let candidates: Vec<u16> = match wanted {
            Some(base) => vec![base],
            None => (FIRST_BASE_PORT..LAST_BASE_PORT).step_by(usize::from(PORTS_PER_SANDBOX)).collect(),
        };
        candidates
            .into_iter()
            .filter(|base| base.checked_add(PORTS_PER_SANDBOX).is_some())
            .map(Self::from_base)
            .find(|ports| ports.are_free(replicas))
            .ok_or_else(|| {
                let base = wanted.unwrap_or(FIRST_BASE_PORT);
                let last = wanted.map_or(LAST_BASE_PORT, |base| base.saturating_add(PORTS_PER_SANDBOX));
                SandboxError::Ports { base, last }
            })
    }

    fn are_free(self, replicas: u8) -> bool {
        let servers = std::iter::once(ServerName::Source).chain((1..=replicas).map(ServerName::Replica));
        let mut ports = vec![self.keeper(), self.s3()];
        ports.extend(servers.flat_map(|name| [self.http(name), self.native(name), self.interserver(name)]));
        ports.into_iter().all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    }

    /// Keeper's client port.
    #[must_use]
    pub fn keeper(self) -> u16 {
        self.base
    }

    /// The S3 store's port.
    #[must_use]
    pub fn s3(self) -> u16 {
        self.base + 1
    }

    /// The HTTP port of a ClickHouse server.
    #[must_use]
    pub fn http(self, server: ServerName) -> u16 {
        self.base + 10 + Self::index(server)
    }

    /// The native port `system.clusters` shows for a server; nothing listens there.
    #[must_use]
    pub fn native(self, server: ServerName) -> u16 {
        self.base + 20 + Self::index(server)
    }

    /// Where other replicas fetch parts.
    #[must_use]
    pub fn interserver(self, server: ServerName) -> u16 {
        self.base + 30 + Self::index(server)
    }

    fn index(server: ServerName) -> u16 {
        match server {
            ServerName::Replica(number) => u16::from(number),
            ServerName::Source | ServerName::Keeper | ServerName::S3 => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::server_name::MAX_REPLICAS;
    use super::*;

    #[test]
    fn no_two_servers_share_a_port() {
        let ports = Ports::from_base(21_000);
        let servers: Vec<_> =
            std::iter::once(ServerName::Source).chain((1..=MAX_REPLICAS).map(ServerName::Replica)).collect();
        let mut all = vec![ports.keeper(), ports.s3()];
        all.extend(servers.iter().flat_map(|name| [ports.http(*name), ports.native(*name), ports.interserver(*name)]));
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|port| *port < 21_000 + PORTS_PER_SANDBOX));
    }

    #[test]
    fn taken_ports_are_passed_over() {
        let taken = (40_000..60_000)
            .step_by(100)
            .find_map(|base| TcpListener::bind(("127.0.0.1", base)).ok().map(|listener| (base, listener)));
        let (base, _listener) = taken.expect("one port of 200 is free");
        assert!(matches!(Ports::choose(Some(base), 2), Err(SandboxError::Ports { .. })));
        assert!(Ports::choose(None, 2).is_ok());
    }
}
