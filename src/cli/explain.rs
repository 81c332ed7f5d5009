//! `houseplan explain`: the long text behind a code.

use std::process::ExitCode;

use houseplan::{diagnose::catalogue, document::suggestion, plan::lint};
use serde::Serialize;

use super::{
    global::Global,
    inputs::wrong_call,
    screen::{say, say_json},
};

/// Explain a code, as in `houseplan::restore::table_not_empty`
///
/// Every failure, mistake and lint has a stable code. Without one, all of them are listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan explain houseplan::restore::table_not_empty
  houseplan explain restore::table_not_empty
  houseplan explain")]
pub struct ExplainCommand {
    code: Option<String>,
}

/// A code, what it is in a line, and what there is to say of it.
#[derive(Serialize)]
struct Page {
    code: &'static str,
    title: String,
    text: String,
}

fn pages() -> Vec<Page> {
    let errors = catalogue::all().map(|it| Page { code: it.code, title: it.summary(), text: it.to_string() });
    let lints = lint::RULES.iter().map(|it| Page {
        code: it.code,
        title: it.summary.to_owned(),
        text: format!("{}\n\n  {}\n\n{}", it.code, it.summary, it.explanation),
    });
    errors.chain(lints).collect()
}

impl ExplainCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let pages = pages();
        let Some(wanted) = &self.code else {
            for page in &pages {
                match global.is_json() {
                    true => say_json(page)?,
                    false => say(&format!("{:<48} {}\n", page.code, page.title)),
                }
            }
            return Ok(ExitCode::SUCCESS);
        };
        let whole = if wanted.starts_with("houseplan::") { wanted.clone() } else { format!("houseplan::{wanted}") };
        let Some(page) = pages.iter().find(|page| page.code == whole) else {
            let near = suggestion(&whole, pages.iter().map(|page| page.code));
            return Err(wrong_call(format!("there is no code `{wanted}`{near}"), "`houseplan explain` lists them all"));
        };
        match global.is_json() {
            true => say_json(page)?,
            false => say(&format!("{}\n", page.text)),
        }
        Ok(ExitCode::SUCCESS)
    }
}
