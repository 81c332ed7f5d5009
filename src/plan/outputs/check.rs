//! What `check` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutput {
    /// The names of the checks that hold: all of them.
    pub held: Vec<String>,
}
