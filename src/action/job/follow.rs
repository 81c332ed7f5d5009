//! A Job that was made, followed to its end by its uid: another one of its name is not it.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::sleep;

use super::pod_logs::{PodLogs, Show};
use crate::{
    action::{
        exec::Redact,
        kubernetes::{
            helm_program::last_lines,
            job_pods::{self, FailedContainer, JobEnd, end_of, first_failed, waits_for},
        },
    },
    connect::kubernetes::{Kubernetes, KubernetesError, Resource, name_of},
    engine::performer::{Progress, TaskContext},
};

const LOOK: Duration = Duration::from_millis(500);
/// How long the API server may give no answer before the Job is no longer followed; it goes on by itself.
const SILENCE: u32 = 20;

/// A Job of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OurJob {
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// With the last lines of its last pod.
    Complete(String),
    /// With the reason that Kubernetes gives, and the first failed pod with its last lines.
    Failed {
        reason: String,
        first: Option<(String, String)>,
    },
    /// No Job of this uid is there any more.
    Vanished,
    Interrupted,
    /// The API server does not answer.
    Lost(KubernetesError),
}

impl OurJob {
    /// The Job in an answer of the API server.
    pub(super) fn of(job: &Value, namespace: &str) -> Self {
        let uid = job.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        Self { namespace: namespace.to_owned(), name: name_of(job).to_owned(), uid: uid.to_owned() }
    }

    /// The Job as it is now; `None` where it is gone, or another one bears its name.
    async fn now(&self, kubernetes: &Kubernetes) -> Result<Option<Value>, KubernetesError> {
        let found = kubernetes.get(Resource::JOB, &self.namespace, &self.name).await?;
        Ok(found.filter(|job| Self::of(job, &self.namespace).uid == self.uid))
    }

    /// Follows it to its end.
    pub(super) async fn follow(&self, kubernetes: &Arc<Kubernetes>, redact: &Redact, context: &TaskContext) -> Outcome {
        let progress = Arc::clone(&context.progress);
        let show: Show = Arc::new(move |line: &str| {
            progress(Progress { line: Some(line.to_owned()), ..Progress::default() });
        });
        let mut logs = PodLogs::new(Arc::clone(kubernetes), &self.namespace, redact.clone(), show);
        let (mut silent, mut pods) = (0, Vec::new());
        loop {
            match self.look(kubernetes, &mut pods).await {
                Ok(None) => return Outcome::Vanished,
                Ok(Some(job)) => {
                    silent = 0;
                    logs.follow(&pods);
                    (context.progress)(Progress { doing: doing(&pods), ..Progress::default() });
                    if let Some(end) = end_of(&job) {
                        logs.end().await;
                        return self.ended(end, kubernetes, redact, &pods, &logs).await;
                    }
                }
                // It goes on by itself: only what we see of it is missing.
                Err(error) if silent >= SILENCE || !is_no_answer(&error) => return Outcome::Lost(error),
                Err(_) => silent += 1,
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = context.interrupted.cancelled() => return Outcome::Interrupted,
            }
        }
    }

    /// The Job, then its pods: of one that is over all pods are seen. One that is gone stays as it was seen last.
    async fn look(&self, kubernetes: &Kubernetes, pods: &mut Vec<Value>) -> Result<Option<Value>, KubernetesError> {
        let job = self.now(kubernetes).await?;
        if job.is_some() {
            for pod in job_pods::of_uid(kubernetes, &self.namespace, &self.uid).await? {
                match pods.iter_mut().find(|seen| name_of(seen) == name_of(&pod)) {
                    Some(seen) => *seen = pod,
                    None => pods.push(pod),
                }
            }
        }
        Ok(job)
    }

    async fn ended(
        &self,
        end: JobEnd,
        kubernetes: &Kubernetes,
        redact: &Redact,
        pods: &[Value],
        logs: &PodLogs,
    ) -> Outcome {
        let words = async |of: &FailedContainer| {
            // What was followed is whole unless the link broke; a pod that is gone has left nothing else.
            let followed = logs.of(&of.pod, &of.container).filter(|_| !of.previous);
            match followed {
                Some(text) => last_lines(&text, redact),
                None => job_pods::last_words(kubernetes, &self.namespace, of, redact).await,
            }
        };
        match end {
            JobEnd::Complete => {
                let log = match pods.iter().rev().find_map(succeeded) {
                    Some(last) => words(&last).await.unwrap_or_default(),
                    None => String::new(),
                };
                Outcome::Complete(log)
            }
            JobEnd::Failed(reason) => {
                let first = match first_failed(pods) {
                    Some(failed) => words(&failed).await.map(|last| (failed.pod, last)),
                    None => None,
                };
                Outcome::Failed { reason, first }
            }
        }
    }
}

/// The last container of a pod that has succeeded.
fn succeeded(pod: &Value) -> Option<FailedContainer> {
    let has = pod.pointer("/status/phase").and_then(Value::as_str) == Some("Succeeded");
    let container =
        pod.pointer("/spec/containers").and_then(Value::as_array).and_then(|it| it.last()?.get("name")?.as_str());
    let container = container.filter(|_| has)?.to_owned();
    Some(FailedContainer { pod: name_of(pod).to_owned(), container, previous: false })
}

/// What the newest pod does.
fn doing(pods: &[Value]) -> Option<String> {
    let Some(pod) = pods.last() else { return Some("waiting for its pod".to_owned()) };
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or("Pending");
    let waits = waits_for(pod).map(|why| format!(": {why}")).unwrap_or_default();
    Some(format!("pod {} is {phase}{waits}", name_of(pod)))
}

fn is_no_answer(error: &KubernetesError) -> bool {
    matches!(error, KubernetesError::Unreachable { .. } | KubernetesError::Lost { .. })
}
