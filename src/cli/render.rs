//! `houseplan render`: the plan as a person reviews it.

use std::process::ExitCode;

use houseplan::run::{Documents, check_now};
use miette::IntoDiagnostic;

use super::{
    global::Global,
    inputs::InputArguments,
    screen::{say, say_json},
    source::PlanSource,
    validate::warn,
};

/// Print everything that would run, in order, without secrets; run nothing
///
/// The digest at the top stands for exactly this: `houseplan run --digest` refuses anything else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan render standalone-to-replicated --env production.yaml --set database=langsmith
  houseplan render plans/move.yaml --env production.yaml --format markdown > review.md
  houseplan render plans/move.yaml --env production.yaml --check   # also asks the servers whether it could begin")]
pub struct RenderCommand {
    #[command(flatten)]
    source: PlanSource,
    #[command(flatten)]
    inputs: InputArguments,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Also read the checks that can be read now; nothing is written anywhere
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Markdown,
    Json,
}

impl RenderCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let documents = Documents::new(self.source.load()?)?;
        warn(&documents, global);
        let given = self.inputs.read()?;
        let rendered = documents.render(&given)?;
        match self.format {
            Format::Text if global.is_json() => say_json(&rendered)?,
            Format::Text if global.quiet => say(&format!("{}\n", rendered.digest)),
            Format::Text => say(&rendered.text()),
            Format::Markdown => say(&rendered.markdown()),
            Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&rendered).into_diagnostic()?)),
        }
        if !self.check {
            return Ok(ExitCode::SUCCESS);
        }
        let checked = check_now(&documents, &given).await?;
        anstream::eprint!("{}", checked.text());
        Ok(checked.exit().into())
    }
}
