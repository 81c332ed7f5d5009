//! The pods of a Job: which are left, which failed first, and what it printed.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::helm_program::last_lines;
use crate::{
    action::exec::Redact,
    connect::kubernetes::{Kubernetes, KubernetesError, Resource, name_of},
};

/// How often a log is asked for that there should be.
const TRIES: u32 = 4;
const AGAIN: Duration = Duration::from_millis(700);

/// The pods of the Job with this uid, the oldest first.
pub async fn of_uid(kubernetes: &Kubernetes, namespace: &str, uid: &str) -> Result<Vec<Value>, KubernetesError> {
    of(kubernetes, namespace, &format!("controller-uid={uid}")).await
}

/// Those of whatever Job has this name or had it: the pods of one that was deleted live on for a while.
pub async fn of_name(kubernetes: &Kubernetes, namespace: &str, job: &str) -> Result<Vec<Value>, KubernetesError> {
    of(kubernetes, namespace, &format!("job-name={job}")).await
}

async fn of(kubernetes: &Kubernetes, namespace: &str, labels: &str) -> Result<Vec<Value>, KubernetesError> {
    let mut pods = kubernetes.list(Resource::POD, Some(namespace), labels).await?;
    let made = |pod: &Value| pod.pointer("/metadata/creationTimestamp").and_then(Value::as_str).map(str::to_owned);
    pods.sort_by_key(|pod| (made(pod), name_of(pod).to_owned()));
    Ok(pods)
}

/// What keeps another pod of the same work from being started: the Job, where it is not over, and its pods that are not; `None` where
/// nothing does.
pub async fn at_work(kubernetes: &Kubernetes, namespace: &str, job: &str) -> Result<Option<String>, KubernetesError> {
    let pods = of_name(kubernetes, namespace, job).await?;
    if let Some(pod) = pods.iter().find(|pod| !is_over(pod)) {
        return Ok(Some(format!("pod {}", name_of(pod))));
    }
    let found = kubernetes.get(Resource::JOB, namespace, job).await?;
    Ok(found.filter(|job| end_of(job).is_none()).map(|_| format!("Job {job}")))
}

/// Whether nothing of the pod runs any more.
fn is_over(pod: &Value) -> bool {
    matches!(pod.pointer("/status/phase").and_then(Value::as_str), Some("Succeeded" | "Failed"))
}

/// How a Job has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    Complete,
    /// With the reason that Kubernetes gives.
    Failed(String),
}

/// How a Job has ended, if it has.
pub fn end_of(job: &Value) -> Option<JobEnd> {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array)?;
    let text = |condition: &Value, key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    conditions.iter().filter(|it| text(it, "status") == "True").find_map(|condition| {
        match text(condition, "type").as_str() {
            "Complete" => Some(JobEnd::Complete),
            "Failed" => Some(JobEnd::Failed(match (text(condition, "reason"), text(condition, "message")) {
                (reason, message) if message.is_empty() => reason,
                (reason, message) => format!("{reason}: {message}"),
            })),
            _ => None,
        }
    })
}

/// A container that has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedContainer {
    pub pod: String,
    pub container: String,
    /// It was started again since.
    pub previous: bool,
}

/// The first container, of the first pod, that has failed.
pub fn first_failed(pods: &[Value]) -> Option<FailedContainer> {
    pods.iter().find_map(|pod| {
        let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
        let all = statuses.iter().filter_map(|it| pod.pointer(it)?.as_array()).flatten();
        all.into_iter().find_map(|status| {
            let failed = |state: &str| {
                status
                    .pointer(&format!("/{state}/terminated/exitCode"))
                    .and_then(Value::as_i64)
                    .is_some_and(|it| it != 0)
            };
            let (now, before) = (failed("state"), failed("lastState"));
            (now || before).then(|| FailedContainer {
                pod: name_of(pod).to_owned(),
                container: status.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                previous: !now,
            })
        })
    })
}

/// The last words of a container. Asked for again where there is no answer: the kubelet may be busy, or have lost sight of the log for
/// a moment.
pub async fn last_words(
    kubernetes: &Kubernetes,
    namespace: &str,
    of: &FailedContainer,
    redact: &Redact,
) -> Option<String> {
    for _ in 0..TRIES {
        let read = kubernetes.log(namespace, &of.pod, &of.container, of.previous).await;
        if let Some(last) = read.ok().and_then(|text| last_lines(&text, redact)) {
            return Some(last);
        }
        sleep(AGAIN).await;
    }
    None
}

/// Why a pod does not start, as the kubelet says it; `None` where nothing keeps it back.
pub fn waits_for(pod: &Value) -> Option<String> {
    let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let waiting = statuses.iter().filter_map(|it| pod.pointer(it)?.as_array()).flatten().find_map(|status| {
        let reason = status.pointer("/state/waiting/reason")?.as_str()?;
        let message = status.pointer("/state/waiting/message").and_then(Value::as_str).unwrap_or_default();
        let usual = ["ContainerCreating", "PodInitializing"].contains(&reason);
        (!usual).then(|| format!("{reason} {message}").trim_end().to_owned())
    });
    let unscheduled = || {
        let conditions = pod.pointer("/status/conditions")?.as_array()?;
        let is_it = |it: &&Value| it["type"] == "PodScheduled" && it["status"] == "False";
        conditions.iter().find(is_it)?.get("message")?.as_str().map(str::to_owned)
    };
    waiting.or_else(unscheduled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_is_over_when_a_condition_says_so() {
        let job = |kind: &str, status: &str| json!({ "status": { "conditions": [{ "type": kind, "status": status, "reason": "R", "message": "m" }] } });
        assert_eq!(end_of(&job("Complete", "True")), Some(JobEnd::Complete));
        assert_eq!(end_of(&job("Failed", "True")), Some(JobEnd::Failed("R: m".to_owned())));
        // Newer servers say that it will fail before its pods are gone.
        assert_eq!(end_of(&job("FailureTarget", "True")), None);
        assert_eq!(end_of(&job("Failed", "False")), None);
        assert_eq!(end_of(&json!({ "status": { "failed": 3 } })), None);
    }

    #[test]
    fn the_first_container_that_failed_is_found_also_when_it_was_started_again() {
        let pod = |name: &str, state: Value, last: Value| {
            let status = json!({ "name": "main", "state": state, "lastState": last });
            json!({ "metadata": { "name": name }, "status": { "containerStatuses": [status] } })
        };
        let ended = |code: i64| json!({ "terminated": { "exitCode": code } });
        let found = first_failed(&[
            pod("a", ended(0), json!({})),
            pod("b", ended(1), json!({})),
            pod("c", ended(1), json!({})),
        ]);
        assert_eq!(found.map(|it| (it.pod, it.previous)), Some(("b".to_owned(), false)));
        let found = first_failed(&[pod("a", json!({ "running": {} }), ended(2))]);
        assert_eq!(found.map(|it| (it.pod, it.previous)), Some(("a".to_owned(), true)));
        assert_eq!(first_failed(&[pod("a", json!({ "running": {} }), json!({}))]), None);
    }

    #[test]
    fn what_keeps_a_pod_from_starting_is_told_and_its_start_is_not() {
        let pod = |reason: &str| {
            let state = json!({ "waiting": { "reason": reason, "message": "no such image" } });
            json!({ "status": { "containerStatuses": [{ "name": "a", "state": state }] } })
        };
        assert_eq!(waits_for(&pod("ErrImagePull")).as_deref(), Some("ErrImagePull no such image"));
        assert_eq!(waits_for(&pod("ContainerCreating")), None);
    }
}
