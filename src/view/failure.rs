//! A failure as a person reads it: a miette diagnostic with the server's words and the place in the plan, then cause and
//! help.

use std::{error::Error, fmt, ops::Range};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{
    drawing::part_of_screen,
    line::server_words,
    paint::{Paint, one_line},
    wrap::hang,
};
use crate::{catalogue, failure::Failure, name::StepId};

/// Where a step stands in the plan's text.
#[derive(Debug, Clone)]
pub struct StepPlace {
    /// What the file is called towards the user.
    pub name: String,
    pub text: String,
    /// The step's name, or its action's key.
    pub span: Range<usize>,
}

/// Finds the place of a step. A step without one is shown without it.
pub type Places<'a> = &'a dyn Fn(&StepId) -> Option<StepPlace>;

/// What failed, in which place.
#[derive(Debug)]
pub struct Failed<'a> {
    /// `` `restore` failed for runs on replica1 ``.
    pub what: String,
    pub failure: &'a Failure,
    /// The failure's, with its commands as they are to be typed.
    pub help: Option<String>,
    pub attempt: Option<u32>,
    pub place: Option<StepPlace>,
}

impl Failed<'_> {
    /// The screen's text, for `columns`.
    pub fn render(&self, columns: usize, paint: Paint) -> String {
        let theme = if paint.is_on() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler =
            GraphicalReportHandler::new_themed(theme).with_width(columns).with_links(false).with_context_lines(1);
        let handler = part_of_screen(handler);
        let diagnostic = FailedDiagnostic {
            message: format!("{}: {}", self.what, self.failure.message.trim()),
            server: self.failure.server.as_ref().map(|server| Words(server_words(server))),
            code: self.failure.code.clone(),
            source: self.place.as_ref().map(|place| NamedSource::new(&place.name, place.text.clone())),
            label: self.place.as_ref().map(|place| self.label(place)),
        };
        let mut out = String::new();
        if handler.render_report(&mut out, &diagnostic).is_err() {
            out = format!("{}\n\n  × {}\n", diagnostic.code, diagnostic.message);
        }
        if let Some(cause) = &self.failure.cause {
            // The last lines of a process are read as lines.
            let lines: Vec<String> = cause.lines().map(one_line).collect();
            out.push_str(&hang(&format!("  {} ", paint.strong("cause:")), &lines.join("\n"), columns));
        }
        if let Some(help) = &self.help {
            out.push_str(&hang(&format!("  {}  ", paint.strong("help:")), help, columns));
        }
        out
    }
}

impl Failed<'_> {
    /// The expression that failed, where it is one and stands in the step once; else the step.
    fn label(&self, place: &StepPlace) -> LabeledSpan {
        let attempt = self.attempt.map(|attempt| format!(", attempt {attempt}")).unwrap_or_default();
        match expression(self.failure).and_then(|expression| place.only(expression)) {
            Some(span) => LabeledSpan::new_primary_with_span(Some(format!("this expression{attempt}")), span),
            None => LabeledSpan::new_primary_with_span(Some(format!("this step{attempt}")), place.span.clone()),
        }
    }
}

impl StepPlace {
    /// Where a text stands in the step: between its name and the next line that is indented no more. `None` where it is not
    /// there exactly once, as it is where YAML writes it otherwise.
    fn only(&self, wanted: &str) -> Option<Range<usize>> {
        let line = self.text[..self.span.start].rfind('\n').map_or(0, |at| at + 1);
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let own = indent(&self.text[line..]);
        let mut lines = self.text[line..].split_inclusive('\n');
        let first = lines.next()?.len();
        let rest: usize = lines.take_while(|it| it.trim().is_empty() || indent(it) > own).map(str::len).sum();
        let step = &self.text[self.span.end..line + first + rest];
        let mut found = step.match_indices(wanted);
        let (at, _) = found.next()?;
        found.next().is_none().then(|| self.span.end + at..self.span.end + at + wanted.len())
    }
}

/// The expression of a template that could not be evaluated.
fn expression(failure: &Failure) -> Option<&str> {
    let of_template = [&catalogue::template::FAILED, &catalogue::template::FAILED_AFTER_START];
    let is_one = of_template.into_iter().any(|entry| failure.is(entry));
    let (_, after) = failure.message.split_once("a template cannot be evaluated: `").filter(|_| is_one)?;
    after.split_once("`: ").map(|(expression, _)| expression)
}

/// The part that miette draws.
#[derive(Debug)]
struct FailedDiagnostic {
    message: String,
    server: Option<Words>,
    code: String,
    source: Option<NamedSource<String>>,
    label: Option<LabeledSpan>,
}

impl fmt::Display for FailedDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for FailedDiagnostic {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.server.as_ref().map(|server| server as _)
    }
}

impl Diagnostic for FailedDiagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label.clone().map(|label| Box::new(std::iter::once(label)) as _)
    }
}

/// What a server said.
#[derive(Debug)]
struct Words(String);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Words {}
