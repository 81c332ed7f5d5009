//! `houseplan report`: what a run did, when, and by whom.

use std::process::ExitCode;

use houseplan::report::{markdown, text};
use miette::IntoDiagnostic;

use super::{
    global::Global,
    screen::{columns, say},
    status::read,
};

/// Show what a run did, when, by whom, and what was compared
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan report 2026-11-22_143000-k7q2
  houseplan report 2026-11-22_143000-k7q2 --format markdown > move.md")]
pub struct ReportCommand {
    /// The run
    run: String,
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Markdown,
    Json,
}

impl ReportCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let account = read(&global.runs()?, &self.run)?;
        match self.format {
            Format::Text if !global.is_json() => say(&text(&account, columns(&std::io::stdout()))),
            Format::Markdown => say(&markdown(&account)),
            Format::Text | Format::Json => {
                say(&format!("{}\n", serde_json::to_string_pretty(&account).into_diagnostic()?))
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
