//! `houseplan init`: an environment from what is there.

use std::process::ExitCode;

use houseplan::{connect::kubernetes::KubernetesSettings, discover::discover, run::SessionError};
use miette::{IntoDiagnostic, WrapErr};

use super::screen::say;

/// Write an environment from what is there
///
/// Looks at pods and workloads, and changes nothing; no Secret is read, only their names are taken from what uses them. What could
/// not be found stands at the top of the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan init --from-cluster > production.yaml
  houseplan init --from-cluster -n langsmith -n clickhouse -f production.yaml")]
pub struct InitCommand {
    /// From a cluster of Kubernetes
    #[arg(long, required = true)]
    from_cluster: bool,

    /// The kubeconfig, instead of KUBECONFIG or ~/.kube/config
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<camino::Utf8PathBuf>,

    /// The context, instead of the current one
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// A namespace to look at; all that may be read where none is given
    #[arg(long = "namespace", short = 'n', value_name = "NAME")]
    namespaces: Vec<String>,

    /// What the environment is called
    #[arg(long, default_value = "production", value_name = "NAME")]
    name: String,

    /// The file to write; one that is there is left alone
    #[arg(long, short, value_name = "FILE")]
    file: Option<camino::Utf8PathBuf>,
}

impl InitCommand {
    pub async fn run(self) -> miette::Result<ExitCode> {
        let settings = KubernetesSettings {
            kubeconfig: self.kubeconfig,
            context: self.context,
            namespace: self.namespaces.first().cloned(),
            ..KubernetesSettings::default()
        };
        let found = discover(settings, &self.namespaces).await;
        let text = found.map_err(|failure| SessionError::World(vec![failure]))?.environment(&self.name);
        let Some(path) = self.file else {
            say(&text);
            return Ok(ExitCode::SUCCESS);
        };
        let mut file =
            std::fs::File::create_new(&path).into_diagnostic().wrap_err_with(|| format!("{path} is not written"))?;
        std::io::Write::write_all(&mut file, text.as_bytes()).into_diagnostic()?;
        Ok(ExitCode::SUCCESS)
    }
}
