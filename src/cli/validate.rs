//! `houseplan validate`: everything that is wrong with a plan, in one go.

use std::process::ExitCode;

use super::source::PlanSource;

/// Check a plan, and what it includes, without connecting to anything
///
/// With --env the environment is checked too, and whether it has what the plan needs. Secrets are not read.
/// Exits with 0 if all is right and with 2 if not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan validate plans/move.yaml
  houseplan validate standalone-to-replicated --env environments/production.yaml")]
pub struct Validate {
    #[command(flatten)]
    source: PlanSource,
}

impl Validate {
    pub fn run(self) -> miette::Result<ExitCode> {
        let bundle = self.source.load()?;
        let plan = &bundle.plan().document;
        let steps = plan.steps.len() + plan.finally.len();
        let environment = bundle.environment().map_or_else(
            || "no environment was given, so targets and procedures are not checked".to_owned(),
            |environment| format!("environment {}", environment.document.metadata.name),
        );
        anstream::println!("{} is valid: {steps} steps; {environment}", plan.metadata.name);
        Ok(ExitCode::SUCCESS)
    }
}
