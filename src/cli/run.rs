//! `houseplan run`: begins a run of a plan and drives it.

use std::{process::ExitCode, time::Duration};

use houseplan::{
    engine::event::Failure,
    exit::Exit,
    journal::lock::LockError,
    run::{Documents, Options, SessionError, start},
    view::{
        claimed::{Claim, claimed},
        failure::Failed,
        paint::Paint,
    },
};

use super::{
    global::{Global, who},
    inputs::InputArguments,
    screen,
    source::PlanSource,
};

/// Run a plan
///
/// Every statement is sent once: each run keeps a journal, and `houseplan resume` goes on after any crash. What would be run
/// is shown by `houseplan render`.
///
/// Exit codes: 0 done, 1 a step failed, 2 the plan or the call is wrong, 3 a check stopped it, 4 it waits for an approval or
/// a settlement, 5 the target is claimed by another run, 130 interrupted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan run backup --env production.yaml --set database=langsmith
  houseplan run plans/move.yaml --env production.yaml --digest 4f0c…   # exactly what was reviewed")]
pub struct RunCommand {
    #[command(flatten)]
    source: PlanSource,
    #[command(flatten)]
    inputs: InputArguments,
    #[command(flatten)]
    driving: Driving,

    /// Refuse to run anything but what has this digest, as printed by `houseplan render`
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,

    /// Work under the claim of this suspended run
    #[arg(long, value_name = "RUN")]
    under: Option<String>,
}

/// How a run is driven.
#[derive(Debug, Clone, clap::Args)]
pub struct Driving {
    /// How many tasks may be under way at once
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    max_parallel: u16,
}

impl Driving {
    /// The options of a run that this user drives.
    pub fn options(&self) -> Options {
        Options { max_parallel: self.max_parallel.into(), grace: Duration::from_secs(10), by: who() }
    }
}

impl RunCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let documents = Documents::new(self.source.load()?)?;
        super::validate::warn(&documents, global);
        let given = self.inputs.read()?;
        let store = global.runs()?;
        let environment = self.source.env.as_ref().map_or("ENV", |path| path.as_str()).to_owned();
        let session =
            start(&store, documents, &given, self.digest.as_deref(), self.under.as_deref(), self.driving.options())
                .await;
        let session = match session {
            Ok(session) => session,
            Err(error) => return refused(error, &environment, global),
        };
        let watch = screen::watch(global, &session)?.begins(global, &session)?;
        let finished = session.drive(watch).await?;
        Ok(screen::exit(&screen::conclude(global, &finished)?).into())
    }
}

/// A failure before any step.
fn shown(failure: &Failure, what: &str, columns: usize, paint: Paint) -> String {
    let what = match &failure.member {
        Some(member) => format!("{what} ({member})"),
        None => what.to_owned(),
    };
    Failed { what, failure, attempt: None, place: None }.render(columns, paint)
}

/// What is said of a run that was not begun, or not taken up again.
pub fn refused(error: SessionError, environment: &str, global: &Global) -> miette::Result<ExitCode> {
    let columns = screen::columns(&std::io::stderr());
    let paint = screen::talk(global);
    match error {
        SessionError::Claimed { claim: Some(claim), .. } => {
            let known_here = global.runs().is_ok_and(|store| store.journal_of(&claim.run).is_ok());
            let claim = Claim { target: claim.target, member: claim.member, run: claim.run, known_here };
            anstream::eprint!("{}", claimed(&claim, environment, columns, paint));
            Ok(Exit::Claimed.into())
        }
        SessionError::Claimed { failure, claim: None } => {
            anstream::eprint!("{}", shown(&failure, "the targets cannot be claimed", columns, paint));
            Ok(Exit::Failed.into())
        }
        SessionError::World(failures) => {
            for failure in &failures {
                anstream::eprintln!("{}", shown(failure, "the servers are not as the plan needs them", columns, paint));
            }
            anstream::eprintln!("nothing was begun");
            Ok(Exit::Failed.into())
        }
        // Another process of this machine is at it now: the same to a script as a claim that is met.
        SessionError::Locked(locked @ LockError::Held { .. }) => {
            anstream::eprintln!("{:?}", miette::Report::new(locked));
            Ok(Exit::Claimed.into())
        }
        other => Err(other.into()),
    }
}
