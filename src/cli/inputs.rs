//! The arguments that give a plan its inputs.

use camino::Utf8PathBuf;
use houseplan::plan::binding::{InputSources, VARIABLE_PREFIX};
use miette::{IntoDiagnostic, WrapErr, miette};

/// Where inputs come from; the first one that gives an input counts.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct InputArguments {
    /// An input's value, which must not be a secret; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = InputSources::parse_set)]
    set: Vec<(String, String)>,

    /// A YAML file with inputs, a map; an input that is neither there nor in --set is read from HOUSEPLAN_INPUT_<NAME>
    #[arg(long, value_name = "FILE")]
    inputs: Option<Utf8PathBuf>,
}

impl InputArguments {
    /// Reads them all.
    pub fn read(&self) -> miette::Result<InputSources> {
        let file = match &self.inputs {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .into_diagnostic()
                    .wrap_err_with(|| format!("{path} cannot be read"))?;
                Some((path.to_string(), houseplan::document::parse_map(path.as_str(), text)?))
            }
        };
        Ok(InputSources { set: self.set.clone(), file, variables: variables() })
    }
}

/// The environment's variables that give inputs. One that is no UTF-8 cannot be one of them.
pub fn variables() -> Vec<(String, String)> {
    let own =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    own.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect()
}

/// A message with a code, for an invalid command line. Exit code 2.
pub fn wrong_call(message: String, help: &str) -> miette::Report {
    miette!(code = houseplan::catalogue::command_line::INVALID.code, help = help, "{message}")
}
