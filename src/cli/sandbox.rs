//! `houseplan sandbox …`: a local cluster of the real engine.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use houseplan::{
    humanize::{self, thousands},
    sandbox::{
        DATABASE, EngineChoice, EngineVersion, LoadAmount, LoadOptions, MAX_REPLICAS, MigrateOptions, Sandbox,
        ServerName, ServerState, Status, UpOptions, UpgradeTarget, Users, default_directory, serve_s3,
    },
    view::table::{
        Align::{self, Left, Right},
        table,
    },
};
use miette::IntoDiagnostic as _;

use super::global::Global;

const UP_EXAMPLES: &str = "Examples:
  houseplan sandbox up                        two replicas, free ports
  houseplan sandbox up --replicas 3 --base-port 31000
  houseplan sandbox up --engine 24.8          an older ClickHouse everywhere
  houseplan sandbox up --engine source=24.8,cluster=25.8
  houseplan sandbox up --users users.yaml     users with profiles
  houseplan sandbox load --rows 100000
  export HOUSEPLAN_ENV=$(houseplan sandbox status --environment)
  houseplan run standalone-to-replicated --set database=langsmith";

/// What can be done with a sandbox.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Bring the sandbox up, or whatever of it is dead
    ///
    /// One standalone ClickHouse server (`source`), a replicated cluster, ZooKeeper as Keeper and an S3 store, on 127.0.0.1. The
    /// first time, the engine is installed with Python's own tools. The Environment document for plans is written beside the data.
    #[command(after_help = UP_EXAMPLES)]
    Up {
        #[command(flatten)]
        folder: Folder,
        /// How many replicas the cluster has [default: 2]
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_REPLICAS)))]
        replicas: Option<u8>,
        /// The first of 40 ports [default: the first free block from 21000 on]
        #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
        base_port: Option<u16>,
        /// Which ClickHouse, as 25.8 or source=24.8,cluster=25.8 [default: 26.9]
        #[arg(long, value_name = "VERSION")]
        engine: Option<EngineChoice>,
        /// A YAML file with users that have profiles: NAME: { readonly: 2, settings: { limit: 58 }, constraints: { limit: { fixed: true } } }
        #[arg(long, value_name = "FILE", value_parser = users_in)]
        users: Option<Users>,
        /// Let the ClickHouse servers log every statement, as those of operators do
        #[arg(long)]
        log_statements: bool,
    },
    /// Start a server, or all replicas, as a newer ClickHouse on the same data
    #[command(
        after_help = "Examples:\n  houseplan sandbox upgrade source 26.9\n  houseplan sandbox upgrade cluster 26.9    all replicas\n  houseplan sandbox upgrade replica1 26.9"
    )]
    Upgrade {
        /// source, cluster (all replicas), replica1, replica2, …
        #[arg(value_name = "SERVER")]
        target: UpgradeTarget,
        /// The version it shall run, as 26.9
        #[arg(value_name = "VERSION")]
        to: EngineVersion,
        #[command(flatten)]
        folder: Folder,
    },
    /// Load LangSmith-like data into database `langsmith` on the source
    ///
    /// The data are made inside the engine, the same for the same seed.
    #[command(
        after_help = "Examples:\n  houseplan sandbox load\n  houseplan sandbox load --size 2GiB\n  houseplan sandbox load --rows 50000 --seed 7"
    )]
    Load {
        #[command(flatten)]
        folder: Folder,
        /// How many rows table `runs` gets; the others follow from it [default: 1000000]
        #[arg(long, conflicts_with = "size")]
        rows: Option<u64>,
        /// About how much space the data take, as ClickHouse stores them: 500MiB, 2GiB
        #[arg(long, value_parser = parse_size)]
        size: Option<u64>,
        /// Another seed makes other data
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Load on top of what is there
        #[arg(long)]
        append: bool,
    },
    /// Create the tables on the cluster, then delete the source: what LangSmith's `helm upgrade` does
    ///
    /// Applies the migrations (golang-migrate's layout) ON CLUSTER, with Replicated engines. Then the source is stopped for good and
    /// its data are removed. Can be repeated: what is done is not done again.
    #[command(
        after_help = "Examples:\n  houseplan sandbox migrate\n  houseplan sandbox migrate --keep-source --migrations ./migrations"
    )]
    Migrate {
        #[command(flatten)]
        folder: Folder,
        /// Other migrations: a folder of files `NNN_title.up.sql`
        #[arg(long, value_name = "FOLDER")]
        migrations: Option<Utf8PathBuf>,
        /// The database they are for
        #[arg(long, default_value = DATABASE)]
        database: String,
        /// Leave the source as it is
        #[arg(long)]
        keep_source: bool,
    },
    /// Show what runs, and where
    Status {
        #[command(flatten)]
        folder: Folder,
        /// Say only the path of the Environment document
        #[arg(long)]
        environment: bool,
    },
    /// Remove all data and start afresh, the source too
    Reset {
        #[command(flatten)]
        folder: Folder,
    },
    /// Stop one server, as an operator would
    #[command(after_help = "Example:\n  houseplan sandbox stop replica1")]
    Stop(OneServer),
    /// Kill one server, as a crash would
    #[command(after_help = "Example:\n  houseplan sandbox kill s3")]
    Kill(OneServer),
    /// Start one server that was stopped or killed
    #[command(after_help = "Example:\n  houseplan sandbox start replica1")]
    Start(OneServer),
    /// Stop everything
    #[command(
        after_help = "Examples:\n  houseplan sandbox down\n  houseplan sandbox down --purge    and remove its folder"
    )]
    Down {
        #[command(flatten)]
        folder: Folder,
        /// Remove the sandbox's folder with all its data
        #[arg(long)]
        purge: bool,
    },
    /// Issue a temporary access key of the S3 store, with a session token, as STS does
    ///
    /// Prints the answer that `credentials` of a store reads; the store lets nobody in with that key without its token, or after
    /// its end. Each call makes another one.
    #[command(
        after_help = "Example, as a key of a store in an environment:\n  credentials: { command: [houseplan, sandbox, token, --seconds, \"900\"] }"
    )]
    Token {
        #[command(flatten)]
        folder: Folder,
        /// How long it lasts
        #[arg(long, default_value_t = 3_600)]
        seconds: u32,
        /// A right that it lacks, as in s3:DeleteObject; may be given several times
        #[arg(long, value_name = "RIGHT", value_parser = ["s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"])]
        deny: Vec<String>,
    },
    /// The S3 store of a sandbox, as `up` starts it
    #[command(hide = true)]
    S3Server {
        #[command(flatten)]
        folder: Folder,
    },
}

fn users_in(file: &str) -> Result<Users, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))?;
    text.parse()
}

/// Which sandbox.
#[derive(Debug, Args)]
pub struct Folder {
    /// The sandbox's folder [default: houseplan/sandbox in the user's state folder]
    #[arg(long, env = "HOUSEPLAN_SANDBOX", value_name = "FOLDER")]
    dir: Option<Utf8PathBuf>,
}

impl Folder {
    fn path(self) -> Utf8PathBuf {
        self.dir.unwrap_or_else(default_directory)
    }

    fn open(self) -> miette::Result<Sandbox> {
        Ok(Sandbox::open(&self.path())?)
    }
}

/// Which server of which sandbox.
#[derive(Debug, Args)]
pub struct OneServer {
    /// source, replica1, replica2, …, s3 or keeper
    name: ServerName,
    #[command(flatten)]
    folder: Folder,
}

/// Runs the command. Results go to stdout, progress to stderr.
///
/// # Errors
/// The sandbox's own, with their help.
pub async fn run(command: SandboxCommand, global: &Global) -> miette::Result<ExitCode> {
    let progress = &mut |line: &str| anstream::eprintln!("{line}");
    match command {
        SandboxCommand::Up { folder, replicas, base_port, engine, users, log_statements } => {
            let program = std::env::current_exe().into_diagnostic()?;
            let program = Utf8PathBuf::from_path_buf(program)
                .map_err(|path| miette::miette!("this program's path is not UTF-8: {}", path.display()))?;
            let engine = engine.unwrap_or_default();
            let logs_statements = log_statements;
            let of_folder = UpOptions::new(folder.path(), program);
            let options = UpOptions { replicas, base_port, engine, users, logs_statements, ..of_folder };
            let sandbox = Sandbox::up(options, progress).await?;
            show(&sandbox.status()?);
        }
        SandboxCommand::Upgrade { target, to, folder } => {
            let sandbox = folder.open()?;
            sandbox.upgrade(target, to, progress).await?;
            show(&sandbox.status()?);
        }
        SandboxCommand::Load { folder, rows, size, seed, append } => {
            let amount = size.map_or(LoadAmount::Rows(rows.unwrap_or(LoadAmount::DEFAULT_ROWS)), LoadAmount::Bytes);
            let report = folder.open()?.load(LoadOptions { amount, seed, append }, progress).await?;
            // What a view keeps inside stands in the view's own line.
            let shown = report.tables.iter().filter(|entry| !entry.name.starts_with(".inner"));
            let rows = shown.map(|entry| {
                [entry.name.clone(), entry.engine.clone(), thousands(entry.rows), humanize::size(entry.bytes)]
            });
            print_table(["table", "engine", "rows", "size"], rows, [Left, Left, Right, Right]);
        }
        SandboxCommand::Migrate { folder, migrations, database, keep_source } => {
            let options = MigrateOptions { database, migrations, keep_source };
            let report = folder.open()?.migrate(options, progress).await?;
            anstream::println!("version {}, {} applied now", report.version, report.applied.len());
        }
        SandboxCommand::Token { folder, seconds, deny } => {
            anstream::println!("{}", folder.open()?.issue_session_key(seconds, deny)?.answer());
        }
        SandboxCommand::Status { folder, environment } => {
            let status = folder.open()?.status()?;
            if environment {
                anstream::println!("{}", status.environment);
            } else if global.is_json() {
                anstream::println!("{}", serde_json::to_string(&status).into_diagnostic()?);
            } else {
                show(&status);
            }
        }
        SandboxCommand::Reset { folder } => folder.open()?.reset(progress).await?,
        SandboxCommand::Stop(server) => server.folder.open()?.stop(server.name).await?,
        SandboxCommand::Kill(server) => server.folder.open()?.kill(server.name).await?,
        SandboxCommand::Start(server) => server.folder.open()?.start(server.name).await?,
        SandboxCommand::Down { folder, purge: false } => folder.open()?.down().await?,
        SandboxCommand::Down { folder, purge: true } => folder.open()?.purge().await?,
        SandboxCommand::S3Server { folder } => serve_s3(&folder.path()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(status: &Status) {
    let rows = status.servers.iter().map(|server| {
        let state = match server.state {
            ServerState::Running => "running",
            ServerState::Stopped => "stopped",
            ServerState::Dead => "dead",
            ServerState::Removed => "removed",
        };
        let memory = |bytes: Option<u64>| bytes.map(humanize::size).unwrap_or_default();
        [
            server.name.to_string(),
            state.to_owned(),
            server.version.unwrap_or_default().to_owned(),
            server.address.clone(),
            server.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            memory(server.memory.map(|memory| memory.resident)),
            memory(server.memory.map(|memory| memory.private)),
        ]
    });
    let heads = ["server", "state", "version", "address", "pid", "memory", "of it private"];
    print_table(heads, rows, [Left, Left, Left, Left, Right, Right, Right]);
    anstream::println!("\nEnvironment  {}", status.environment);
    if status.servers.iter().any(|server| server.state == ServerState::Removed) {
        let folder = if status.dir == default_directory() { String::new() } else { format!(" --dir {}", status.dir) };
        anstream::println!(
            "\nThe source was removed by a migration and stays so.\n`houseplan sandbox reset{folder}` removes all data and brings it back, empty."
        );
    }
}

fn print_table<const N: usize>(heads: [&str; N], rows: impl Iterator<Item = [String; N]>, align: [Align; N]) {
    let heads = heads.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(rows.map(|row| row.to_vec())).collect();
    anstream::print!("{}", table(&rows, &align, 1, 2));
}

fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => return Err(format!("`{other}` is no unit; use B, KiB, MiB or GiB")),
    };
    let number: u64 = digits.parse().map_err(|_| "a size is a whole number and a unit, such as 500MiB".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "this is more than can be counted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse_size("2GiB"), Ok(2 << 30));
        assert_eq!(parse_size("64"), Ok(64));
        assert!(parse_size("2GB").is_err());
        assert!(parse_size("MiB").is_err());
        assert!(parse_size("99999999999999GiB").is_err());
    }
}
