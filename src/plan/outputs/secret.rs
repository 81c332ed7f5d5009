//! What `secret` gives: no value, and nothing that is made of one.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretOutput {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// The names of its values.
    pub keys: Vec<String>,
    pub done: SecretDone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretDone {
    Made,
    /// It was there with this content.
    Unchanged,
    Replaced,
}
