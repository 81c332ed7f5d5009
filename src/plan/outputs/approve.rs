//! What `approve` gives, and what it shows before.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who approved what. The engine makes it of the approval that it recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveOutput {
    pub by: String,
    /// Of what was shown.
    pub digest: String,
}

/// What a person is asked to approve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    pub shown: Value,
    /// What is asked, in the plan's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
