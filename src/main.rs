//! Arguments in, exit code out.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "houseplan", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Run a local cluster of the real ClickHouse engine to try plans on
    #[command(subcommand)]
    Sandbox(cli::sandbox::SandboxCommand),
}

#[tokio::main]
async fn main() -> miette::Result<ExitCode> {
    let Command::Sandbox(command) = Arguments::parse().command;
    cli::sandbox::run(command).await
}
