//! The view of `--quiet`: none. What went wrong is told by the screen at the end, and by the exit code.

use super::live::{Live, View};

use crate::{account::Record, engine::performer::Progress, name::TaskId};

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl View for Quiet {
    fn record(&mut self, _: &Live, _: &Record) {}

    fn progress(&mut self, _: &Live, _: &TaskId, _: &Progress) {}

    fn finish(&mut self) {}
}
