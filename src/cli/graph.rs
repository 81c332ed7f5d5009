//! `houseplan graph`: the steps and what they need, as a picture.

use std::process::ExitCode;

use houseplan::{bundle::expand, catalogue::plan::INVALID, graph::Format, render::drawing};
use miette::miette;

use super::source::PlanSource;

/// Draw the steps of a plan, with those that it includes
///
/// Without --env a procedure is one box: only the environment says which steps it has.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan graph standalone-to-replicated                  # Mermaid, for Markdown
  houseplan graph plans/move.yaml --format dot | dot -Tsvg  # with Graphviz")]
pub struct GraphCommand {
    #[command(flatten)]
    source: PlanSource,

    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

impl GraphCommand {
    pub fn run(self) -> miette::Result<ExitCode> {
        let bundle = self.source.load()?;
        let plan = expand(&bundle).map_err(|problem| match bundle.report(&[problem]) {
            Some(invalid) => miette::Report::new(invalid),
            None => miette!(code = INVALID.code, "the plan cannot be expanded"),
        })?;
        anstream::print!("{}", drawing(&plan, self.format));
        Ok(ExitCode::SUCCESS)
    }
}
