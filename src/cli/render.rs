//! `houseplan render`: the plan as a person reviews it.

use std::process::ExitCode;

use houseplan::{
    render::RenderedPlan,
    run::{Documents, DryCheck, dry_check},
    view,
};
use miette::IntoDiagnostic;
use serde::Serialize;

use super::{
    global::Global,
    inputs::InputArguments,
    screen::{say, say_json},
    source::PlanSource,
    validate::warn,
};

/// Print everything that would run, in order, without secrets; run nothing
///
/// The digest at the top identifies exactly this: `houseplan run --digest` refuses anything else.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan render backup --env production.yaml --set database=langsmith
  houseplan render backup --env production.yaml --format markdown > review.md
  houseplan render backup --env production.yaml --check   # could it start now?")]
pub struct RenderCommand {
    #[command(flatten)]
    source: PlanSource,
    #[command(flatten)]
    inputs: InputArguments,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Also ask whether it could start: every server, Keeper, store and program that it needs, where it will stop for an approval, and
    /// the checks that can be read now; nothing is changed
    ///
    /// Exits as the run would: with 5 where another run has locked a target, with 1 where the servers are not as the plan
    /// needs them or something else is not there, with 3 where a check does not hold.
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
        let checked = if self.check { Some(dry_check(&documents, &given).await?) } else { None };
        self.print(&rendered, checked.as_ref(), global)?;
        Ok(checked.map_or(ExitCode::SUCCESS, |checked| checked.exit().into()))
    }

    fn print(&self, rendered: &RenderedPlan, checked: Option<&DryCheck>, global: &Global) -> miette::Result<()> {
        let with = |text: fn(&DryCheck) -> String| checked.map(|it| format!("\n{}", text(it))).unwrap_or_default();
        let document = Reviewed { rendered, checked };
        match self.format {
            Format::Text if global.is_json() => say_json(&document)?,
            Format::Text if global.quiet => say(&format!("{}\n{}", rendered.digest, with(view::dry_check::text))),
            Format::Text => say(&format!("{}{}", rendered.text(), with(view::dry_check::text))),
            Format::Markdown => say(&format!("{}{}", rendered.markdown(), with(view::dry_check::markdown))),
            Format::Json => say(&format!("{}\n", serde_json::to_string_pretty(&document).into_diagnostic()?)),
        }
        Ok(())
    }
}

/// A plan as a program reads it, with what was found of it now where that was asked.
#[derive(Serialize)]
struct Reviewed<'a> {
    #[serde(flatten)]
    rendered: &'a RenderedPlan,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<&'a DryCheck>,
}
