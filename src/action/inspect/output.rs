//! What `inspect` has found, in words.

use crate::{humanize, plan::outputs::InspectOutput};

impl InspectOutput {
    pub(super) fn summary(&self) -> String {
        let (files, size) = (humanize::count(self.found.files, "file"), humanize::size(self.found.size));
        format!("complete: {files}, {size}, made by {}", self.found.made_by.words())
    }
}
