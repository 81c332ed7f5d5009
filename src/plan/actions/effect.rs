//! What repeating an action would do, as people write it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What repeating a statement would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It changes nothing. Sent with `readonly = 2`.
    Read,
    /// It ends in the same state.
    Idempotent,
    /// It must not be repeated.
    Once,
}

impl Effect {
    /// As it is written in a plan.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Once => "once",
        }
    }
}
