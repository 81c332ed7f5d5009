//! `houseplan schema`: the JSON Schemas, and the language's reference made from them.

use std::process::ExitCode;

use houseplan::schema::{self, reference};

/// Print the JSON Schema of a plan or an environment, or the language as text
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan schema plan > plan.v1.json
  houseplan schema --docs | less

In an editor, put this in a plan's first line:
  # yaml-language-server: $schema=plan.v1.json")]
pub struct Schema {
    /// Which document
    #[arg(value_enum, default_value_t = Kind::Plan)]
    kind: Kind,

    /// Print the language's reference instead: every key, and what it means
    #[arg(long)]
    docs: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Plan,
    Environment,
}

impl Schema {
    pub fn run(self) -> miette::Result<ExitCode> {
        let schema = match self.kind {
            Kind::Plan => &schema::PLAN,
            Kind::Environment => &schema::ENVIRONMENT,
        };
        let text = if self.docs { reference(schema.value()) } else { schema::text(schema) };
        anstream::print!("{text}");
        Ok(ExitCode::SUCCESS)
    }
}
