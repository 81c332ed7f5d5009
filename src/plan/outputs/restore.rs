//! What `restore` gives.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Of the step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RestoreOutput {
    /// What each task gave.
    pub restored: Vec<Value>,
}

/// Of one task: what one statement has brought back, or what it is about to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Restored {
    /// `None` where it is everything that is in a backup.
    pub database: Option<String>,
    /// `None` where it is a database or more.
    pub table: Option<String>,
    /// Those of the replica that it was sent to, right after.
    pub rows: Option<u64>,
    pub files: Option<u64>,
    pub bytes: Option<u64>,
    /// The id of the RESTORE.
    pub id: Option<String>,
    /// What differs from the backup and does no harm, in words.
    pub notes: Vec<String>,
    /// Why nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}
