//! What `scale` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaleOutput {
    pub scaled: Vec<ScaledWorkload>,
}

/// A workload, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaledWorkload {
    /// With its namespace, as in `langsmith/deployment/langsmith-queue`.
    pub workload: String,
    pub uid: String,
    /// How many pods it was to have before houseplan scaled it.
    pub before: u64,
    /// How many it is to have now.
    pub now: u64,
    /// What scales it by itself, as in `HorizontalPodAutoscaler queue, 1 to 3`.
    pub autoscaler: Option<String>,
    /// Whose `.spec.replicas` was before; nobody's where it is empty.
    #[serde(default)]
    pub owners: Vec<FieldOwner>,
    /// Whether houseplan holds it.
    pub held: bool,
}

/// Who has set a field of an object, as the API server calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOwner {
    /// As in `helm`, `kubectl`.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
}
