//! A session of our own, through `tokio-zookeeper`.

use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpStream, time::timeout};
use tokio_zookeeper::{
    Acl, CreateMode, ZooKeeper,
    error::{Delete, Error},
};

use super::{Answer, tunnel::Tunnel};
use crate::connect::kubernetes::{Kubernetes, PodPort};

/// How long a connection, or an answer, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session, and the way that it takes where that is not the machine's own network.
pub(super) struct Session {
    session: ZooKeeper,
    tunnel: Option<Tunnel>,
}

impl Session {
    /// Connects to the first address of the host that answers.
    pub async fn connect(host: &str, port: u16) -> Answer<Self> {
        let found = tokio::net::lookup_host((host, port)).await;
        let mut reason = "its name has no address".to_owned();
        for socket in found.map_err(|error| error.to_string())? {
            // An address on which nothing listens is told at once; the client itself would try for ever.
            match timeout(PATIENCE, TcpStream::connect(socket)).await {
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
            match begun(socket).await {
                Ok(session) => return Ok(Self { session, tunnel: None }),
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    /// Connects to a port of a pod.
    pub async fn through(kubernetes: &Kubernetes, to: &PodPort) -> Answer<Self> {
        let tunnel = Tunnel::open(kubernetes, to).await?;
        match begun(tunnel.near()).await {
            Ok(session) => Ok(Self { session, tunnel: Some(tunnel) }),
            Err(reason) => Err(tunnel.trouble().await.unwrap_or(reason)),
        }
    }

    pub async fn children(&self, path: &str) -> Answer<Option<Vec<String>>> {
        self.answer(self.session.get_children(path)).await
    }

    pub async fn exists(&self, path: &str) -> Answer<bool> {
        Ok(self.answer(self.session.exists(path)).await?.is_some())
    }

    pub async fn create(&self, path: &str) -> Answer<()> {
        let made = self.session.create(path, &b""[..], Acl::open_unsafe(), CreateMode::Persistent);
        self.answer(made).await?.map(drop).map_err(|error| format!("{path} cannot be made: {error}"))
    }

    /// Removes what is there now; says whether nothing has come meanwhile.
    pub async fn remove_tree(&self, path: &str) -> Answer<bool> {
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
        Ok(!grown)
    }

    async fn answer<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Answer<T> {
        let reason = match timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        match &self.tunnel {
            Some(tunnel) => Err(tunnel.trouble().await.unwrap_or(reason)),
            None => Err(reason),
        }
    }
}

async fn begun(socket: SocketAddr) -> Answer<ZooKeeper> {
    match timeout(PATIENCE, ZooKeeper::connect(&socket)).await {
        Ok(Ok((session, _))) => Ok(session),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}
