//! The action `approve`: shows something to a person and waits for their word.
//!
//! The approval is bound to what was shown, by its digest: whoever approves says yes to that and to nothing else. Nothing is
//! sent anywhere, so there is never a doubt to settle.

use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::engine::{
    event::Verdict,
    performer::{Answer, Settlement, Site, TaskRun},
};

/// What a person has to approve.
pub struct ApproveTask {
    pub shown: Value,
    pub message: Option<String>,
}

#[async_trait]
impl TaskRun for ApproveTask {
    async fn perform(self: Box<Self>, _: Site) -> Answer {
        let shown = json!({ "message": self.message, "show": self.shown });
        let hash = Sha256::digest(shown.to_string());
        let digest = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Answer::AwaitApproval { shown, digest }
    }

    async fn settle(self: Box<Self>, _: Site, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
