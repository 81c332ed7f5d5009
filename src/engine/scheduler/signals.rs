//! The system's and the person's wish that the process ends.

use std::io;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

/// Listens for SIGINT, SIGTERM and SIGHUP from now on, for as long as the process lives, and gives their names.
pub fn signals() -> io::Result<UnboundedReceiver<String>> {
    let (sender, receiver) = unbounded_channel();
    let kinds =
        [(SignalKind::interrupt(), "SIGINT"), (SignalKind::terminate(), "SIGTERM"), (SignalKind::hangup(), "SIGHUP")];
    for (kind, name) in kinds {
        let (mut signal, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move { while signal.recv().await.is_some() && sender.send(name.to_owned()).is_ok() {} });
    }
    Ok(receiver)
}
