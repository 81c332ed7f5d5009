//! `houseplan iam-policy`: the least rights of the key of a store.

use std::process::ExitCode;

use houseplan::{
    name::Name,
    render::IamPolicy,
    run::Documents,
    view::table::{Align::Left, table},
};
use miette::IntoDiagnostic;

use super::{
    global::Global,
    inputs::InputArguments,
    screen::{say, say_json},
    source::PlanSource,
};

/// Print the least policy that the key of a store needs for a plan, as AWS takes it
///
/// The policy goes to stdout; which step uses which right, and what for, to stderr. The key of the store is the one in the
/// environment or, where it has none, the role of the servers. With --json both are one document.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan iam-policy backup --env production.yaml > policy.json
  houseplan iam-policy restore --env production.yaml --store backups")]
pub struct IamPolicyCommand {
    #[command(flatten)]
    source: PlanSource,
    #[command(flatten)]
    inputs: InputArguments,

    /// Only this store of the environment
    #[arg(long, value_name = "NAME", value_parser = |name: &str| Ok::<_, std::convert::Infallible>(Name::from(name)))]
    store: Option<Name>,
}

impl IamPolicyCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let documents = Documents::new(self.source.load()?)?;
        let found = documents.iam_policy(&self.inputs.read()?, self.store.as_ref())?;
        if global.is_json() {
            say_json(&found)?;
            return Ok(ExitCode::SUCCESS);
        }
        if !global.quiet {
            anstream::eprint!("{}", used(&found));
        }
        say(&format!("{}\n", serde_json::to_string_pretty(&found.policy).into_diagnostic()?));
        Ok(ExitCode::SUCCESS)
    }
}

/// Which step uses which right, for a person.
fn used(found: &IamPolicy) -> String {
    let rows = found.uses.iter().map(|used| {
        [used.store.to_string(), used.step.clone(), used.right.action().to_owned(), used.why.to_owned()].to_vec()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut text = String::new();
    if rows.is_empty() {
        text.push_str("no step of the plan uses a store that is asked for\n");
    } else {
        let head = ["store", "step", "right", "what for"].map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
        text.push_str(&table(&rows, &[Left; 4], 0, 2));
    }
    for step in &found.unknown {
        text.push_str(&format!("which store `{step}` reads is known only in the run\n"));
    }
    text.push('\n');
    text
}
