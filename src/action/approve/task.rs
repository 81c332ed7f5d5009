//! Waits until a person has approved what is shown. The approval is bound to a digest of it: what changes afterwards has to
//! be approved anew.

use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    plan::outputs::ApprovalRequest,
};

/// Shows something to a person. That it was approved, and by whom, the engine knows; then this does not run again.
pub struct ApproveTask {
    pub shown: Value,
    /// What is asked.
    pub message: Option<String>,
}

#[async_trait]
impl TaskRun for ApproveTask {
    async fn perform(self: Box<Self>, _: TaskContext) -> Answer {
        let shown = json!(ApprovalRequest { shown: self.shown, message: self.message });
        let digest = digest(&shown);
        Answer::AwaitApproval { shown, digest }
    }

    /// It changes nothing: it asks again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}

/// The SHA-256 of a value as canonical JSON: keys sorted, no spaces; in hexadecimal digits.
pub fn digest(value: &Value) -> String {
    let bytes = Sha256::digest(sorted(value).to_string());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_values_do() {
        let one = json!({ "a": [1, { "x": 1, "y": 2 }], "b": null });
        let same = json!({ "b": null, "a": [1, { "y": 2, "x": 1 }] });
        assert_eq!(digest(&one), digest(&same));
        assert_ne!(digest(&one), digest(&json!({ "a": [{ "x": 1, "y": 2 }, 1], "b": null })));
        assert_eq!(digest(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
