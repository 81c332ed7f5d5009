//! What `helm` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelmOutput {
    pub release: String,
    pub namespace: String,
    /// The one that was deployed.
    pub revision: u64,
    /// `deployed`; `superseded` where another one has followed by now.
    pub status: String,
    /// As it was named, with its version.
    pub chart: String,
    /// The newest revision before; none where the release was installed.
    pub before: Option<ReleaseState>,
    /// The program's own version.
    pub helm: String,
    /// What it printed; empty where houseplan had ended before it did.
    pub stdout: String,
}

/// A revision of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseState {
    pub revision: u64,
    /// As Helm has it: `deployed`, `failed`, `pending-upgrade`.
    pub status: String,
}
