//! `houseplan validate`: everything that is wrong with a plan, in one go.

use std::process::ExitCode;

use houseplan::{exit::Exit, run::Documents};

use super::{global::Global, source::PlanSource};

/// Check a plan, and what it includes, without connecting to anything
///
/// With --env the environment is checked too, and whether it has what the plan needs. Secrets are not read.
/// Exits with 0 if all is right and with 2 if not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan validate plans/move.yaml
  houseplan validate standalone-to-replicated --env environments/production.yaml --strict")]
pub struct Validate {
    #[command(flatten)]
    source: PlanSource,

    /// Lints count as mistakes
    #[arg(long)]
    strict: bool,
}

impl Validate {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let documents = Documents::new(self.source.load()?)?;
        let lints = warn(&documents, global);
        if self.strict && lints > 0 {
            return Ok(Exit::Invalid.into());
        }
        if !global.quiet {
            let plan = &documents.bundle.plan().document;
            let steps = plan.steps.len() + plan.finally.len();
            let environment = documents.bundle.environment().map_or_else(
                || "no environment was given, so targets and procedures are not checked".to_owned(),
                |environment| format!("environment {}", environment.document.metadata.name),
            );
            anstream::println!("{} is valid: {steps} steps; {environment}", plan.metadata.name);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints what the lints say, and gives their number.
pub fn warn(documents: &Documents, global: &Global) -> usize {
    let findings = documents.lint();
    if let Some(report) = documents.bundle.warning(&findings)
        && !global.quiet
    {
        anstream::eprintln!("{:?}", miette::Report::new(report));
    }
    findings.len()
}
