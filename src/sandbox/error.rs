//! What can go wrong with a sandbox, with the remedy for each.

use camino::{Utf8Path, Utf8PathBuf};
use miette::Diagnostic;
use thiserror::Error;

use super::engine_version::EngineVersion;
use super::server_name::ServerName;

/// An error of the sandbox. Each says where it happened; what to do about it stands in its `help`.
#[derive(Debug, Error, Diagnostic)]
pub enum SandboxError {
    /// The folder holds no state file.
    #[error("`{dir}` is not a sandbox: it has no `sandbox.json`")]
    #[diagnostic(
        code(houseplan::sandbox::not_found),
        help("bring one up with `houseplan sandbox up --dir {dir}`, or name another folder")
    )]
    NotFound {
        /// The folder.
        dir: Utf8PathBuf,
    },

    /// The folder holds something else, and nothing was touched.
    #[error("`{dir}` is not empty and not a sandbox")]
    #[diagnostic(code(houseplan::sandbox::not_a_sandbox), help("name an empty or a new folder with `--dir`"))]
    NotASandbox {
        /// The folder.
        dir: Utf8PathBuf,
    },

    /// The state file cannot be understood.
    #[error("the sandbox's state `{file}` cannot be read: {reason}")]
    #[diagnostic(
        code(houseplan::sandbox::state_unreadable),
        help(
            "it was written by another version or damaged; stop its processes with that version, then remove the folder"
        )
    )]
    State {
        /// The file.
        file: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// An option disagrees with the sandbox that exists.
    #[error("the sandbox in `{dir}` has {existing}, not {wanted}")]
    #[diagnostic(
        code(houseplan::sandbox::differs),
        help("`houseplan sandbox down --purge` removes it; or use another `--dir` beside it")
    )]
    Differs {
        /// The folder.
        dir: Utf8PathBuf,
        /// What it has.
        existing: String,
        /// What was asked for.
        wanted: String,
    },

    /// A server of the sandbox that exists runs another ClickHouse than was asked for.
    #[error("{name} in the sandbox `{dir}` runs ClickHouse {runs}, not {wanted}")]
    #[diagnostic(
        code(houseplan::sandbox::engine_differs),
        help("{}", engine_remedy(dir, *name, *runs, *wanted))
    )]
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
    #[error("{name} runs ClickHouse {runs}: its data may be of a kind that {wanted} cannot read. Nothing was stopped")]
    #[diagnostic(
        code(houseplan::sandbox::downgrade),
        help(
            "a server is upgraded only. For an older one bring up another sandbox: `houseplan sandbox up --engine {wanted} --dir FOLDER`; this one lies in `{dir}`"
        )
    )]
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
    #[error("{what} is needed for the sandbox and was not found")]
    #[diagnostic(code(houseplan::sandbox::missing_program), help("{remedy}"))]
    MissingProgram {
        /// What is missing.
        what: String,
        /// How to get it.
        remedy: String,
    },

    /// The engine's packages could not be installed.
    #[error("`{command}` failed: {reason}")]
    #[diagnostic(
        code(houseplan::sandbox::engine_setup),
        help(
            "an engine is installed once a machine, with Python's own tools; it needs a network, and 500 to 800 MB of disk a version of ClickHouse"
        )
    )]
    EngineSetup {
        /// The command.
        command: String,
        /// The end of what it said.
        reason: String,
    },

    /// No block of ports is free.
    #[error("ports {base} to {last} on 127.0.0.1 are not all free")]
    #[diagnostic(
        code(houseplan::sandbox::ports_taken),
        help("choose others with `--base-port`, or leave it out to have free ones chosen")
    )]
    Ports {
        /// The first port.
        base: u16,
        /// The last port.
        last: u16,
    },

    /// A server ended while it was starting, or never answered.
    #[error("{name} did not start: {reason}")]
    #[diagnostic(code(houseplan::sandbox::start_failed), help("its output is in `{log}`; the last lines:\n{tail}"))]
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
    #[error("there is no server `{name}` in this sandbox")]
    #[diagnostic(code(houseplan::sandbox::unknown_server), help("it has: {known}"))]
    UnknownServer {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },

    /// The source was removed by the migration, and something was asked of it.
    #[error("the source is gone: `sandbox migrate` removed it for good")]
    #[diagnostic(
        code(houseplan::sandbox::source_removed),
        help("`houseplan sandbox reset` brings back a fresh cluster with an empty source")
    )]
    SourceRemoved,

    /// A server cannot be reached.
    #[error("{name} does not answer: {reason}")]
    #[diagnostic(
        code(houseplan::sandbox::unreachable),
        help("`houseplan sandbox status` shows what runs, `houseplan sandbox up` starts what is dead")
    )]
    Unreachable {
        /// The server.
        name: ServerName,
        /// What the connection said.
        reason: String,
    },

    /// ClickHouse refused a statement.
    #[error("{name} refused a statement: {text}")]
    #[diagnostic(code(houseplan::sandbox::refused), help("the statement: {statement}"))]
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
    #[error("Dirty database version {version}. Fix and force version.")]
    #[diagnostic(
        code(houseplan::sandbox::dirty),
        help(
            "migration {version} began and did not end. Undo or finish it by hand, then mark it: INSERT INTO {database}.schema_migrations (version, dirty, sequence) VALUES ({version}, 0, toUInt64(toUnixTimestamp64Nano(now64(9))))"
        )
    )]
    Dirty {
        /// The version of the migration.
        version: i64,
        /// The database.
        database: String,
    },

    /// A migration's file cannot be used.
    #[error("migration `{file}`: {reason}")]
    #[diagnostic(
        code(houseplan::sandbox::migration_invalid),
        help("files are named `NNN_title.up.sql`, each version once, as golang-migrate has them")
    )]
    Migration {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },

    /// There are data where new ones should go.
    #[error("database `{database}` on the source already holds data")]
    #[diagnostic(
        code(houseplan::sandbox::already_loaded),
        help("`houseplan sandbox reset` empties the sandbox; `--append` loads on top")
    )]
    AlreadyLoaded {
        /// The database.
        database: String,
    },

    /// The file system said no.
    #[error("cannot {doing} `{path}`")]
    #[diagnostic(code(houseplan::sandbox::io))]
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

fn engine_remedy(dir: &Utf8Path, name: ServerName, runs: EngineVersion, wanted: EngineVersion) -> String {
    if wanted > runs {
        return format!(
            "`houseplan sandbox upgrade {name} {wanted} --dir {dir}` starts it as that one, on the same data"
        );
    }
    format!(
        "no server is started as an older one on the data of a newer: use another `--dir`, or remove this sandbox with `houseplan sandbox down --purge --dir {dir}`"
    )
}

impl SandboxError {
    /// For `map_err` on file operations.
    pub(super) fn io(doing: &'static str, path: impl Into<Utf8PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
