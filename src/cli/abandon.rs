//! `houseplan abandon`: ends a run that is not to go on.

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use houseplan::{
    engine::{state::Lifecycle, summary},
    exit::Exit,
    journal::lock::this_host,
    run::{Abandoning, Insisting, OnChange, Options, OrphanedClaim, release_orphaned_claim},
};

use super::{
    global::Global,
    refused::shown,
    resume::{Resuming, drive, free_ended},
};

/// Abandon a run: its `finally` steps run, its lock is released, and it cannot be resumed
///
/// With --env it releases the lock of a run whose folder is lost. The lock names the machine that has the run: say with
/// --gone-from that no process there works for it any more. While a server still works for that run, the lock is kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan abandon 2026-11-22_143000-k7q2
  houseplan abandon 2026-11-22_143000-k7q2 --without source   # that server is gone for good
  houseplan abandon 2026-11-22_143000-k7q2 --env prod.yaml --gone-from laptop   # its folder is lost")]
pub struct AbandonCommand {
    /// The run
    run: String,

    /// Abandon a run whose folder is lost: release its lock on the targets of this environment
    #[arg(long, value_name = "FILE")]
    env: Option<Utf8PathBuf>,

    /// Do not wait to find out whether tasks in doubt were done
    #[arg(long)]
    leave_in_doubt: bool,

    /// With --env: release the lock although servers still work for the run; they go on with that work
    #[arg(long, requires = "env")]
    leave_at_work: bool,

    /// Abandon the run without these servers, which are gone or were replaced (`target/member` where several have the name):
    /// `finally` skips them, their locks are not released, and what is in doubt on them stays so
    #[arg(long, value_name = "MEMBER", value_delimiter = ',', conflicts_with = "env")]
    without: Vec<String>,

    #[command(flatten)]
    driving: Resuming,
}

impl AbandonCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let store = global.runs()?;
        let ended =
            || matches!(summary::summary(&store, &self.run), Ok(it) if matches!(it.lifecycle, Lifecycle::Ended(_)));
        if let Some(environment) = &self.env
            && (store.journal_of(&self.run).is_err() || ended())
        {
            return self.release(environment, ended(), global).await;
        }
        if let Some(exit) = free_ended(&self.run, &self.driving, global).await? {
            return Ok(exit.into());
        }
        let abandoning = Abandoning { leave_in_doubt: self.leave_in_doubt, without: self.without.clone() };
        let options = Options { abandoning: Some(abandoning), ..self.driving.options() };
        Ok(match drive(&self.run, OnChange::AsBegun, options, global).await? {
            Ok(account) => Exit::of_abandon(&account).into(),
            Err(refused) => refused.into(),
        })
    }

    /// Of a run whose folder is lost, or that has ended here.
    async fn release(&self, environment: &Utf8Path, ended: bool, global: &Global) -> miette::Result<ExitCode> {
        // That nothing of it lives on this machine is on record then.
        let gone = self.driving.gone().or_else(|| ended.then(this_host));
        let insisting = Insisting { gone, leave_at_work: self.leave_at_work };
        match release_orphaned_claim(environment, &self.run, &insisting).await? {
            OrphanedClaim::Freed(members) => {
                for line in members {
                    anstream::println!("{line}");
                }
                Ok(Exit::Done.into())
            }
            OrphanedClaim::Kept(failure) => {
                anstream::eprintln!("{}", shown("the lock was not released", &failure, Some(&self.run), global));
                Ok(Exit::Claimed.into())
            }
        }
    }
}
