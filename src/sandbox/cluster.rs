//! The life of a sandbox: up, status, faults, down.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rand::Rng as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::Progress;
use super::engine::Engine;
use super::engine_version::EngineChoice;
use super::error::SandboxError;
use super::keeper;
use super::layout::{Layout, Lock, SandboxState, SourceState, cache_directory, read_secret, write_private};
use super::ports::Ports;
use super::query::Connection;
use super::server_name::ServerName;
use super::session_key::SessionKey;
use super::users::Users;

const DEFAULT_REPLICAS: u8 = 2;
const SECRET_LENGTH: usize = 24;

/// What `Sandbox::up` shall bring up.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// The sandbox's folder; made when it is missing.
    pub dir: Utf8PathBuf,
    /// How many replicas, 1 to 9; 2, or what the existing sandbox has, when not said.
    pub replicas: Option<u8>,
    /// The first of 40 ports; free ones are chosen when not said. An existing sandbox keeps its own.
    pub base_port: Option<u16>,
    /// Which ClickHouse the servers run. A side that is not named runs the newest, or what it runs in the existing sandbox.
    pub engine: EngineChoice,
    /// The ClickHouse user of a new sandbox.
    pub user: String,
    /// That user's password in a new sandbox; a random one when not said.
    pub password: Option<SecretString>,
    /// Users with profiles beside that one; those of the existing sandbox when not said. Its ClickHouse servers are started anew for
    /// other ones.
    pub users: Option<Users>,
    /// Whether the ClickHouse servers log every statement, as those of operators do; it is slower. An existing sandbox's servers are
    /// started anew for it.
    pub logs_statements: bool,
    /// The houseplan binary: it is the S3 store, and what the Environment's `migrate` runs.
    pub program: Utf8PathBuf,
}

impl UpOptions {
    /// The usual sandbox in a folder.
    #[must_use]
    pub fn new(dir: impl Into<Utf8PathBuf>, program: impl Into<Utf8PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            replicas: None,
            base_port: None,
            engine: EngineChoice::default(),
            user: "default".to_owned(),
            password: None,
            users: None,
            logs_statements: false,
            program: program.into(),
        }
    }
}

/// A sandbox in its folder, whether its servers run or not.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(super) layout: Layout,
    ports: Ports,
    pub(super) connection: Connection,
}

impl Sandbox {
    /// Brings a sandbox up, or what is dead of it. Returns when every server answers. On a running one it changes nothing.
    ///
    /// # Errors
    /// `NotASandbox`, `Differs` (another number of replicas or base port than it has), `EngineDiffers`, `MissingProgram`, `EngineSetup`,
    /// `Ports`, `Start`.
    pub async fn up(options: UpOptions, progress: Progress<'_>) -> Result<Self, SandboxError> {
        let layout = Layout::new(options.dir.clone());
        // What is quick to check comes before what takes minutes to install.
        keeper::find_java()?;
        layout.create()?;
        let _lock = layout.lock().await?;
        if layout.is_sandbox() {
            let sandbox = Self::open(layout.dir())?;
            sandbox.refuse_other(&options)?;
            let mut state = sandbox.state()?;
            let engine = Engine::provide(state.engine_versions(), progress).await?;
            if state.program != options.program {
                state.program = options.program;
                layout.write_state(&state)?;
            }
            let users = options.users.filter(|users| *users != state.users);
            let logs_more = options.logs_statements && !state.logs_statements;
            if users.is_some() || logs_more {
                state.users = users.unwrap_or(state.users);
                state.logs_statements |= logs_more;
                layout.write_state(&state)?;
                for server in state.clickhouse_servers() {
                    sandbox.end(server).await?;
                }
            }
            sandbox.start_missing(&engine, &state, progress).await?;
            return Ok(sandbox);
        }
        let engine = Engine::provide(options.engine.versions(), progress).await?;
        // Between finding ports free and listening on them, another sandbox must not find them free too.
        let _ports = Lock::acquire(cache_directory().join("ports.lock")).await?;
        let replicas = options.replicas.unwrap_or(DEFAULT_REPLICAS);
        let ports = Ports::choose(options.base_port, replicas)?;
        write_secrets(&layout, options.password)?;
        let mut state = SandboxState::new(ports, replicas, options.user, options.program);
        state.users = options.users.unwrap_or_default();
        state.logs_statements = options.logs_statements;
        for server in state.servers() {
            if let Some(version) = options.engine.of(server) {
                state.engines.set(server, version);
            }
        }
        layout.write_state(&state)?;
        let sandbox = Self::open(layout.dir())?;
        sandbox.start_missing(&engine, &state, progress).await?;
        Ok(sandbox)
    }

    /// Opens a sandbox without starting anything.
    ///
    /// # Errors
    /// `NotFound`, `State`.
    pub fn open(dir: &Utf8Path) -> Result<Self, SandboxError> {
        let layout = Layout::new(dir.to_owned());
        let state = layout.read_state()?;
        let password = read_secret(&layout.password_file())?;
        Ok(Self { layout, ports: state.base_port, connection: Connection::new(state.base_port, state.user, password) })
    }

    /// Where its files are.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its ports.
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Its state, read anew: another process may have changed it.
    ///
    /// # Errors
    /// `NotFound` once it is purged, `State`.
    pub fn state(&self) -> Result<SandboxState, SandboxError> {
        self.layout.read_state()
    }

    /// A temporary access key of the store, which lasts so many seconds and lacks the `denied` rights (`s3:DeleteObject`).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn issue_session_key(&self, seconds: u32, denied: Vec<String>) -> Result<SessionKey, SandboxError> {
        SessionKey::issue(self.layout(), seconds, denied)
    }

    /// Runs one statement on a server and gives its result, in TabSeparated unless the statement names a format.
    ///
    /// # Errors
    /// `Refused` with ClickHouse's code and words, `Unreachable`.
    pub async fn query(&self, server: ServerName, sql: &str) -> Result<String, SandboxError> {
        self.connection.run(server, sql, &[]).await
    }

    /// Starts a server that does not run, and waits until it answers.
    ///
    /// # Errors
    /// `UnknownServer`, `SourceRemoved`, `Start`.
    pub async fn start(&self, server: ServerName) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        let state = self.known(server)?;
        if self.process(server).is_some_and(|process| process.is_alive()) {
            return Ok(());
        }
        let engine = Engine::provide(state.engine_versions(), &mut |_| {}).await?;
        self.start_one(&engine, &state, server).await
    }

    /// Ends a server as an operator would (SIGTERM, then SIGKILL after ten seconds). On a stopped one it does nothing.
    ///
    /// # Errors
    /// `UnknownServer`, `SourceRemoved`, or `Io` when it does not end.
    pub async fn stop(&self, server: ServerName) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        self.known(server)?;
        self.end(server).await
    }

    /// Kills a server as a crash would (SIGKILL). Its status is `dead` until it is started again.
    ///
    /// # Errors
    /// `UnknownServer`, `SourceRemoved`, or `Io` when it does not end.
    pub async fn kill(&self, server: ServerName) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        self.known(server)?;
        match self.process(server) {
            Some(process) => process.kill().await.map_err(SandboxError::io("end", self.layout.process_file(server))),
            None => Ok(()),
        }
    }

    /// Stops a server and starts it.
    ///
    /// # Errors
    /// As of `stop` and `start`.
    pub async fn restart(&self, server: ServerName) -> Result<(), SandboxError> {
        self.stop(server).await?;
        self.start(server).await
    }

    /// Ends every server. The data stay.
    ///
    /// # Errors
    /// `Io` when a process does not end.
    pub async fn down(&self) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        self.end_all().await
    }

    /// Ends every server and removes the folder.
    ///
    /// # Errors
    /// `Io` when a process does not end or a file cannot be removed.
    pub async fn purge(self) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        self.end_all().await?;
        let dir = self.layout.dir();
        fs::remove_dir_all(dir).map_err(SandboxError::io("remove", dir))
    }

    /// Ends every server, removes all data, and brings everything up again, the source too.
    ///
    /// # Errors
    /// As of `down` and `up`.
    pub async fn reset(&self, progress: Progress<'_>) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        let with_source = SandboxState { source: SourceState::Present, ..self.state()? };
        let engine = Engine::provide(with_source.engine_versions(), progress).await?;
        self.end_all().await?;
        let servers = self.layout.dir().join("servers");
        remove_dir(&servers)?;
        let state = self.restore_source()?;
        self.start_missing(&engine, &state, progress).await
    }

    /// Marks the source as present again, and forgets a migration that broke off. Starts nothing.
    pub(super) fn restore_source(&self) -> Result<SandboxState, SandboxError> {
        for server in [ServerName::Source, ServerName::Replica(1)] {
            let note = self.layout.migrating_file(server);
            remove_if_there(fs::remove_file(&note), &note)?;
        }
        let mut state = self.state()?;
        state.source = SourceState::Present;
        self.layout.write_state(&state)?;
        Ok(state)
    }

    /// Removes the source for good: marked first, so that a crash in between leaves nothing that would bring it back.
    pub(super) async fn remove_source(&self) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        let mut state = self.state()?;
        state.source = SourceState::Removed;
        self.layout.write_state(&state)?;
        self.end(ServerName::Source).await?;
        remove_dir(&self.layout.server_dir(ServerName::Source))
    }

    fn refuse_other(&self, options: &UpOptions) -> Result<(), SandboxError> {
        let state = self.state()?;
        let differs = |existing: String, wanted: String| SandboxError::Differs {
            dir: self.layout.dir().to_owned(),
            existing,
            wanted,
        };
        if let Some(wanted) = options.replicas.filter(|wanted| *wanted != state.replicas) {
            return Err(differs(format!("{} replicas", state.replicas), wanted.to_string()));
        }
        if let Some(wanted) = options.base_port.filter(|wanted| *wanted != self.ports.keeper()) {
            return Err(differs(format!("base port {}", self.ports.keeper()), wanted.to_string()));
        }
        for server in state.clickhouse_servers() {
            let runs = state.engines.of(server);
            if let Some(wanted) = options.engine.of(server).filter(|wanted| *wanted != runs) {
                return Err(SandboxError::EngineDiffers {
                    dir: self.layout.dir().to_owned(),
                    name: server,
                    runs,
                    wanted,
                });
            }
        }
        Ok(())
    }

    /// The state, once the server is known to be part of it.
    pub(super) fn known(&self, server: ServerName) -> Result<SandboxState, SandboxError> {
        let state = self.state()?;
        let servers = state.servers();
        if servers.contains(&server) {
            return Ok(state);
        }
        if server == ServerName::Source {
            return Err(SandboxError::SourceRemoved);
        }
        let known: Vec<String> = servers.iter().map(ToString::to_string).collect();
        Err(SandboxError::UnknownServer { name: server.to_string(), known: known.join(", ") })
    }
}

fn write_secrets(layout: &Layout, password: Option<SecretString>) -> Result<(), SandboxError> {
    let password = password.map_or_else(random_secret, |password| password.expose_secret().to_owned());
    write_private(&layout.password_file(), &password)?;
    for file in [layout.access_key_id_file(), layout.secret_access_key_file(), layout.cluster_secret_file()] {
        write_private(&file, &random_secret())?;
    }
    Ok(())
}

pub(super) fn random_secret() -> String {
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(SECRET_LENGTH).map(char::from).collect()
}

pub(super) fn remove_dir(dir: &Utf8Path) -> Result<(), SandboxError> {
    remove_if_there(fs::remove_dir_all(dir), dir)
}

/// That there is nothing to remove is as good as having removed it.
fn remove_if_there(removed: std::io::Result<()>, path: &Utf8Path) -> Result<(), SandboxError> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(SandboxError::io("remove", path)(error)),
        _ => Ok(()),
    }
}
