//! `houseplan plans`: the plans that are shipped.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use miette::{IntoDiagnostic, WrapErr, miette};

use houseplan::{
    bundle::{Bundle, Library, ShippedPlan, TargetNames},
    catalogue,
    document::{Limits, suggestion},
};

use super::{global::Global, inputs::wrong_call, screen::say_json};

/// List the shipped plans, show one, or copy one to change it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan plans
  houseplan plans show standalone-to-replicated
  houseplan plans copy standalone-to-replicated --to plans/
  houseplan plans copy restore --as restore-into-staging")]
pub struct Plans {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List them, with what each does
    List,
    /// Print one
    Show {
        /// Its name, as `houseplan plans` lists it
        name: String,
    },
    /// Write one to a file that is yours
    Copy {
        /// Its name, as `houseplan plans` lists it
        name: String,
        /// The new name of the plan and of its file; its own name where it is left out
        #[arg(long = "as", value_name = "NAME", value_parser = parse_name)]
        other: Option<String>,
        /// The folder
        #[arg(long, value_name = "DIR", default_value = ".")]
        to: Utf8PathBuf,
    },
}

impl Plans {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        match self.command.unwrap_or(Command::List) {
            Command::List if global.is_json() => {
                for plan in Library::plans() {
                    say_json(&serde_json::json!({ "name": plan.name, "summary": plan.summary() }))?;
                }
            }
            Command::List => list(),
            Command::Show { name } => anstream::print!("{}", find(&name)?.text),
            Command::Copy { name, other, to } => copy(&name, other.as_deref(), &to)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list() {
    let plans = Library::plans();
    let width = plans.iter().map(|plan| plan.name.len()).max().unwrap_or_default();
    for plan in plans {
        anstream::println!("{:width$}   {}", plan.name, plan.summary().unwrap_or_default());
    }
}

fn find(name: &str) -> miette::Result<ShippedPlan> {
    Library::find(name).ok_or_else(|| {
        let near = suggestion(name, Library::plans().iter().map(|plan| plan.name));
        let unknown = catalogue::plan::UNKNOWN.with("name", name).with("near", near);
        miette!(code = unknown.entry.code, help = unknown.help(), "{}", unknown.title())
    })
}

fn copy(name: &str, other: Option<&str>, to: &camino::Utf8Path) -> miette::Result<()> {
    let plan = find(name)?;
    let text = text_of_copy(&plan, other);
    let path = to.join(format!("{}.yaml", other.unwrap_or(name)));
    std::fs::create_dir_all(to).into_diagnostic().wrap_err_with(|| format!("{to} cannot be created"))?;
    let mut file = match std::fs::File::create_new(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(wrong_call(
                format!("{path} exists already"),
                "choose another folder with `--to DIR`, or another name with `--as NAME`",
            ));
        }
        made => made.into_diagnostic().wrap_err_with(|| format!("{path} cannot be created"))?,
    };
    std::io::Write::write_all(&mut file, text.as_bytes())
        .into_diagnostic()
        .wrap_err_with(|| format!("{path} cannot be written"))?;
    anstream::eprintln!("{path} is yours now; `houseplan validate {path}` checks it");
    let bundle = Bundle::load(name, None, &TargetNames::new(), &Limits::default())?;
    for included in bundle.shipped_inclusions() {
        anstream::eprintln!(
            "It includes the shipped plan `{included}`, which it takes from houseplan. To change that too, `houseplan plans copy \
             {included}`, and write `name: ./{included}.yaml` in place of `name: {included}`"
        );
    }
    Ok(())
}

/// The plan's text under another name. The schema that its first line names for editors is not there beside a copy.
fn text_of_copy(plan: &ShippedPlan, other: Option<&str>) -> String {
    let own = plan.text.lines().filter(|line| !line.starts_with("# yaml-language-server:"));
    let own = own.skip_while(|line| *line == "#").map(|line| format!("{line}\n")).collect::<String>();
    match other {
        Some(other) => own.replacen(&format!("\n  name: {}\n", plan.name), &format!("\n  name: {other}\n"), 1),
        None => own,
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let fits = text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a plan's name consists of lowercase letters, digits and `-`, and starts with a letter".to_owned())
    }
}
