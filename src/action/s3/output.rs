//! What `s3` gives.

use serde::{Deserialize, Serialize};

use crate::humanize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Output {
    pub rows: Vec<S3Row>,
}

/// What was found or done. Which it is, is said by what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum S3Row {
    /// Of `probe`: by whom the store was reached, and below which path something was left.
    Probed { by: String, reached: bool, removed: bool, left: Option<String> },
    /// Of `remove`: how many objects are gone.
    Removed { path: String, removed: u64 },
    /// Of `exists`.
    Exists { path: String, exists: bool, size: Option<u64> },
    /// Of `list`.
    Object { path: String, size: u64 },
}

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
