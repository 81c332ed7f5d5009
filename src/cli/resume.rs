//! `houseplan resume`: goes on with a run where it stood.

use std::process::ExitCode;

use houseplan::{
    account::Account,
    document::Limits,
    exit::Exit,
    run::{OnChange, Options, Resumed, give_back_after_end, resume},
    view::{resumed::resumed, wrap::hang},
};
use jiff::Timestamp;

use super::{
    global::Global,
    inputs::variables,
    refused::{Asked, refused},
    run::Driving,
    screen::{Began, account, columns, follow},
};

/// Go on with a run that was interrupted, stopped or failed
///
/// What is done is not repeated. First it finds out what became of what was running: a BACKUP or RESTORE that still runs on
/// the server is followed. The run goes on with the plan, the environment and the inputs that it started with; secrets are read
/// again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan resume 2026-11-22_143000-k7q2
  houseplan resume 2026-11-22_143000-k7q2 --accept-changes")]
pub struct ResumeCommand {
    /// The run, as `houseplan status` lists it
    run: String,

    /// Go on with the files as they are now, if no step that has started is changed and servers at other addresses prove to be
    /// the same; and with servers that run another version of ClickHouse
    #[arg(long)]
    accept_changes: bool,

    /// Go on with the documents as they were when the run started, though they have changed. With --accept-changes too: scripts
    /// and servers, which the run has no copy of, are taken as they are now
    #[arg(long)]
    as_begun: bool,

    /// Lock servers again on which the lock of this run is gone (options and codes call a lock on a server a claim): use it only
    /// once you are sure that nothing has changed there since
    #[arg(long)]
    claim_again: bool,

    #[command(flatten)]
    driving: Resuming,
}

/// How a run is driven that was started before.
#[derive(Debug, clap::Args)]
pub struct Resuming {
    #[command(flatten)]
    driving: Driving,

    /// Take the run over from this machine: use it only where no process there works for the run, or will, and nothing that the
    /// run started there still runs
    #[arg(long, value_name = "HOST")]
    gone_from: Option<String>,
}

impl Resuming {
    /// The machine that is said to be gone.
    pub fn gone(&self) -> Option<String> {
        self.gone_from.clone()
    }

    /// The options of a run that is taken up again.
    pub fn options(&self) -> Options {
        Options { gone: self.gone(), ..self.driving.options() }
    }
}

impl ResumeCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let on_change = match (self.accept_changes, self.as_begun) {
            (true, true) => OnChange::AcceptOthers,
            (true, false) => OnChange::Accept,
            (false, true) => OnChange::AsBegun,
            (false, false) => OnChange::Refuse,
        };
        if let Some(exit) = free_ended(&self.run, &self.driving, global).await? {
            return Ok(exit.into());
        }
        let options = Options { claim_again: self.claim_again, ..self.driving.options() };
        Ok(match drive(&self.run, on_change, options, global).await? {
            Ok(account) => Exit::of_run(&account).into(),
            Err(refused) => refused.into(),
        })
    }
}

/// Releases what a run that has ended still locks, and says so; `None` where it has not ended, or claims nothing that can be
/// released.
pub async fn free_ended(run: &str, driving: &Resuming, global: &Global) -> miette::Result<Option<Exit>> {
    let Some(left) = give_back_after_end(&global.runs()?, run, variables(), &driving.options()).await? else {
        return Ok(None);
    };
    for sentence in &left {
        anstream::eprint!("{}", hang("  note   ", sentence, columns(&std::io::stderr())));
    }
    if !left.is_empty() {
        return Ok(None);
    }
    if !global.quiet {
        anstream::eprintln!("the run had ended with its lock kept; the lock is released now");
    }
    Ok(Some(Exit::Done))
}

/// Takes a run up and drives it; says first what was found. Gives the exit code of a run that cannot be taken up.
pub async fn drive(
    run: &str,
    on_change: OnChange,
    options: Options,
    global: &Global,
) -> miette::Result<Result<Account, Exit>> {
    match resume(&global.runs()?, run, variables(), on_change, &Limits::none(), options).await {
        Ok(found) => {
            say_found(&found, global)?;
            Ok(Ok(follow(global, found.session, Began::Before).await?))
        }
        Err(error) => Ok(Err(refused(error, Asked::GoOn { run }, global)?)),
    }
}

fn say_found(found: &Resumed, global: &Global) -> miette::Result<()> {
    if global.quiet || global.is_json() {
        return Ok(());
    }
    let account = account(&found.session.documents, &found.session.folder)?;
    let stderr = std::io::stderr();
    anstream::eprintln!("{}", resumed(&account, Timestamp::now(), columns(&stderr), global.color.paint(&stderr)));
    if let Some(torn) = &found.torn {
        let bytes = torn.bytes.len();
        anstream::eprintln!(
            "  the crash cut off the journal's last record; its {bytes} bytes are kept in a file beside the journal"
        );
    }
    if let Some(version) = &found.findings.other_version {
        let this = env!("CARGO_PKG_VERSION");
        anstream::eprintln!("  the run was started by houseplan {version}; it goes on with {this}");
    }
    if let Some(changes) = &found.changes {
        anstream::eprintln!("  accepted:\n{}", changes.lines().join("\n"));
    }
    for version in &found.versions {
        anstream::eprintln!("  accepted: {}", version.words());
    }
    for member in &found.without {
        anstream::eprintln!("  without   {member}: `finally` skips it, and its lock is not released");
    }
    for member in &found.freed {
        anstream::eprintln!("  accepted: the lock on {member} was gone; another run may have worked there since");
    }
    Ok(())
}
