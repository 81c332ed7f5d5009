//! Finds what is given a Secret. Changes nothing.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::rows::{Known, absent, rows};

use crate::{
    action::workload::failed,
    catalogue,
    connect::kubernetes::Kubernetes,
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::{Failure, Refusal},
    plan::{object::ObjectRef, outputs::WritersOutput},
};

/// Finds every workload that is given a Secret.
pub(super) struct WritersTask {
    pub(super) kubernetes: Arc<Kubernetes>,
    pub(super) secret: String,
    /// The Secret's; `None` for the target's own.
    pub(super) namespace: Option<String>,
    /// `None` for all that may be read.
    pub(super) namespaces: Option<Vec<String>>,
    pub(super) named: Vec<ObjectRef>,
    pub(super) ignored: Vec<ObjectRef>,
}

impl WritersTask {
    pub(super) async fn find(&self) -> Result<WritersOutput, Failure> {
        let own = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.kubernetes.namespace().await.map_err(|error| failed(&error))?,
        };
        let within = |all: &[ObjectRef]| all.iter().map(|it| it.clone().within(&own)).collect();
        let known = Known { named: within(&self.named), ignored: within(&self.ignored) };
        let gathered = self.gather(&own).await?;
        let rows = rows(&gathered, &self.secret, &known);
        let absent = absent(&rows, &known);
        Ok(WritersOutput { rows, absent, unread: gathered.unread })
    }
}

/// What it says no to as a step of its own.
fn refusal(output: &WritersOutput, secret: &str) -> Option<Refusal> {
    let unknown: Vec<Vec<String>> = output.rows.iter().filter(|row| !row.known).map(|row| row.cells()).collect();
    let (found, otherwise) = match (output.rows.is_empty(), unknown.is_empty()) {
        (true, _) => (
            Vec::new(),
            format!(
                "Nothing is given the Secret {secret}: check its name and its namespace, and what could not be read."
            ),
        ),
        (false, true) => return None,
        (false, false) => (
            unknown,
            "It may write. Name it in `named`, and stop it with the others; or in `ignore`, if it cannot write."
                .to_owned(),
        ),
    };
    Some(Refusal {
        check: format!("every workload that is given the Secret {secret} is known"),
        phase: "check".to_owned(),
        expected: "row.known".to_owned(),
        found: Refusal::shorten(found),
        otherwise: Some(otherwise),
        waited: None,
    })
}

#[async_trait]
impl TaskRun for WritersTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let found = tokio::select! {
            found = self.find() => found,
            () = task_context.interrupted.cancelled() => {
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Kubernetes)));
            }
        };
        match found {
            Err(failure) => Answer::Failed(failure),
            Ok(output) => match refusal(&output, &self.secret) {
                Some(refusal) => Answer::Stopped(refusal),
                None => Answer::Acted(json!(output)),
            },
        }
    }

    /// It only reads: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
