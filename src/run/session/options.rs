//! How a run is to be driven: what the person who starts or resumes it says of the whole of it.

use std::time::Duration;

use crate::run::abandon::Abandoning;

/// How a run is to be driven.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much is under way at once.
    pub max_parallel: usize,
    /// How long to wait for what cannot be let go when the process has to end.
    pub grace: Duration,
    /// Who says so: `user@host`.
    pub by: String,
    /// The machine that had the run before, where the person says that no process of it is at work there any more.
    pub gone: Option<String>,
    /// Whether the person says that nothing has changed on servers whose claim is gone, so that they are claimed again.
    pub claim_again: bool,
    /// Whether the run is abandoned, and how.
    pub abandoning: Option<Abandoning>,
}

/// How files that have changed since the run began are taken, and servers that run another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// They are told, and nothing is done.
    Refuse,
    /// The run goes on with them as they are now.
    Accept,
    /// The run goes on with the files as they were; servers have to be as they were.
    AsBegun,
    /// The run goes on with the documents as they were, and with all else as it is now.
    AcceptOthers,
}

impl OnChange {
    /// Whether the documents are to be as they were.
    pub(super) fn as_begun(self) -> bool {
        matches!(self, Self::AsBegun | Self::AcceptOthers)
    }

    /// Whether what has changed is taken: of what the run has no copy, at least.
    pub(super) fn accepts(self) -> bool {
        matches!(self, Self::Accept | Self::AcceptOthers)
    }
}
