//! The Jobs that a release's hooks are: whether one is still at work, and why one has failed.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;

use crate::{
    action::kubernetes::{helm_program::HelmProgram, job_pods},
    catalogue,
    connect::kubernetes::{KubernetesError, Resource},
    diagnose::{Activity, Context, diagnose_kubernetes},
    engine::performer::{Progress, TaskContext},
    failure::Failure,
};

/// How long a hook of an earlier upgrade is waited for.
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_secs(1);

/// What came of waiting.
pub(super) enum Drained {
    /// No hook's Job is at work, and none has a pod.
    Quiet,
    Interrupted,
    AtWork(Box<Failure>),
}

/// Waits until nothing of the hooks of the newest revision is at work: beside them, those of the next one would start.
pub(super) async fn drained(helm: &HelmProgram, release: &str, task_context: &TaskContext) -> Result<Drained, Failure> {
    let jobs = helm.hook_jobs(release).await?;
    let begun = Instant::now();
    for job in jobs {
        while let Some(left) = at_work(helm, &job).await? {
            if task_context.interrupted.is_cancelled() {
                return Ok(Drained::Interrupted);
            }
            if begun.elapsed() > PATIENCE {
                let still = catalogue::helm::HOOK_AT_WORK.with("which", format!(": {left}"));
                let still = still.with("namespace", &helm.namespace).with("job", &job);
                return Ok(Drained::AtWork(Box::new(still.failure_in(&context()))));
            }
            (task_context.progress)(Progress {
                doing: Some(format!("waiting for a hook of an earlier upgrade ({left})")),
                ..Progress::default()
            });
            sleep(LOOK).await;
        }
    }
    Ok(Drained::Quiet)
}

async fn at_work(helm: &HelmProgram, job: &str) -> Result<Option<String>, Failure> {
    job_pods::at_work(&helm.kubernetes, &helm.namespace, job).await.map_err(|error| way(&error))
}

/// What the first failed pod of a hook has printed, with its name: helm itself says no more than that the Job failed. `None` where no
/// hook of that revision has failed, or nothing of it is left to read.
pub(super) async fn first_words(helm: &HelmProgram, release: &str, revision: u64) -> Option<(String, String)> {
    let stored = helm.stored(release, revision).await.ok()?;
    let since = stored.as_ref().and_then(made);
    for job in helm.hook_jobs(release).await.ok()? {
        if let Ok(Some(found)) = of_job(helm, &job, since).await {
            return Some(found);
        }
    }
    None
}

/// When an object was made: the API server writes all times alike.
fn made(object: &Value) -> Option<&str> {
    object.pointer("/metadata/creationTimestamp")?.as_str()
}

async fn of_job(
    helm: &HelmProgram,
    job: &str,
    since: Option<&str>,
) -> Result<Option<(String, String)>, KubernetesError> {
    let HelmProgram { kubernetes, namespace, .. } = helm;
    let Some(found) = kubernetes.get(Resource::JOB, namespace, job).await? else { return Ok(None) };
    // One that an earlier upgrade has left behind tells nothing of this one.
    if !matches!(job_pods::end_of(&found), Some(job_pods::JobEnd::Failed(_))) || made(&found) < since {
        return Ok(None);
    }
    let uid = found.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    let pods = job_pods::of_uid(kubernetes, namespace, uid).await?;
    let Some(failed) = job_pods::first_failed(&pods) else { return Ok(None) };
    let last = job_pods::last_words(kubernetes, namespace, &failed, &helm.redact).await;
    Ok(last.map(|last| (failed.pod, last)))
}

pub(super) fn way(error: &KubernetesError) -> Failure {
    diagnose_kubernetes(error, &context())
}

pub(super) fn context() -> Context {
    Context::new(Activity::Kubernetes)
}
