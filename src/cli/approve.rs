//! `houseplan approve`: a person approves what a run has shown.

use std::process::ExitCode;

use houseplan::{engine::command, name::TaskId};

use super::global::{Global, who};

/// Approve what a run waits for
///
/// The approval is for what was shown and nothing else: give the digest that was printed below it. Then `houseplan resume RUN`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan approve 2026-11-22_143000-k7q2 allow_drop --digest 9f3c…")]
pub struct ApproveCommand {
    /// The run
    run: String,
    /// The task, as `houseplan status RUN` writes it
    task: String,
    /// The digest of what was shown; refused if that has changed. Optional for a task that has asked only once
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
}

impl ApproveCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let task = TaskId(self.task.as_str().into());
        let by = who();
        command::approve(&global.runs()?, &self.run, &task, self.digest.as_deref(), &by)?;
        if !global.quiet {
            anstream::eprintln!("approved by {by}; go on with `houseplan resume {}`", self.run);
        }
        Ok(ExitCode::SUCCESS)
    }
}
