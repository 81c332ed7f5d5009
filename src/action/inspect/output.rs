//! What `inspect` has found, in words.

use crate::{humanize, plan::outputs::InspectOutput};

impl InspectOutput {
    pub(super) fn summary(&self) -> String {
        format!("complete: {}, {}", humanize::count(self.found.files, "file"), humanize::size(self.found.size))
    }
}
