//! What `keeper` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperOutput {
    pub rows: Vec<KeeperRow>,
}

/// What was found or done at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeeperRow {
    /// Of `remove`: how it went, as in `by the servers`.
    Removed { path: String, removed: String },
    /// Of `exists`.
    Exists { path: String, exists: bool, children: Vec<String> },
}
