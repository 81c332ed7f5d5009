//! What `retain` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetainOutput {
    pub volumes: Vec<RetainedVolume>,
    pub objects: Vec<KeptObject>,
}

/// A volume, with all that it takes to find it again when its claim is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetainedVolume {
    pub namespace: String,
    pub claim: String,
    pub claim_uid: String,
    /// The PersistentVolume.
    pub volume: String,
    /// What its driver calls it; `None` for a kind of volume that has no such name.
    pub handle: Option<String>,
    /// Its reclaim policy before houseplan changed it.
    pub before: String,
    /// Its reclaim policy now.
    pub policy: String,
}

/// An object that Helm keeps, or no longer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptObject {
    /// With its namespace, as in `langsmith/secret/langsmith-clickhouse`.
    pub object: String,
    /// `None` where it is gone, which is found when it is undone.
    pub uid: Option<String>,
    /// Whether Helm keeps it now.
    pub kept: bool,
}
