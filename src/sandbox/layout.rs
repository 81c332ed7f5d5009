//! Where everything of a sandbox lies: its folder, its state file, its lock.
//! It starts nothing and talks to nobody.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use super::engine_version::{EngineVersion, Engines};
use super::error::SandboxError;
use super::ports::Ports;
use super::server_name::ServerName;
use super::users::Users;

/// The S3 bucket, and the region it is said to be in.
pub(super) const BUCKET: &str = "backups";
pub(super) const REGION: &str = "us-east-1";
const STATE_FORMAT: u32 = 1;

/// Whether the standalone server is still part of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// It is, running or not.
    Present,
    /// The migration removed it, with its data.
    Removed,
}

/// What `sandbox.json` says. Processes are not in it: each has a file of its own, see `processes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxState {
    /// The version of this format.
    pub(super) format: u32,
    /// The base port of all others.
    pub base_port: Ports,
    /// How many replicas the cluster has.
    pub replicas: u8,
    /// The ClickHouse user.
    pub user: String,
    /// Whether the source is still there.
    pub source: SourceState,
    /// This binary, which also is the S3 server.
    pub program: Utf8PathBuf,
    /// Which version of ClickHouse each server runs.
    #[serde(default)]
    pub engines: Engines,
    /// Users beside that one, with profiles of their own.
    #[serde(default)]
    pub users: Users,
    /// Whether the ClickHouse servers log every statement.
    #[serde(default)]
    pub logs_statements: bool,
}

impl SandboxState {
    pub(super) fn new(ports: Ports, replicas: u8, user: String, program: Utf8PathBuf) -> Self {
        Self {
            format: STATE_FORMAT,
            base_port: ports,
            replicas,
            user,
            source: SourceState::Present,
            program,
            engines: Engines::default(),
            users: Users::default(),
            logs_statements: false,
        }
    }

    /// The servers there should be, in the order in which they start.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerName> {
        let mut servers = vec![ServerName::Keeper, ServerName::S3];
        if self.source == SourceState::Present {
            servers.push(ServerName::Source);
        }
        servers.extend(self.replicas());
        servers
    }

    /// Those of them that are ClickHouse.
    pub fn clickhouse_servers(&self) -> impl Iterator<Item = ServerName> + use<> {
        self.servers().into_iter().filter(|server| server.is_clickhouse())
    }

    /// The versions of ClickHouse that these run.
    pub(super) fn engine_versions(&self) -> BTreeSet<EngineVersion> {
        self.clickhouse_servers().map(|server| self.engines.of(server)).collect()
    }

    /// The servers of the cluster.
    pub fn replicas(&self) -> impl Iterator<Item = ServerName> + use<> {
        (1..=self.replicas).map(ServerName::Replica)
    }
}

/// The folder of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    dir: Utf8PathBuf,
}

impl Layout {
    /// Servers start in folders of their own, so the path is made absolute.
    pub(super) fn new(dir: Utf8PathBuf) -> Self {
        let absolute = camino::absolute_utf8(&dir);
        Self { dir: absolute.unwrap_or(dir) }
    }

    /// The folder itself.
    #[must_use]
    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    /// The Environment document that names this sandbox's targets.
    #[must_use]
    pub fn environment_file(&self) -> Utf8PathBuf {
        self.dir.join("environment.yaml")
    }

    /// The file with the ClickHouse user's password.
    #[must_use]
    pub fn password_file(&self) -> Utf8PathBuf {
        self.secret_file("clickhouse-password")
    }

    /// The file with the S3 access key's id.
    #[must_use]
    pub fn access_key_id_file(&self) -> Utf8PathBuf {
        self.secret_file("s3-access-key-id")
    }

    /// The file with the S3 secret access key.
    #[must_use]
    pub fn secret_access_key_file(&self) -> Utf8PathBuf {
        self.secret_file("s3-secret-access-key")
    }

    /// What was asked of the S3 store with temporary keys: a line a request, and whether it bore its session token.
    #[must_use]
    pub fn session_requests_file(&self) -> Utf8PathBuf {
        self.server_dir(ServerName::S3).join("session-requests.log")
    }

    pub(super) fn cluster_secret_file(&self) -> Utf8PathBuf {
        self.secret_file("cluster-secret")
    }

    fn secret_file(&self, name: &str) -> Utf8PathBuf {
        self.dir.join("secrets").join(name)
    }

    /// The output of a server; a ClickHouse server's own logs lie in its folder beside its data.
    #[must_use]
    pub fn log_file(&self, server: ServerName) -> Utf8PathBuf {
        self.dir.join("logs").join(format!("{server}.log"))
    }

    pub(super) fn process_file(&self, server: ServerName) -> Utf8PathBuf {
        self.dir.join("processes").join(format!("{server}.json"))
    }

    /// A server's configuration and data.
    pub(super) fn server_dir(&self, server: ServerName) -> Utf8PathBuf {
        self.dir.join("servers").join(server.to_string())
    }

    pub(super) fn data_dir(&self, server: ServerName) -> Utf8PathBuf {
        self.server_dir(server).join("data")
    }

    pub(super) fn host_dir(&self) -> Utf8PathBuf {
        self.dir.join("host")
    }

    /// The note of a migration under way through that server.
    pub(super) fn migrating_file(&self, server: ServerName) -> Utf8PathBuf {
        self.dir.join(format!("migrating-{server}.json"))
    }

    fn state_file(&self) -> Utf8PathBuf {
        self.dir.join("sandbox.json")
    }

    /// Reads the state file.
    ///
    /// # Errors
    /// `NotFound` without one, `State` when it is of another format.
    pub(super) fn read_state(&self) -> Result<SandboxState, SandboxError> {
        let file = self.state_file();
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(SandboxError::NotFound { dir: self.dir.clone() });
            }
            Err(error) => return Err(SandboxError::io("read", file)(error)),
        };
        parse_state(&text).map_err(|reason| SandboxError::State { file, reason })
    }

    /// Whether there is a state file.
    pub(super) fn is_sandbox(&self) -> bool {
        self.state_file().exists()
    }

    pub(super) fn write_state(&self, state: &SandboxState) -> Result<(), SandboxError> {
        write_json(&self.state_file(), state)
    }

    /// Makes the folder, readable by its owner alone.
    ///
    /// # Errors
    /// `NotASandbox` when it exists with something else in it.
    pub(super) fn create(&self) -> Result<(), SandboxError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&self.dir).map_err(SandboxError::io("create", &self.dir))?;
        if !self.is_sandbox() {
            let mut entries = fs::read_dir(&self.dir).map_err(SandboxError::io("read", &self.dir))?;
            let foreign =
                entries.any(|entry| entry.is_ok_and(|entry| !OWN_ENTRIES.iter().any(|own| entry.file_name() == *own)));
            if foreign {
                return Err(SandboxError::NotASandbox { dir: self.dir.clone() });
            }
        }
        for name in ["secrets", "logs", "processes", "servers"] {
            let path = self.dir.join(name);
            builder.create(&path).map_err(SandboxError::io("create", path))?;
        }
        Ok(())
    }

    /// Waits until nobody else changes this sandbox, and keeps them from it while the lock lives.
    pub(super) async fn lock(&self) -> Result<Lock, SandboxError> {
        Lock::acquire(self.dir.join("lock")).await
    }
}

/// What `create` may find from an `up` that died early: the lock, and folders it makes.
const OWN_ENTRIES: [&str; 5] = ["lock", "secrets", "logs", "processes", "servers"];

fn parse_state(text: &str) -> Result<SandboxState, String> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let Format { format } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if format != STATE_FORMAT {
        return Err(format!("its format is {format}, this houseplan knows {STATE_FORMAT}"));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// An advisory lock on a file, held until dropped or until the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) async fn acquire(path: Utf8PathBuf) -> Result<Self, SandboxError> {
        let waiting = path.clone();
        let locked = tokio::task::spawn_blocking(move || -> std::io::Result<File> {
            let file = OpenOptions::new().create(true).append(true).open(&waiting)?;
            rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
            Ok(file)
        });
        let file = locked
            .await
            .map_err(std::io::Error::other)
            .and_then(|locked| locked)
            .map_err(SandboxError::io("lock", path))?;
        Ok(Self { _file: file })
    }
}

/// Where sandboxes lie when nobody says otherwise: `$XDG_STATE_HOME`, or `~/.local/state`, and `houseplan/sandbox` below it.
#[must_use]
pub fn default_directory() -> Utf8PathBuf {
    base_directory("XDG_STATE_HOME", ".local/state").join("sandbox")
}

/// Where the engine is kept: `$XDG_CACHE_HOME`, or `~/.cache`, and `houseplan` below it.
pub(super) fn cache_directory() -> Utf8PathBuf {
    base_directory("XDG_CACHE_HOME", ".cache")
}

fn base_directory(variable: &str, below_home: &str) -> Utf8PathBuf {
    let set = |name| std::env::var(name).ok().filter(|value| value.starts_with('/'));
    set(variable)
        .map(Utf8PathBuf::from)
        .or_else(|| set("HOME").map(|home| Utf8PathBuf::from(home).join(below_home)))
        .unwrap_or_else(|| Utf8PathBuf::from("/tmp"))
        .join("houseplan")
}

/// Writes `value` so that a reader sees either the old file or the whole new one.
pub(super) fn write_json(path: &Utf8Path, value: &impl Serialize) -> Result<(), SandboxError> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|error| SandboxError::io("write", path)(error.into()))?;
    text.push('\n');
    write_private(path, &text)
}

/// Writes a file for the owner's eyes only, whole or not at all.
pub(super) fn write_private(path: &Utf8Path, text: &str) -> Result<(), SandboxError> {
    let temporary = path.with_added_extension(format!("new-{}", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&temporary, path)
    };
    write().map_err(SandboxError::io("write", path))
}

/// Reads a secret written by `write_private`, without the line's end.
pub(super) fn read_secret(path: &Utf8Path) -> Result<secrecy::SecretString, SandboxError> {
    let text = fs::read_to_string(path).map_err(SandboxError::io("read", path))?;
    Ok(text.trim_end().to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_state_is_refused() {
        let error = parse_state(r#"{"format": 2, "unheard": "of"}"#).unwrap_err();
        assert_eq!(error, "its format is 2, this houseplan knows 1");
    }

    #[test]
    fn a_foreign_folder_is_left_alone() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = Utf8PathBuf::from_path_buf(dir.path().to_owned()).expect("UTF-8");
        fs::write(path.join("thesis.txt"), "years of work").expect("written");
        let layout = Layout::new(path);
        assert!(matches!(layout.create(), Err(SandboxError::NotASandbox { .. })));
    }
}
