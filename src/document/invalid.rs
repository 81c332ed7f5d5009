//! Mistakes, and how they are printed: one report a file, all labels of a file in one go.

use std::{fmt, ops::Range};

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use serde::Serialize;

use super::{conceal::conceal, place::Place, source::Source};
use crate::catalogue;

/// One mistake, in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where. Labels the node's value, or its key where `at_key` is set.
    pub place: Place,
    pub at_key: bool,
    /// What is so, as a lowercase fragment: "unknown key; did you mean `timeout`?".
    pub message: String,
    /// A stable code, where the problem has one of its own (lints do, and what does not fit together).
    pub code: Option<&'static str>,
}

impl Problem {
    /// About the value at `place`.
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Self { place, at_key: false, message: message.into(), code: None }
    }

    /// About the key at `place`.
    pub fn at_key(place: Place, message: impl Into<String>) -> Self {
        Self { at_key: true, ..Self::at(place, message) }
    }
}

/// One mistake, by the bytes of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub range: Range<usize>,
    pub message: String,
    /// Other places that belong to it.
    pub also: Vec<(Range<usize>, String)>,
    /// The problem's own code, where it has one.
    pub code: Option<&'static str>,
}

impl Finding {
    pub fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), also: Vec::new(), code: None }
    }
}

/// One mistake, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Located<'a> {
    pub file: &'a str,
    /// Counted from one; the column in characters.
    pub line: usize,
    pub column: usize,
    pub code: &'static str,
    /// The document can be used as it is.
    pub warning: bool,
    pub message: &'a str,
}

/// What the mistakes of a file are, in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// A stable code.
    pub code: &'static str,
    /// What is so of the file, where it has no mistake of its own: `does not fit the environment`.
    pub instead: Option<&'static str>,
}

impl From<&'static str> for Heading {
    fn from(code: &'static str) -> Self {
        Self { code, instead: None }
    }
}

/// Documents with mistakes in them. Exit code 2.
#[derive(Debug)]
pub struct Invalid {
    /// Never empty.
    reports: Vec<Report>,
}

/// The mistakes of one file.
#[derive(Debug)]
struct Report {
    heading: Heading,
    name: String,
    source: NamedSource<String>,
    findings: Vec<Finding>,
    /// How many there are, more than are shown.
    total: usize,
    /// They are warnings: the document can be used as it is.
    warns: bool,
}

/// As many mistakes of one file are shown; a person mends the first ones first.
const SHOWN: usize = 50;

impl Invalid {
    /// One file's mistakes, under a stable code.
    pub fn new(code: &'static str, source: &Source, findings: Vec<Finding>) -> Self {
        Self { reports: vec![Report::new(code.into(), source, findings)] }
    }

    /// The same for several files; those without findings are left out. `None` where no file has any.
    pub fn collect(files: impl IntoIterator<Item = (Heading, Source, Vec<Finding>)>) -> Option<Self> {
        let reports: Vec<Report> = files
            .into_iter()
            .filter(|(_, _, findings)| !findings.is_empty())
            .map(|(heading, source, findings)| Report::new(heading, &source, findings))
            .collect();
        (!reports.is_empty()).then_some(Self { reports })
    }

    /// The same findings as warnings.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.reports.iter_mut().for_each(|report| report.warns = true);
        self
    }

    /// How many mistakes there are.
    pub fn count(&self) -> usize {
        self.reports.iter().map(|report| report.total).sum()
    }

    /// The mistakes that are shown, for programs.
    pub fn located(&self) -> Vec<Located<'_>> {
        self.reports.iter().flat_map(Report::located).collect()
    }
}

impl Report {
    fn new(heading: Heading, source: &Source, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| (finding.range.start, finding.range.end));
        findings.dedup();
        let total = findings.len();
        findings.truncate(SHOWN);
        let shown = printable(&conceal(&source.text, &source.secret_keys, &source.concealed));
        Self {
            heading,
            name: source.name.to_string(),
            source: NamedSource::new(&*source.name, shown),
            findings,
            total,
            warns: false,
        }
    }

    fn located(&self) -> impl Iterator<Item = Located<'_>> {
        self.findings.iter().map(|finding| {
            let before = self.source.inner().get(..finding.range.start).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            Located {
                file: &self.name,
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                code: finding.code.unwrap_or(self.own_code()),
                warning: self.warns,
                message: &finding.message,
            }
        })
    }

    fn own_code(&self) -> &'static str {
        if self.warns { catalogue::lint::WARNINGS.code } else { self.heading.code }
    }

    /// A warning's words end with its code, as `explain` and `accepts` take it.
    fn label(&self, finding: &Finding) -> String {
        match finding.code.and_then(|code| code.rsplit("::").next()) {
            Some(code) if self.warns => format!("{} [{code}]", finding.message),
            _ => finding.message.clone(),
        }
    }

    fn is_empty(&self) -> bool {
        self.source.inner().is_empty()
    }
}

/// The text with its control characters replaced by others of the same length, for it is shown on a terminal.
fn printable(text: &str) -> String {
    let replace = |c: char| match c {
        '\t' | '\n' | '\r' => c,
        c if c.is_control() && c.len_utf8() == 1 => '?',
        c if c.is_control() => '·',
        c => c,
    };
    text.chars().map(replace).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.warns { "warning" } else { "mistake" };
        if let Some(instead) = self.heading.instead {
            return write!(f, "{} {instead}", self.name);
        }
        match (self.total, self.findings.as_slice()) {
            // Labels need a line to stand below.
            (1, [only]) if self.is_empty() => write!(f, "{}: {}", self.name, only.message),
            (1, _) => write!(f, "{} has a {noun}", self.name),
            (total, _) if total > self.findings.len() => {
                write!(f, "{} has {total} {noun}s; here are the first {}", self.name, self.findings.len())
            }
            (total, _) => write!(f, "{} has {total} {noun}s", self.name),
        }
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.own_code()))
    }

    fn severity(&self) -> Option<Severity> {
        self.warns.then_some(Severity::Warning)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        if self.warns {
            return Some(Box::new(
                "`houseplan explain WORD`, with the word in brackets, tells why; if you mean it, write \
                 `accepts: { WORD: reason }` in the step",
            ));
        }
        let explain = format!("`houseplan explain {}`", self.heading.code);
        Some(Box::new(match self.heading.instead {
            Some(_) => explain,
            None => format!("{explain} · the language: `houseplan schema --docs`"),
        }))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.is_empty()).then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.is_empty() {
            return None;
        }
        Some(Box::new(self.findings.iter().flat_map(|finding| {
            let label = |range: &Range<usize>, message: &str| LabeledSpan::at(range.clone(), message);
            std::iter::once(label(&finding.range, &self.label(finding)))
                .chain(finding.also.iter().map(move |(range, message)| label(range, message)))
        })))
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reports.as_slice() {
            [only] => only.fmt(f),
            reports if reports.iter().all(|report| report.heading.instead.is_some()) => {
                write!(f, "{} files do not fit together in {} places", reports.len(), self.count())
            }
            reports => {
                let noun = if reports.iter().all(|report| report.warns) { "warnings" } else { "mistakes" };
                write!(f, "{} files have {} {noun}", reports.len(), self.count())
            }
        }
    }
}

impl std::error::Error for Invalid {}

impl Diagnostic for Invalid {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self.reports.as_slice() {
            [only] => only.code(),
            _ => None,
        }
    }

    fn severity(&self) -> Option<Severity> {
        self.reports.iter().all(|report| report.warns).then_some(Severity::Warning)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self.reports.as_slice() {
            [only] => only.help(),
            _ => None,
        }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match self.reports.as_slice() {
            [only] => only.source_code(),
            _ => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match self.reports.as_slice() {
            [only] => only.labels(),
            _ => None,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.reports.as_slice() {
            [_] => None,
            reports => Some(Box::new(reports.iter().map(|report| report as &dyn Diagnostic))),
        }
    }
}
