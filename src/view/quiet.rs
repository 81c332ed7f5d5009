//! The view of `--quiet`: none. What went wrong is told by the screen at the end, and by the exit code.

use super::{Record, View};
use crate::{engine::performer::Progress, name::TaskId};

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl View for Quiet {
    fn record(&mut self, _: &Record) {}

    fn progress(&mut self, _: &TaskId, _: &Progress) {}

    fn notice(&mut self, _: &str) {}

    fn finish(&mut self) {}
}
