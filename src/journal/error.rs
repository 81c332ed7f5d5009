//! What can be wrong with a journal, and what to do about it.

use std::io;

use camino::Utf8PathBuf;
use thiserror::Error;

/// A journal that cannot be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("cannot {doing} {path}")]
    Io {
        doing: &'static str,
        path: Utf8PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path}: line {line} is damaged: {what}")]
    Damaged { path: Utf8PathBuf, line: u64, what: String },
    #[error("{path} was written by another version of houseplan (format {found}, this one reads {known})")]
    OtherFormat { path: Utf8PathBuf, found: u64, known: u32 },
    #[error("{path} could not be written before; nothing more is written to it")]
    Poisoned { path: Utf8PathBuf },
}

impl JournalError {
    /// What the person can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, then `houseplan resume`; nothing was started that the journal does not know"
                    .to_owned()
            }
            Self::Io { .. } | Self::Poisoned { .. } => {
                "mend what the system says, then `houseplan resume`; nothing was started that the journal does not know"
                    .to_owned()
            }
            Self::Damaged { line, .. } => format!(
                "records were changed or lost after they were written, so what was done cannot be known from here; \
                 bring the file back from a copy, or compare the world with lines 1 to {} and begin a new run",
                line.saturating_sub(1)
            ),
            Self::OtherFormat { .. } => "end the run with the houseplan that began it".to_owned(),
        }
    }

    pub(super) fn io(doing: &'static str, path: &camino::Utf8Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

impl miette::Diagnostic for JournalError {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new("houseplan::journal::unusable"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.remedy()))
    }
}
