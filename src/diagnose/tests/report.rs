//! A failure with all that it says, drawn by miette: what the snapshots show. On the screen it is `view`'s to draw.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use crate::failure::Failure;

/// Where in the plan a failure belongs.
#[derive(Debug, Clone)]
pub struct Place {
    pub source: NamedSource<String>,
    pub span: SourceSpan,
    /// What stands under the span, as in `this step, attempt 1`.
    pub label: String,
}

/// A failure, ready to be shown by miette: what is so, what the server said, the cause, the place, the remedy.
#[derive(Debug)]
pub struct FailureReport {
    failure: Failure,
    place: Option<Place>,
    said: Option<Said>,
}

/// The chain below the message: the server's words, then the cause.
#[derive(Debug)]
struct Said {
    text: String,
    because: Option<Box<Said>>,
}

/// Makes a report of a failure.
pub fn report(failure: &Failure, place: Option<Place>) -> FailureReport {
    let cause = failure.cause.as_ref().map(|cause| Said { text: format!("cause: {cause}"), because: None });
    let said = match &failure.server {
        Some(server) => {
            let name = if server.name.is_empty() { String::new() } else { format!(" ({})", server.name) };
            let text = format!("Code: {}. {}{name}", server.code, server.message);
            Some(Said { text, because: cause.map(Box::new) })
        }
        None => cause,
    };
    FailureReport { failure: failure.clone(), place, said }
}

impl fmt::Display for FailureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure.message)
    }
}

impl std::error::Error for FailureReport {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.said.as_ref().map(|said| said as _)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Said {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.because.as_deref().map(|said| said as _)
    }
}

impl Diagnostic for FailureReport {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.failure.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.failure.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some(place.label.clone()), place.span);
        Some(Box::new(std::iter::once(label)))
    }
}
