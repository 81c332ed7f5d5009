//! What the servers of a sandbox do, as their processes tell.

use camino::Utf8PathBuf;
use serde::Serialize;

use super::cluster::Sandbox;
use super::error::SandboxError;
use super::layout::{SandboxState, SourceState};
use super::processes::{Memory, ProcessRecord};
use super::server_name::ServerName;

/// What the servers of a sandbox do.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The sandbox's folder.
    pub dir: Utf8PathBuf,
    /// Its Environment document.
    pub environment: Utf8PathBuf,
    /// Its servers.
    pub servers: Vec<ServerStatus>,
}

/// What one server does.
#[derive(Debug, Clone, Serialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: ServerName,
    /// Whether it runs.
    pub state: ServerState,
    /// Which ClickHouse it is, as `26.9.2.1`; none for the others.
    pub version: Option<&'static str>,
    /// Where it listens.
    pub address: String,
    /// Its process, when it runs.
    pub pid: Option<i32>,
    /// Its memory, when it runs.
    pub memory: Option<Memory>,
    /// Its output.
    pub log: Utf8PathBuf,
}

/// Whether a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// Its process runs; it may still not answer.
    Running,
    /// It was stopped.
    Stopped,
    /// It ended without being stopped.
    Dead,
    /// The migration removed it.
    Removed,
}

impl Sandbox {
    /// What each server does. Looks at processes only; asks no server.
    ///
    /// # Errors
    /// `NotFound`, `State`.
    pub fn status(&self) -> Result<Status, SandboxError> {
        let state = self.state()?;
        let mut names = state.servers();
        if state.source == SourceState::Removed {
            names.insert(2, ServerName::Source);
        }
        let servers = names.into_iter().map(|name| self.server_status(&state, name)).collect();
        Ok(Status { dir: self.layout.dir().to_owned(), environment: self.layout.environment_file(), servers })
    }

    fn server_status(&self, state: &SandboxState, name: ServerName) -> ServerStatus {
        let process = self.process(name);
        let alive = process.filter(ProcessRecord::is_alive);
        let server_state = match (alive, process) {
            _ if name == ServerName::Source && state.source == SourceState::Removed => ServerState::Removed,
            (Some(_), _) => ServerState::Running,
            (None, Some(_)) => ServerState::Dead,
            (None, None) => ServerState::Stopped,
        };
        let ports = self.ports();
        let port = match name {
            ServerName::Keeper => ports.keeper(),
            ServerName::S3 => ports.s3(),
            ServerName::Source | ServerName::Replica(_) => ports.http(name),
        };
        let scheme = if name == ServerName::Keeper { "" } else { "http://" };
        ServerStatus {
            name,
            state: server_state,
            version: name.is_clickhouse().then(|| state.engines.of(name).server()),
            address: format!("{scheme}127.0.0.1:{port}"),
            pid: alive.map(|process| process.pid),
            memory: alive.and_then(|process| process.memory()),
            log: self.layout.log_file(name),
        }
    }
}
