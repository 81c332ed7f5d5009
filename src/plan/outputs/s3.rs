//! What `s3` gives.

use serde::{Deserialize, Serialize};

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
