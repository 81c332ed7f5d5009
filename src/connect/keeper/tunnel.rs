//! A port of this machine that leads to a port of a pod, for a client that takes an address only. It lives as long as its session.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use super::Answer;
use crate::connect::kubernetes::{Forward, Kubernetes, PodPort};

/// How long the cause of an end is waited for.
const SHORTLY: Duration = Duration::from_secs(2);
/// How long nothing is accepted after that failed: for want of file descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(100);

/// A tunnel; it is closed when this is dropped.
pub(super) struct Tunnel {
    near: SocketAddr,
    /// Why the last stream has ended, where its link has said so.
    trouble: watch::Receiver<Option<String>>,
    work: JoinHandle<()>,
}

impl Tunnel {
    /// Listens on loopback, on a port that is free. A stream is opened at once, for what is wrong shows then, and by name.
    pub async fn open(kubernetes: &Kubernetes, to: &PodPort) -> Answer<Self> {
        let first = kubernetes.forward(to).await.map_err(|error| error.to_string())?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| error.to_string())?;
        let near = listener.local_addr().map_err(|error| error.to_string())?;
        let (sender, trouble) = watch::channel(None);
        let work = tokio::spawn(serve(listener, kubernetes.clone(), to.clone(), first, sender));
        Ok(Self { near, trouble, work })
    }

    /// The address on this machine.
    pub fn near(&self) -> SocketAddr {
        self.near
    }

    /// Why a session over it has failed. The link's word comes a little after the end of its stream.
    pub async fn trouble(&self) -> Option<String> {
        let mut trouble = self.trouble.clone();
        let said = timeout(2 * SHORTLY, trouble.wait_for(Option::is_some)).await;
        said.ok()?.ok()?.clone()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// A client that has lost its connection makes another one: each has a stream of its own.
async fn serve(
    listener: TcpListener,
    kubernetes: Kubernetes,
    to: PodPort,
    first: Forward,
    trouble: watch::Sender<Option<String>>,
) {
    let mut first = Some(first);
    let mut streams = JoinSet::new();
    loop {
        let Ok((near, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let (kubernetes, to, trouble) = (kubernetes.clone(), to.clone(), trouble.clone());
        let opened = first.take();
        streams.spawn(async move {
            let opened = match opened {
                Some(forward) => Ok(forward),
                None => kubernetes.forward(&to).await,
            };
            let cause = match opened {
                Ok(forward) => pump(near, forward).await,
                Err(error) => Some(error.to_string()),
            };
            trouble.send_replace(cause);
        });
        while streams.try_join_next().is_some() {}
    }
}

/// Carries what both sides say until one of them has ended; gives the cause, where the link has one.
async fn pump(mut near: TcpStream, forward: Forward) -> Option<String> {
    let (mut far, cause) = forward.into_parts();
    let ended = copy_bidirectional(&mut near, &mut far).await;
    drop(far);
    let cause = timeout(SHORTLY, cause).await.ok().flatten();
    cause.or_else(|| ended.err().map(|error| error.to_string()))
}
