//! What can be wrong with a journal.

use std::io;

use camino::Utf8PathBuf;
use thiserror::Error;

use crate::catalogue::{Shown, journal, shown_by_the_catalogue};

/// A journal that cannot be read or written.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum JournalError {
    Io {
        doing: &'static str,
        path: Utf8PathBuf,
        #[source]
        source: io::Error,
    },
    Damaged {
        path: Utf8PathBuf,
        line: u64,
        what: String,
    },
    OtherFormat {
        path: Utf8PathBuf,
        found: u64,
        known: u32,
    },
    /// A write has failed before.
    Poisoned {
        path: Utf8PathBuf,
    },
}

shown_by_the_catalogue!(JournalError);

impl JournalError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Io { doing, path, source } if source.kind() == io::ErrorKind::StorageFull => {
                journal::DISK_FULL.with("doing", doing).with("path", path).into()
            }
            Self::Io { doing, path, .. } => journal::IO.with("doing", doing).with("path", path).into(),
            Self::Damaged { path, line, what } => {
                journal::DAMAGED.with("path", path).with("line", line).with("what", what).into()
            }
            Self::OtherFormat { path, found, known } => {
                journal::OTHER_VERSION.with("path", path).with("found", found).with("known", known).into()
            }
            Self::Poisoned { path } => journal::NOT_WRITABLE.with("path", path).into(),
        }
    }

    pub(super) fn io(doing: &'static str, path: &camino::Utf8Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
