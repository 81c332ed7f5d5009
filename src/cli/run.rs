//! `houseplan run`: starts a run of a plan and drives it.

use std::{process::ExitCode, time::Duration};

use houseplan::{
    exit::Exit,
    run::{Documents, Options, start},
};

use super::{
    global::{Global, who},
    inputs::InputArguments,
    refused::{Asked, refused},
    screen::{Began, follow},
    source::PlanSource,
    validate::warn,
};

/// Run a plan
///
/// Each run keeps a journal, so that `houseplan resume` goes on after any crash and repeats nothing that is done. `houseplan
/// render` shows what would run.
///
/// Exit codes: 0 done, 1 a step failed, 2 the plan or the command line is invalid, 3 a check stopped it, 4 it needs an approval
/// or a settlement, 5 the target is locked by another run, or a process works on it, 130 interrupted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan run backup --env production.yaml --set database=langsmith
  houseplan run backup --env production.yaml --digest 4f0c…   # what was reviewed")]
pub struct RunCommand {
    #[command(flatten)]
    source: PlanSource,
    #[command(flatten)]
    inputs: InputArguments,
    #[command(flatten)]
    driving: Driving,

    /// Run only what has this digest, as printed by `houseplan render`
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,

    /// Work under the lock of this suspended run
    #[arg(long, value_name = "RUN")]
    under: Option<String>,
}

/// How a run is driven.
#[derive(Debug, Clone, clap::Args)]
pub struct Driving {
    /// How many tasks may run at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    max_parallel: u16,
}

impl Driving {
    /// The options of a run that this user drives.
    pub fn options(&self) -> Options {
        Options {
            max_parallel: self.max_parallel.into(),
            grace: Duration::from_secs(10),
            by: who(),
            gone: None,
            claim_again: false,
            abandoning: None,
        }
    }
}

impl RunCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let documents = Documents::new(self.source.load()?)?;
        warn(&documents, global);
        let given = self.inputs.read()?;
        let store = global.runs()?;
        let environment = self.source.env.as_ref().map_or("ENV", |path| path.as_str());
        let (digest, under) = (self.digest.as_deref(), self.under.as_deref());
        match start(&store, documents, &given, digest, under, self.driving.options()).await {
            Ok(session) => Ok(Exit::of_run(&follow(global, session, Began::Now).await?).into()),
            Err(error) => Ok(refused(error, Asked::Begin { environment }, global)?.into()),
        }
    }
}
