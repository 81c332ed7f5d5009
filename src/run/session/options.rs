//! How a run is to be driven: what the person who starts or resumes it says of the whole of it.

use std::time::Duration;

use crate::run::abandon::GivingUp;

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
    /// Whether the run is given up, and how.
    pub giving_up: Option<GivingUp>,
}
