//! What `job` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOutput {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    /// The last lines of the pod that succeeded.
    pub log: String,
    /// Whether the Job was deleted afterwards.
    pub deleted: bool,
}
