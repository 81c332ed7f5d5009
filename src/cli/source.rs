//! The arguments that say which plan and which environment.

use camino::Utf8PathBuf;

use houseplan::{
    bundle::{Bundle, LoadError},
    document::Limits,
};

/// Which plan, where, and how large it may be.
#[derive(Debug, Clone, clap::Args)]
pub struct PlanSource {
    /// A plan's path, or a shipped plan's name
    pub plan: String,

    /// The environment: where the targets are, and how procedures are carried out
    #[arg(long, short, value_name = "FILE", env = "HOUSEPLAN_ENV")]
    pub env: Option<Utf8PathBuf>,

    /// How many keys and values a document may have; a generated plan may need more than the usual 20000
    #[arg(long, value_name = "NUMBER")]
    pub max_nodes: Option<usize>,
}

impl PlanSource {
    /// Reads and validates the documents.
    pub fn load(&self) -> Result<Bundle, LoadError> {
        let limits = self.max_nodes.map_or_else(Limits::default, Limits::with_nodes);
        Bundle::load(&self.plan, self.env.as_deref(), &limits)
    }
}
