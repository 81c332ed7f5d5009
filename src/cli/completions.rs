//! `houseplan completions`: for the shell.

use std::process::ExitCode;

use clap::CommandFactory;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan completions bash > /etc/bash_completion.d/houseplan")]
pub struct CompletionsCommand {
    shell: clap_complete::Shell,
}

impl CompletionsCommand {
    pub fn run(self) -> ExitCode {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Arguments::command(), "houseplan", &mut text);
        super::screen::say(&String::from_utf8_lossy(&text));
        ExitCode::SUCCESS
    }
}
