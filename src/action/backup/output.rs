//! What `backup` has made, in words.

use crate::{humanize, plan::outputs::BackupOutput};

impl BackupOutput {
    /// Where it is, and how much.
    pub(super) fn summary(&self) -> String {
        let size = self.total_size.map(humanize::size);
        std::iter::once(self.place.path.clone()).chain(size).collect::<Vec<_>>().join(", ")
    }
}
