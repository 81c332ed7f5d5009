//! `houseplan resume`: goes on with a run where it stood.

use std::process::ExitCode;

use houseplan::{
    document::Limits,
    run::{OnChange, resume},
    view::resumed::resumed,
};
use jiff::Timestamp;

use super::{
    global::Global,
    inputs::variables,
    run::{Driving, refused},
    screen,
};

/// Go on with a run that was interrupted, stopped or failed
///
/// What is done is not done again. What was under way is asked after first: a BACKUP or RESTORE that still runs in the server
/// is followed. The run goes on with the plan, the environment and the inputs that it began with; secrets are read anew.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan resume 2026-11-22_143000-k7q2
  houseplan resume 2026-11-22_143000-k7q2 --accept-changes")]
pub struct ResumeCommand {
    /// The run, as `houseplan status` lists it
    run: String,

    /// Go on with the files as they are now, as long as no step that has begun is changed
    #[arg(long, conflicts_with = "as_begun")]
    accept_changes: bool,

    /// Go on with the files as they were when the run began, though they have changed
    #[arg(long)]
    as_begun: bool,

    #[command(flatten)]
    driving: Driving,
}

impl ResumeCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let on_change = match (self.accept_changes, self.as_begun) {
            (true, _) => OnChange::Accept,
            (_, true) => OnChange::AsBegun,
            _ => OnChange::Refuse,
        };
        let model = drive(&self.run, on_change, &self.driving, global).await?;
        Ok(match model {
            Driven::Model(model) => screen::exit(&model).into(),
            Driven::Refused(code) => code,
        })
    }
}

/// What became of a run that was taken up.
pub enum Driven {
    Model(Box<houseplan::view::model::Model>),
    Refused(ExitCode),
}

/// Takes a run up and drives it; says first what was found.
pub async fn drive(run: &str, on_change: OnChange, driving: &Driving, global: &Global) -> miette::Result<Driven> {
    let store = global.runs()?;
    let limits = Limits::with_nodes(usize::MAX >> 16);
    let found = match resume(&store, run, variables(), on_change, &limits, driving.options()).await {
        Ok(found) => found,
        Err(error) => return Ok(Driven::Refused(refused(error, "ENV", global)?)),
    };
    if !global.quiet && !global.is_json() {
        let model = screen::model(&found.session.documents, found.session.folder.journal().as_path())?;
        let stderr = std::io::stderr();
        let text = resumed(&model, Timestamp::now(), screen::columns(&stderr), global.color.paint(&stderr));
        anstream::eprintln!("{text}");
        if let Some(torn) = &found.torn {
            anstream::eprintln!(
                "  the journal's last record, {} bytes, was cut off by the crash and is kept beside it",
                torn.bytes.len()
            );
        }
        if let Some(version) = &found.findings.other_version {
            let this = env!("CARGO_PKG_VERSION");
            anstream::eprintln!(
                "  the run was begun by houseplan {version}; this is {this}: where they differ, `houseplan abandon` and begin anew"
            );
        }
        if let Some(changes) = &found.changes {
            anstream::eprintln!("  accepted:\n{}", changes.lines().join("\n"));
        }
    }
    let watch = screen::watch(global, &found.session)?;
    let finished = found.session.drive(watch).await?;
    Ok(Driven::Model(Box::new(screen::conclude(global, &finished)?)))
}
