//! `houseplan rbac`: the least Role for a plan.

use std::process::ExitCode;

use houseplan::{
    exit::Exit,
    render::roles,
    run::{Documents, SessionError},
};

use super::{global::Global, inputs::InputArguments, screen::say, source::PlanSource};

/// Print the least rights that a plan needs in Kubernetes, as Roles
///
/// They are for exactly this plan, with these inputs, in this environment. Above each rule stands what needs it: a step, or a target
/// that is reached in a pod or whose password is in a Secret.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan rbac copy-then-switch --env production.yaml | kubectl apply -f -
  houseplan rbac copy-then-switch --env production.yaml --check   # may I?")]
pub struct RbacCommand {
    #[command(flatten)]
    source: PlanSource,
    #[command(flatten)]
    inputs: InputArguments,

    /// What the Roles are called
    #[arg(long, default_value = "houseplan", value_name = "NAME")]
    name: String,

    /// Ask Kubernetes whether whoever asks now has them; exits with 1 where one is missing
    #[arg(long)]
    check: bool,
}

impl RbacCommand {
    pub async fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let documents = Documents::new(self.source.load()?)?;
        let permissions = documents.permissions(&self.inputs.read()?)?;
        if !self.check {
            say(&roles(&permissions.needs, &self.name, &permissions.namespaces().await));
            return Ok(ExitCode::SUCCESS);
        }
        let missing = permissions.missing().await.map_err(|failure| SessionError::World(vec![failure]))?;
        if missing.is_empty() {
            if !global.quiet {
                say("all of them are allowed\n");
            }
            return Ok(ExitCode::SUCCESS);
        }
        say(&missing.iter().map(|it| format!("missing: {it}\n")).collect::<String>());
        Ok(Exit::Failed.into())
    }
}
