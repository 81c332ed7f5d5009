//! What `keeper` has done, in words.

use crate::{humanize, plan::outputs::KeeperOutput};

impl KeeperOutput {
    /// How many paths are gone.
    pub(super) fn removed(&self) -> String {
        match self.rows.len() as u64 {
            0 => "nothing was left".to_owned(),
            paths => format!("{} removed", humanize::count(paths, "path")),
        }
    }
}
