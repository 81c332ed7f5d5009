//! `houseplan settle`: a person says what became of a task that is in doubt.

use std::process::ExitCode;

use houseplan::{
    engine::{command, event::Verdict},
    name::TaskId,
};
use serde_json::json;

use super::global::{Global, who};

/// Decide whether a task in doubt was done
///
/// Look for yourself first: `houseplan status RUN` shows what is in doubt, and where to look. Then `houseplan resume RUN`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan settle 2026-11-22_143000-k7q2 migrate/up --attempt 1 --as done
  houseplan settle 2026-11-22_143000-k7q2 'restore[runs@replica1]' --as done")]
pub struct SettleCommand {
    /// The run
    run: String,
    /// The task, as `houseplan status RUN` writes it
    task: String,
    /// The attempt that you have looked at; refused if there has been another since. Optional for a task that was tried only once
    #[arg(long, value_name = "NUMBER")]
    attempt: Option<u32>,
    /// Whether it was done. What was not done runs again on resume, if its preconditions still hold; `not-done` cannot be
    /// changed later. A failed step of `finally` can be settled as done too, once you have done it by hand
    #[arg(long = "as", value_enum, value_name = "VERDICT")]
    verdict: Said,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Said {
    Done,
    NotDone,
}

impl SettleCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let (verdict, word) = match self.verdict {
            Said::Done => (Verdict::Done(json!({})), "done"),
            Said::NotDone => (Verdict::NotDone, "not done, so it will run again"),
        };
        let task = TaskId(self.task.as_str().into());
        command::settle(&global.runs()?, &self.run, &task, self.attempt, verdict, &who())?;
        if !global.quiet {
            anstream::eprintln!("settled as {word}; go on with `houseplan resume {}`", self.run);
        }
        Ok(ExitCode::SUCCESS)
    }
}
