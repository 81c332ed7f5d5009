//! The arguments that say which plan and which environment.

use camino::Utf8PathBuf;

use houseplan::{
    bundle::{Bundle, TargetNames},
    document::Limits,
    name::Name,
};

use super::inputs::wrong_call;

/// Which plan, where, and how large it may be.
#[derive(Debug, Clone, clap::Args)]
pub struct PlanSource {
    /// A plan's path, or a shipped plan's name
    pub plan: String,

    /// The environment: where the targets are, and which steps procedures have
    #[arg(long, short, value_name = "FILE", env = "HOUSEPLAN_ENV")]
    pub env: Option<Utf8PathBuf>,

    /// Which target of the environment a target of the plan is, where its name is another one there; may be given several times
    #[arg(long = "target", value_name = "TARGET=NAME", value_parser = parse_target)]
    targets: Vec<(Name, Name)>,

    /// How many keys and values a document may have; a generated plan may need more than the usual 20000
    #[arg(long, value_name = "NUMBER")]
    pub max_nodes: Option<usize>,
}

impl PlanSource {
    /// Reads and validates the documents.
    pub fn load(&self) -> miette::Result<Bundle> {
        let limits = self.max_nodes.map_or_else(Limits::default, Limits::with_nodes);
        let mut names = TargetNames::new();
        for (name, there) in &self.targets {
            if let Some(before) = names.insert(name.clone(), there.clone()) {
                let message = format!("`--target` gives `{name}` twice: as `{before}` and as `{there}`");
                return Err(wrong_call(message, "give each target of the plan once"));
            }
        }
        Ok(Bundle::load(&self.plan, self.env.as_deref(), &names, &limits)?)
    }
}

fn parse_target(argument: &str) -> Result<(Name, Name), String> {
    let is_name = |text: &str| {
        text.starts_with(|it: char| it.is_ascii_lowercase())
            && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
    };
    match argument.split_once('=') {
        Some((name, there)) if is_name(name) && is_name(there) => Ok((name.into(), there.into())),
        _ => Err("expected two targets' names, the plan's and the environment's, as in --target destination=cluster"
            .to_owned()),
    }
}
