//! What `writers` gives.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritersOutput {
    pub rows: Vec<WriterRow>,
    /// What the plan names and was not found among those that are given the Secret.
    pub absent: Vec<String>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// A workload that is given the Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriterRow {
    pub namespace: String,
    /// As in `deployment`; of a kind that only its pods tell, as these have it.
    pub kind: String,
    pub name: String,
    /// How many pods it is to have; `None` for a kind that has no such number.
    pub replicas: Option<u64>,
    /// How many of its pods run, or are about to.
    pub pods: u64,
    /// What scales it by itself.
    pub autoscaler: Option<String>,
    /// What names the Secret, as in `env CLICKHOUSE_PASSWORD`.
    pub through: String,
    /// Whether the plan names it, it is ignored, or it has finished for good.
    pub known: bool,
    pub ignored: bool,
    /// A Job that has ended.
    pub finished: bool,
}
