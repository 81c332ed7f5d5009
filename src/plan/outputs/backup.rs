//! What `backup` gives.

use serde::{Deserialize, Serialize};

use crate::name::Name;

/// Where a backup is, and under which id it was made. Known before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPlace {
    pub store: Name,
    pub path: String,
    pub url: String,
    pub id: String,
}

/// A backup that was made. Of one that a person has settled as done only the place is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupOutput {
    #[serde(flatten)]
    pub place: BackupPlace,
    pub num_files: Option<u64>,
    /// All sizes in bytes.
    pub total_size: Option<u64>,
    pub uncompressed_size: Option<u64>,
    pub compressed_size: Option<u64>,
    /// As the server writes them; `None` where it does not know them any more.
    pub start_time: Option<String>,
    pub end_time: Option<String>,
}
