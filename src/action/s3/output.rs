//! What `s3` has done, in words.

use crate::{
    humanize,
    plan::outputs::{S3Output, S3Row},
};

impl S3Output {
    /// By whom the store was reached; `None` where it was not probed.
    pub(super) fn summary(&self) -> Option<String> {
        let by = self.rows.iter().filter_map(|row| match row {
            S3Row::Probed { by, .. } => Some(by.as_str()),
            S3Row::Removed { .. } | S3Row::Exists { .. } | S3Row::Object { .. } => None,
        });
        let by: Vec<&str> = by.collect();
        (!by.is_empty()).then(|| format!("store reached by {}", humanize::list(&by)))
    }
}
