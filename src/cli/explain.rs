//! `houseplan explain`: the long text behind a code.

use std::process::ExitCode;

use houseplan::{catalogue, document::suggestion, plan::lint};
use serde::Serialize;

use super::{
    global::Global,
    inputs::wrong_call,
    screen::{say, say_json},
};

/// Explain a code, as in `houseplan::restore::table_not_empty`
///
/// Every failure, mistake and lint has a stable code. Without one, all of them are listed; where several fit, those.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  houseplan explain houseplan::restore::table_not_empty
  houseplan explain table_not_empty    # the last word is enough
  houseplan explain 497                # an exception of ClickHouse's, by its number
  houseplan explain restore            # the codes of an area
  houseplan explain")]
pub struct ExplainCommand {
    /// A code, its last word, the area it is of, or the number of one of ClickHouse's exceptions
    code: Option<String>,
}

/// A code, what it is in a line, and what there is to say of it.
#[derive(Serialize)]
struct Page {
    code: &'static str,
    title: String,
    text: String,
    /// The numbers of ClickHouse's exceptions that it is known by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<i32>,
}

impl Page {
    /// Whether it is what is meant: a code, its end, its beginning, or an exception's number.
    fn is(&self, wanted: &str) -> bool {
        let short = self.code.strip_prefix(PREFIX).unwrap_or(self.code);
        let wanted = wanted.strip_prefix(PREFIX).unwrap_or(wanted).trim_end_matches("::");
        short.strip_suffix(wanted).is_some_and(|before| before.ends_with("::"))
            || short.strip_prefix(wanted).is_some_and(|after| after.starts_with("::"))
            || wanted.parse().is_ok_and(|number| self.exceptions.contains(&number))
    }

    /// Whether it bears exactly this code.
    fn bears(&self, wanted: &str) -> bool {
        self.code == wanted || self.code.strip_prefix(PREFIX) == Some(wanted)
    }
}

/// What every code starts with.
const PREFIX: &str = "houseplan::";

fn pages() -> Vec<Page> {
    let errors = catalogue::all().map(|it| Page {
        code: it.code,
        title: it.summary(),
        text: it.to_string(),
        exceptions: it.exceptions().collect(),
    });
    let lints = lint::RULES.iter().map(|it| Page {
        code: it.code,
        title: it.summary.to_owned(),
        text: format!("{}\n\n  {}\n\n{}", it.code, it.summary, it.explanation),
        exceptions: Vec::new(),
    });
    errors.chain(lints).collect()
}

impl ExplainCommand {
    pub fn run(self, global: &Global) -> miette::Result<ExitCode> {
        let pages = pages();
        let found: Vec<&Page> = match &self.code {
            None => pages.iter().collect(),
            Some(wanted) => match pages.iter().find(|page| page.bears(wanted)) {
                Some(page) => vec![page],
                None => pages.iter().filter(|page| page.is(wanted)).collect(),
            },
        };
        match (found.as_slice(), &self.code) {
            ([], wanted) => return Err(unknown(wanted.as_deref().unwrap_or_default(), &pages)),
            (many, _) if global.is_json() => many.iter().try_for_each(say_json)?,
            ([page], _) => say(&format!("{}\n", page.text)),
            (many, _) => many.iter().for_each(|page| say(&format!("{:<48} {}\n", page.code, page.title))),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn unknown(wanted: &str, pages: &[Page]) -> miette::Report {
    let whole = format!("{PREFIX}{}", wanted.strip_prefix(PREFIX).unwrap_or(wanted));
    let near = suggestion(&whole, pages.iter().map(|page| page.code));
    wrong_call(format!("there is no code `{wanted}`{near}"), "`houseplan explain` lists them all")
}
