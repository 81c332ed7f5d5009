//! What every command understands: where runs are kept, and how output looks.

use camino::Utf8PathBuf;
use houseplan::{
    journal::folder::{FolderError, RunStore},
    view::{self, paint::Color},
};

/// Flags that every command has.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// How output is written: for people, or one JSON object a line for machines
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Global options")]
    pub output: Output,

    /// Say only what was asked for, and errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// When to use colour; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Global options")]
    pub color: Color,

    /// Where runs are kept; else in XDG_STATE_HOME, or ~/.local/state, in houseplan
    #[arg(long, global = true, value_name = "DIR", env = "HOUSEPLAN_STATE_DIR", help_heading = "Global options")]
    pub state_dir: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Output {
    #[default]
    Text,
    Json,
}

impl Global {
    /// The runs of this machine's user.
    pub fn runs(&self) -> Result<RunStore, FolderError> {
        match &self.state_dir {
            Some(folder) => Ok(RunStore::at(folder.clone())),
            None => RunStore::from_environment(|name| std::env::var(name).ok()),
        }
    }

    pub fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// How a run is shown while it goes on.
    pub fn view(&self) -> view::Output {
        match (self.output, self.quiet) {
            (Output::Json, _) => view::Output::Json,
            (Output::Text, true) => view::Output::Quiet,
            (Output::Text, false) => view::Output::Text,
        }
    }
}

/// Who runs this, as `user@host`.
pub fn who() -> String {
    let user = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{}@{host}", user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())))
}
