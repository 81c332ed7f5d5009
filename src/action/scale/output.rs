//! What `scale` has done, in words.

use crate::{humanize::count, plan::outputs::ScaleOutput};

impl ScaleOutput {
    pub(super) fn summary(&self) -> String {
        let number = count(self.scaled.len() as u64, "workload");
        let before: u64 = self.scaled.iter().map(|it| it.before).sum();
        let now: u64 = self.scaled.iter().map(|it| it.now).sum();
        let held = self.scaled.iter().any(|it| it.held);
        match (held, now) {
            (true, _) => format!("{number} at 0, no pod of them is left (before: {before})"),
            (false, 0) => format!("{number} at 0, not held"),
            (false, now) => format!("{number} with {} ready", count(now, "pod")),
        }
    }
}
