//! The sandbox's servers as processes: started in the order in which they need one another, waited for, ended.

use std::fs;
use std::time::{Duration, Instant};

use super::Progress;
use super::cluster::Sandbox;
use super::engine::Engine;
use super::engine_package::last_lines;
use super::environment;
use super::error::SandboxError;
use super::keeper;
use super::layout::{SandboxState, write_private};
use super::processes::{Launch, ProcessRecord};
use super::s3_server;
use super::server_name::ServerName;

const START_WITHIN: Duration = Duration::from_secs(90);
const STOP_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
const LOG_LINES: usize = 8;

impl Sandbox {
    pub(super) fn process(&self, server: ServerName) -> Option<ProcessRecord> {
        ProcessRecord::read(&self.layout.process_file(server))
    }

    /// Starts what does not run: Keeper and the store first, for the others ask for them, then all ClickHouse servers at once.
    pub(super) async fn start_missing(
        &self,
        engine: &Engine,
        state: &SandboxState,
        progress: Progress<'_>,
    ) -> Result<(), SandboxError> {
        write_private(&self.layout.environment_file(), &environment::document(&self.layout, state))?;
        let missing: Vec<ServerName> = state
            .servers()
            .into_iter()
            .filter(|name| !self.process(*name).is_some_and(|process| process.is_alive()))
            .collect();
        if missing.is_empty() {
            progress("already up");
            return Ok(());
        }
        let (servers, services): (Vec<_>, Vec<_>) = missing.into_iter().partition(|name| name.is_clickhouse());
        for group in [services, servers] {
            self.start_together(engine, state, group, progress).await?;
        }
        Ok(())
    }

    /// Starts servers that do not wait for one another, and waits until all answer.
    pub(super) async fn start_together(
        &self,
        engine: &Engine,
        state: &SandboxState,
        servers: Vec<ServerName>,
        progress: Progress<'_>,
    ) -> Result<(), SandboxError> {
        for name in &servers {
            self.spawn(engine, state, *name)?;
        }
        for name in servers {
            self.wait_until_ready(name).await?;
            progress(&format!("{name} is up"));
        }
        Ok(())
    }

    /// Starts one server and waits until it answers.
    pub(super) async fn start_one(
        &self,
        engine: &Engine,
        state: &SandboxState,
        server: ServerName,
    ) -> Result<(), SandboxError> {
        self.spawn(engine, state, server)?;
        self.wait_until_ready(server).await
    }

    fn spawn(&self, engine: &Engine, state: &SandboxState, server: ServerName) -> Result<(), SandboxError> {
        let dir = self.layout.server_dir(server);
        fs::create_dir_all(&dir).map_err(SandboxError::io("create", &dir))?;
        let launch: Launch = match server {
            ServerName::Keeper => keeper::launch(&self.layout, state)?,
            ServerName::S3 => s3_server::launch(&self.layout, state)?,
            ServerName::Source | ServerName::Replica(_) => engine.launch(&self.layout, state, server)?,
        };
        let process =
            launch.start().map_err(|error| self.start_error(server, &format!("{}: {error}", launch.program)))?;
        process.write(&self.layout.process_file(server))
    }

    async fn wait_until_ready(&self, server: ServerName) -> Result<(), SandboxError> {
        let deadline = Instant::now() + START_WITHIN;
        loop {
            let process = self.process(server).filter(ProcessRecord::is_alive);
            if process.is_none() {
                return Err(self.start_error(server, "its process ended"));
            }
            let ready = match server {
                ServerName::Keeper => keeper::is_ready(self.ports().keeper()).await,
                ServerName::S3 => s3_server::is_ready(self.ports().s3()).await,
                ServerName::Source | ServerName::Replica(_) => self.connection.ping(server).await,
            };
            if ready {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.start_error(server, "it does not answer"));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn start_error(&self, name: ServerName, reason: &str) -> SandboxError {
        let log = self.layout.log_file(name);
        let tail = last_lines(&fs::read_to_string(&log).unwrap_or_default(), LOG_LINES);
        SandboxError::Start { name, reason: reason.to_owned(), log, tail }
    }

    /// Ends a server and forgets its process.
    pub(super) async fn end(&self, server: ServerName) -> Result<(), SandboxError> {
        let file = self.layout.process_file(server);
        if let Some(process) = self.process(server) {
            process.stop(STOP_WITHIN).await.map_err(SandboxError::io("end", &file))?;
            fs::remove_file(&file).map_err(SandboxError::io("remove", file))?;
        }
        Ok(())
    }

    /// The ClickHouse servers end together, then what they need.
    pub(super) async fn end_all(&self) -> Result<(), SandboxError> {
        let state = self.state()?;
        let servers = state.replicas().chain([ServerName::Source]);
        let ended = futures::future::join_all(servers.map(|name| self.end(name))).await;
        ended.into_iter().collect::<Result<(), _>>()?;
        self.end(ServerName::S3).await?;
        self.end(ServerName::Keeper).await
    }
}
