//! Arguments in, exit code out.

mod cli;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use cli::global::Global;
use houseplan::{engine::command::CommandError, exit::Exit, run::SessionError, view::drawing::errors};

/// A large plan is millions of small pieces, which the system's own allocator gets slower with: see tests/bench/README.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs checked-in backup, restore and migration plans against ClickHouse
#[derive(Debug, Parser)]
#[command(name = "houseplan", version, max_term_width = 100, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Try it on a cluster of your own:
  houseplan sandbox up && houseplan sandbox load
  export HOUSEPLAN_ENV=\"$(houseplan sandbox status --environment)\"
  houseplan run standalone-to-replicated --set database=langsmith")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Validate(cli::validate::Validate),
    Render(cli::render::RenderCommand),
    Graph(cli::graph::GraphCommand),
    Run(cli::run::RunCommand),
    Resume(cli::resume::ResumeCommand),
    Status(cli::status::StatusCommand),
    Approve(cli::approve::ApproveCommand),
    Settle(cli::settle::SettleCommand),
    Abandon(cli::abandon::AbandonCommand),
    Report(cli::report::ReportCommand),
    Explain(cli::explain::ExplainCommand),
    Plans(cli::plans::Plans),
    Rbac(cli::rbac::RbacCommand),
    /// Run a local cluster of the real ClickHouse engine to try plans on
    #[command(subcommand)]
    Sandbox(cli::sandbox::SandboxCommand),
    Schema(cli::schema::Schema),
    Completions(cli::completions::CompletionsCommand),
}

/// The process's arguments. What `help` is helped with is the help itself, which clap would call an unknown command.
fn asked() -> Vec<OsString> {
    let asked: Vec<OsString> = std::env::args_os().collect();
    match asked.as_slice() {
        [program, help, flag] if help == "help" && (flag == "--help" || flag == "-h") => {
            vec![program.clone(), flag.clone()]
        }
        _ => asked,
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(asked());
    miette::set_hook(Box::new(|_| Box::new(errors()))).expect("no other has been set");
    let runtime = tokio::runtime::Runtime::new().expect("the system gives a process its threads and its event queue");
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{error:?}");
            exit(&error).into()
        }
    }
}

fn exit(error: &miette::Report) -> Exit {
    let of_session = error.downcast_ref::<SessionError>().map(SessionError::exit);
    let of_command = || error.downcast_ref::<CommandError>().map(Exit::from);
    of_session.or_else(of_command).unwrap_or(Exit::Invalid)
}

async fn run(arguments: Arguments) -> miette::Result<ExitCode> {
    // One TLS stack in the whole tree; without this, clients would not know which.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let global = &arguments.global;
    match arguments.command {
        Command::Validate(command) => command.run(global),
        Command::Render(command) => command.run(global).await,
        Command::Graph(command) => command.run(),
        Command::Run(command) => command.run(global).await,
        Command::Resume(command) => command.run(global).await,
        Command::Status(command) => command.run(global),
        Command::Approve(command) => command.run(global),
        Command::Settle(command) => command.run(global),
        Command::Abandon(command) => command.run(global).await,
        Command::Report(command) => command.run(global),
        Command::Explain(command) => command.run(global),
        Command::Plans(command) => command.run(global),
        Command::Rbac(command) => command.run(global).await,
        Command::Sandbox(command) => cli::sandbox::run(command, global).await,
        Command::Schema(command) => command.run(),
        Command::Completions(command) => Ok(command.run()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Every command below this one, with its examples.
    fn examples(command: &clap::Command) -> Vec<String> {
        let own = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let own = own.lines().map(str::to_owned).collect::<Vec<_>>();
        own.into_iter().chain(command.get_subcommands().flat_map(examples)).collect()
    }

    #[test]
    fn no_command_of_an_example_is_broken_on_a_narrow_terminal() {
        let all = examples(&Arguments::command());
        assert!(all.len() > 40);
        for line in all {
            let command = line.split("   #").next().unwrap_or_default();
            assert!(command.chars().count() <= 80, "{command}");
        }
    }
}
