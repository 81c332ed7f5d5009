//! ZooKeeper or ClickHouse Keeper as this machine reaches it: look at a path, make one, and remove one.
//!
//! Speaks through `tokio-zookeeper`; knows nothing of what ClickHouse keeps there. Connects without authentication.

use std::{net::SocketAddr, time::Duration};

use tokio::time::timeout;
use tokio_zookeeper::{Acl, CreateMode, ZooKeeper, error::Delete};

use super::target::Keeper;

/// How long a connection, or an answer, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why Keeper did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the Keeper at {address} cannot be asked: {reason}")]
pub struct KeeperError {
    address: String,
    reason: String,
}

/// A session; it ends when this is dropped.
pub struct KeeperClient {
    session: ZooKeeper,
    address: String,
}

impl KeeperClient {
    /// Connects to the first address of the host that answers.
    pub async fn connect(keeper: &Keeper) -> Result<Self, KeeperError> {
        let address = format!("{}:{}", keeper.host, keeper.port);
        let failed = |reason: String| KeeperError { address: address.clone(), reason };
        let found = tokio::net::lookup_host((keeper.host.as_str(), keeper.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|error| failed(error.to_string()))?.collect();
        let mut reason = "its name has no address".to_owned();
        for socket in found {
            // An address on which nothing listens is told at once; the client itself would try for ever.
            match timeout(PATIENCE, tokio::net::TcpStream::connect(socket)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    reason = error.to_string();
                    continue;
                }
                Err(_) => {
                    reason = "no answer in time".to_owned();
                    continue;
                }
            }
            match timeout(PATIENCE, ZooKeeper::connect(&socket)).await {
                Ok(Ok((session, _))) => return Ok(Self { session, address }),
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => reason = "no answer in time".to_owned(),
            }
        }
        Err(failed(reason))
    }

    /// The names below a path; `None` where there is no such path.
    pub async fn children(&self, path: &str) -> Result<Option<Vec<String>>, KeeperError> {
        self.answer(self.session.get_children(path)).await
    }

    pub async fn exists(&self, path: &str) -> Result<bool, KeeperError> {
        Ok(self.answer(self.session.exists(path)).await?.is_some())
    }

    /// Makes one node that lasts, under a parent that is there; fails where it is there already.
    pub async fn create(&self, path: &str) -> Result<(), KeeperError> {
        let made = self.session.create(path, &b""[..], Acl::open_unsafe(), CreateMode::Persistent);
        self.answer(made).await?.map(drop).map_err(|error| self.failed(format!("{path} cannot be made: {error}")))
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Removes a path and all below it, the lowest first. What is gone already is removed; what grows meanwhile is tried
    /// again a few times.
    pub async fn remove_all(&self, path: &str) -> Result<(), KeeperError> {
        for _ in 0..5 {
            let mut pending = vec![path.to_owned()];
            let mut found = Vec::new();
            while let Some(next) = pending.pop() {
                for child in self.children(&next).await?.unwrap_or_default() {
                    pending.push(format!("{next}/{child}"));
                }
                found.push(next);
            }
            let mut grown = false;
            for node in found.iter().rev() {
                match self.answer(self.session.delete(node, None)).await? {
                    Ok(()) | Err(Delete::NoNode) => {}
                    Err(_) => grown = true,
                }
            }
            if !grown {
                return Ok(());
            }
        }
        Err(self.failed(format!("{path} grows again while it is removed: somebody uses it")))
    }

    async fn answer<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_zookeeper::error::Error>>,
    ) -> Result<T, KeeperError> {
        match timeout(PATIENCE, asked).await {
            Ok(answer) => answer.map_err(|error| self.failed(error.to_string())),
            Err(_) => Err(self.failed("no answer in time".to_owned())),
        }
    }

    fn failed(&self, reason: String) -> KeeperError {
        KeeperError { address: self.address.clone(), reason }
    }
}
