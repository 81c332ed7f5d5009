//! What can go wrong with a sandbox.

use camino::Utf8PathBuf;
use thiserror::Error;

use super::engine_version::EngineVersion;
use super::server_name::ServerName;
use crate::catalogue::{Shown, sandbox, shown_by_the_catalogue};

/// An error of the sandbox. Each says where it happened; what to do about it is in its entry of the catalogue.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum SandboxError {
    /// The folder holds no state file.
    NotFound {
        /// The folder.
        dir: Utf8PathBuf,
    },

    /// The folder holds something else, and nothing was touched.
    NotASandbox {
        /// The folder.
        dir: Utf8PathBuf,
    },

    /// The state file cannot be understood.
    State {
        /// The file.
        file: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// An option disagrees with the sandbox that exists.
    Differs {
        /// The folder.
        dir: Utf8PathBuf,
        /// What it has.
        existing: String,
        /// What was asked for.
        wanted: String,
    },

    /// A server of the sandbox that exists runs another ClickHouse than was asked for.
    EngineDiffers {
        /// The folder.
        dir: Utf8PathBuf,
        /// The server.
        name: ServerName,
        /// What it runs.
        runs: EngineVersion,
        /// What was asked for.
        wanted: EngineVersion,
    },

    /// A server was to be started as an older ClickHouse on data of a newer one.
    Downgrade {
        /// The folder.
        dir: Utf8PathBuf,
        /// The server.
        name: ServerName,
        /// What it runs.
        runs: EngineVersion,
        /// What was asked for.
        wanted: EngineVersion,
    },

    /// A program the sandbox is made of is not installed.
    MissingProgram {
        /// What is missing.
        what: String,
        /// How to get it.
        remedy: String,
    },

    /// The engine's packages could not be installed.
    EngineSetup {
        /// The command.
        command: String,
        /// The end of what it said.
        reason: String,
    },

    /// No block of ports is free.
    Ports {
        /// The first port.
        base: u16,
        /// The last port.
        last: u16,
    },

    /// A server ended while it was starting, or never answered.
    Start {
        /// The server.
        name: ServerName,
        /// What was seen.
        reason: String,
        /// Its log.
        log: Utf8PathBuf,
        /// The end of the log.
        tail: String,
    },

    /// The name of a server is none this sandbox has.
    UnknownServer {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },

    /// The source was removed by the migration, and something was asked of it.
    SourceRemoved,

    /// A server cannot be reached.
    Unreachable {
        /// The server.
        name: ServerName,
        /// What the connection said.
        reason: String,
    },

    /// ClickHouse refused a statement.
    Refused {
        /// The server.
        name: ServerName,
        /// ClickHouse's error code; 0 when there was none.
        code: i32,
        /// ClickHouse's own words.
        text: String,
        /// The statement, shortened.
        statement: String,
    },

    /// golang-migrate's refusal, in its own words.
    Dirty {
        /// The version of the migration.
        version: i64,
        /// The database.
        database: String,
    },

    /// A migration's file cannot be used.
    Migration {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },

    /// There are data where new ones should go.
    AlreadyLoaded {
        /// The database.
        database: String,
    },

    /// The file system said no.
    Io {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: Utf8PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
}

shown_by_the_catalogue!(SandboxError);

impl SandboxError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::NotFound { dir } => sandbox::NOT_FOUND.with("dir", dir),
            Self::NotASandbox { dir } => sandbox::NOT_A_SANDBOX.with("dir", dir),
            Self::State { file, reason } => sandbox::STATE_UNREADABLE.with("file", file).with("reason", reason),
            Self::Differs { dir, existing, wanted } => {
                sandbox::DIFFERS.with("dir", dir).with("existing", existing).with("wanted", wanted)
            }
            Self::EngineDiffers { dir, name, runs, wanted } => {
                let entry = if wanted > runs { &sandbox::ENGINE_DIFFERS } else { &sandbox::ENGINE_TOO_NEW };
                entry.with("dir", dir).with("name", name).with("runs", runs).with("wanted", wanted)
            }
            Self::Downgrade { dir, name, runs, wanted } => {
                sandbox::DOWNGRADE.with("dir", dir).with("name", name).with("runs", runs).with("wanted", wanted)
            }
            Self::MissingProgram { what, remedy } => sandbox::MISSING_PROGRAM.with("what", what).with("remedy", remedy),
            Self::EngineSetup { command, reason } => {
                sandbox::ENGINE_SETUP.with("command", command).with("reason", reason)
            }
            Self::Ports { base, last } => sandbox::PORTS_TAKEN.with("base", base).with("last", last),
            Self::Start { name, reason, log, tail } => {
                sandbox::START_FAILED.with("name", name).with("reason", reason).with("log", log).with("tail", tail)
            }
            Self::UnknownServer { name, known } => sandbox::UNKNOWN_SERVER.with("name", name).with("known", known),
            Self::SourceRemoved => sandbox::SOURCE_REMOVED.bare(),
            Self::Unreachable { name, reason } => sandbox::UNREACHABLE.with("name", name).with("reason", reason),
            Self::Refused { name, text, statement, .. } => {
                sandbox::REFUSED.with("name", name).with("text", text).with("statement", statement)
            }
            Self::Dirty { version, database } => sandbox::DIRTY.with("version", version).with("database", database),
            Self::Migration { file, reason } => sandbox::MIGRATION_INVALID.with("file", file).with("reason", reason),
            Self::AlreadyLoaded { database } => sandbox::ALREADY_LOADED.with("database", database),
            Self::Io { doing, path, .. } => sandbox::IO.with("doing", doing).with("path", path),
        }
        .into()
    }

    /// For `map_err` on file operations.
    pub(super) fn io(doing: &'static str, path: impl Into<Utf8PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
