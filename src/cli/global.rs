//! What every command understands: where runs are kept, and how output looks.

use camino::Utf8PathBuf;
use houseplan::{
    journal::{
        folder::{FolderError, RunStore},
        lock::this_host,
    },
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

    // Read from the environment below, not by clap: a bare `houseplan` would count as one with arguments, and show no help.
    /// Where runs are kept; else in HOUSEPLAN_STATE_DIR, or in houseplan in XDG_STATE_HOME or ~/.local/state
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
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
    let set = |name| std::env::var(name).ok().filter(|user| !user.is_empty());
    let uid = rustix::process::getuid().as_raw();
    let user = set("USER").or_else(|| set("LOGNAME")).or_else(|| {
        // A container and a cron job have no variable for it.
        std::fs::read_to_string("/etc/passwd").ok().and_then(|users| user_of(uid, &users))
    });
    format!("{}@{}", user.unwrap_or_else(|| format!("user-{uid}")), this_host())
}

/// The user's name by the lines of `/etc/passwd`.
fn user_of(uid: u32, users: &str) -> Option<String> {
    let line = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut found = line.filter(|it| it.get(2).is_some_and(|it| it.parse() == Ok(uid)));
    found.next().map(|it| it[0].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_variables_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(user_of(0, users).as_deref(), Some("root"));
        assert_eq!(user_of(1000, users).as_deref(), Some("ada"));
        assert_eq!(user_of(100, users), None);
    }
}
