//! Typed errors that say what their entry of the catalogue says.

use miette::Diagnostic;

use super::Filled;

/// What an error shows.
pub enum Shown<'error> {
    /// An entry of the catalogue, with what is known here.
    Entry(Filled),
    /// All that another error shows.
    As(&'error dyn Diagnostic),
}

impl From<Filled> for Shown<'_> {
    fn from(filled: Filled) -> Self {
        Self::Entry(filled)
    }
}

impl From<&'static super::Entry> for Shown<'_> {
    fn from(entry: &'static super::Entry) -> Self {
        Self::Entry(entry.bare())
    }
}

impl<'error> Shown<'error> {
    /// The error that says it all, where there is one.
    pub fn other(&self) -> Option<&'error dyn Diagnostic> {
        match self {
            Self::Entry(_) => None,
            Self::As(other) => Some(*other),
        }
    }

    /// What is so.
    pub fn title(&self) -> String {
        match self {
            Self::Entry(filled) => filled.title(),
            Self::As(other) => other.to_string(),
        }
    }

    /// Why, and what to do.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Entry(filled) => Some(match filled.cause() {
                Some(cause) => format!("{cause}; {}", filled.help()),
                None => filled.help(),
            }),
            Self::As(other) => other.help().map(|help| help.to_string()),
        }
    }
}

/// Shows errors as their `fn shown(&self) -> Shown<'_>` says.
macro_rules! shown_by_the_catalogue {
    ($($error:ty),+ $(,)?) => {$(
        impl miette::Diagnostic for $error {
            fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
                match self.shown() {
                    $crate::catalogue::Shown::Entry(filled) => Some(Box::new(filled.entry.code)),
                    $crate::catalogue::Shown::As(other) => other.code(),
                }
            }

            fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
                self.shown().help().map(|help| Box::new(help) as _)
            }

            fn severity(&self) -> Option<miette::Severity> {
                self.shown().other()?.severity()
            }

            fn source_code(&self) -> Option<&dyn miette::SourceCode> {
                self.shown().other()?.source_code()
            }

            fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
                self.shown().other()?.labels()
            }

            fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
                self.shown().other()?.related()
            }
        }
    )+};
}

pub(crate) use shown_by_the_catalogue;
