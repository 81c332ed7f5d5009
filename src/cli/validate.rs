//! `houseplan validate`: everything that is wrong with a plan, at once.

use std::process::ExitCode;

use houseplan::{
    bundle::LoadError,
    document::{Invalid, Located},
    exit::Exit,
    run::{Documents, PrepareError},
};
use serde::Serialize;

use super::{global::Global, screen::say_json, source::PlanSource};

/// Check a plan, and what it includes, without connecting to anything
///
/// With --env the environment is checked too, and whether it has what the plan needs. Secrets are not read.
/// Exits with 0 if all is right and with 2 if not. With `--output json` it prints one object, with every problem's file, line,
/// column, code and message.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan validate plans/move.yaml
  houseplan validate backup --env environments/production.yaml --strict")]
pub struct Validate {
    #[command(flatten)]
    source: PlanSource,

    /// Treat lints as mistakes
    #[arg(long)]
    strict: bool,
}

impl Validate {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        if global.is_json() {
            return self.run_for_programs();
        }
        let documents = Documents::new(self.source.load()?)?;
        let lints = warn(&documents, global);
        if self.strict && lints > 0 {
            return Ok(Exit::Invalid.into());
        }
        if !global.quiet {
            let plan = &documents.bundle.plan().document;
            let steps = plan.steps.len() + plan.finally.len();
            let environment = documents.bundle.environment().map_or_else(
                || "no environment given: targets and procedures are not checked".to_owned(),
                |environment| format!("environment {}", environment.document.metadata.name),
            );
            anstream::println!("{} is valid: {steps} steps; {environment}", plan.metadata.name);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn run_for_programs(&self) -> miette::Result<ExitCode> {
        let documents = match self.source.load().and_then(|bundle| Ok(Documents::new(bundle)?)) {
            Ok(documents) => documents,
            Err(error) => {
                let (problems, unread) = match invalid(&error) {
                    Some(invalid) => (invalid.located(), None),
                    None => (Vec::new(), Some(error.to_string())),
                };
                say_json(&Validated { valid: false, plan: None, error: unread, problems })?;
                return Ok(Exit::Invalid.into());
            }
        };
        let warnings = documents.bundle.warning(&documents.lint());
        let problems = warnings.as_ref().map(Invalid::located).unwrap_or_default();
        let valid = problems.is_empty() || !self.strict;
        let plan = Some(documents.bundle.plan().document.metadata.name.as_str());
        say_json(&Validated { valid, plan, error: None, problems })?;
        Ok(if valid { ExitCode::SUCCESS } else { Exit::Invalid.into() })
    }
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Validated<'a> {
    valid: bool,
    /// Its name, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a str>,
    /// Why there was nothing to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    problems: Vec<Located<'a>>,
}

/// The mistakes in the documents, where the error is that.
fn invalid(error: &miette::Report) -> Option<&Invalid> {
    match (error.downcast_ref::<LoadError>(), error.downcast_ref::<PrepareError>()) {
        (Some(LoadError::Invalid(invalid)), _) => Some(invalid),
        (_, Some(PrepareError::Invalid(invalid))) => Some(invalid),
        _ => None,
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
