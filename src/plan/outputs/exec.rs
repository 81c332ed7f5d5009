//! What `exec` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOutput {
    /// What it printed to its standard output.
    pub stdout: String,
    /// The number that it ended with.
    pub code: i32,
}
