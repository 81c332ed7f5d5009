//! A command in a container, over a websocket of the API server.
//!
//! What it is honest about: on protocol v4 the end of standard input closes the whole websocket, and what the command still had to say
//! is lost, so [`Process::stdin`] is never closed, and who reads it in the container has to know how long it is. A link that breaks ends
//! neither stream, and a link that stalls tells nothing at all: [`Process::link`] knows of the first, for the second the caller
//! needs a deadline of its own. A command goes on in its container when its link has gone.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::api::{Api, AttachParams, AttachedProcess};
use serde_json::Value;
use tokio::{
    io::{ReadHalf, SimplexStream, WriteHalf},
    task::JoinHandle,
    time::timeout,
};

use super::{Kubernetes, KubernetesError, PodContainer};

/// How long the API server may take to start a command.
const PATIENCE: Duration = Duration::from_secs(15);
/// What is kept of each stream until somebody takes it.
const BUFFER: usize = 64 << 10;

/// A command that was started in a container. Both of its streams have to be read to their ends, at the same time: one that is full
/// holds up the other, and the end.
pub struct Process {
    /// Never to be shut down: see above.
    pub stdin: WriteHalf<SimplexStream>,
    pub stdout: ReadHalf<SimplexStream>,
    pub stderr: ReadHalf<SimplexStream>,
    pub link: Link,
}

/// The link to a command. It ends, as a future, when the command has ended or the link is lost; the streams end in the first case only.
/// Dropped, the link is cut: the command reads the end of its input then, and goes on.
pub struct Link(JoinHandle<Ended>);

/// How a command in a container has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With this code; 137 also where its pod was deleted.
    Code(i32),
    /// The container has no such program, or it cannot be started: nothing has run.
    NotStarted(String),
    /// It is unknown: the link was lost, and the command may still run.
    Unknown(String),
}

impl Kubernetes {
    /// Starts a command. Its arguments are seen by everyone in the container, and API servers write them into their audit logs: no
    /// secret may be in them.
    pub async fn exec(&self, at: &PodContainer, command: &[String]) -> Result<Process, KubernetesError> {
        let mut params = AttachParams::default()
            .stdin(true)
            .max_stdin_buf_size(BUFFER)
            .max_stdout_buf_size(BUFFER)
            .max_stderr_buf_size(BUFFER);
        params.container = at.container.clone();
        let pods: Api<Pod> = Api::namespaced(self.client().await?, &at.namespace);
        let mut attached = match timeout(PATIENCE, pods.exec(&at.pod, command, &params)).await {
            Ok(Ok(attached)) => attached,
            Ok(Err(error)) => {
                let failed = self.failed("create", "pods/exec", &at.namespace, error);
                return Err(self.with_containers(failed, at).await);
            }
            Err(_) => return Err(self.no_answer()),
        };
        // The status is taken before anything else: without it, every end would look like a success.
        let taken = (attached.take_status(), attached.stdin(), attached.stdout(), attached.stderr());
        let (Some(status), Some(stdin), Some(stdout), Some(stderr)) = taken else {
            return Err(self.none("a stream that was opened is not there".to_owned()));
        };
        let link = Link(tokio::spawn(follow(attached, status)));
        Ok(Process { stdin, stdout, stderr, link })
    }

    /// An API server says that there is no such container, and not which there are.
    async fn with_containers(&self, error: KubernetesError, at: &PodContainer) -> KubernetesError {
        let KubernetesError::Refused { target, code: code @ 400, name, reason } = error else { return error };
        let pod = self.get(super::Resource::POD, &at.namespace, &at.pod).await.ok().flatten();
        let containers = pod.as_ref().map(containers).unwrap_or_default();
        match &at.container {
            Some(container) if !containers.is_empty() && !containers.contains(&container.as_str()) => {
                let (pod, namespace, there) = (&at.pod, &at.namespace, containers.join("`, `"));
                self.none(format!(
                    "the pod `{pod}` in the namespace `{namespace}` has no container `{container}`; it has `{there}`"
                ))
            }
            _ => KubernetesError::Refused { target, code, name, reason },
        }
    }
}

/// The names of a pod's containers, without those that only prepare it.
fn containers(pod: &Value) -> Vec<&str> {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().filter_map(|container| container.get("name")?.as_str()).collect()
}

/// Keeps the link until the command has ended, or the link itself.
async fn follow(attached: AttachedProcess, status: impl Future<Output = Option<Status>>) -> Ended {
    let status = status.await;
    // What is left to do then is to end the streams.
    let joined = attached.join().await;
    match (status, joined) {
        (Some(status), _) => ended_by(&status),
        // No status is no success: only the end of the link is known, and perhaps its cause.
        (None, Ok(())) => Ended::Unknown("the link was closed before the command's end was known".to_owned()),
        (None, Err(error)) => Ended::Unknown(format!("the link was lost: {error}")),
    }
}

/// What the last word about a command means. Its own message is never shown: before protocol v5 the whole command line is in it.
fn ended_by(status: &Status) -> Ended {
    if status.status.as_deref() == Some("Success") {
        return Ended::Code(0);
    }
    let causes = status.details.iter().flat_map(|details| details.causes.iter().flatten());
    let code = causes.filter(|cause| cause.reason.as_deref() == Some("ExitCode")).find_map(|cause| {
        let code: i32 = cause.message.as_deref()?.parse().ok()?;
        Some(code)
    });
    let said = status.message.as_deref().unwrap_or_default();
    match (code, status.reason.as_deref()) {
        (Some(code), _) => Ended::Code(code),
        (None, Some("InternalError")) if is_no_program(said) => {
            Ended::NotStarted("the container has no such program, or it cannot be started there".to_owned())
        }
        (None, reason) => {
            Ended::Unknown(format!("Kubernetes says {} of it", reason.unwrap_or("no more than `Failure`")))
        }
    }
}

/// What the runtimes of containers say before anything of a command has run.
fn is_no_program(said: &str) -> bool {
    ["executable file not found", "no such file or directory", "permission denied", "exec format error"]
        .iter()
        .any(|sign| said.to_ascii_lowercase().contains(sign))
}

impl Future for Link {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        Pin::new(&mut self.0).poll(context).map(|ended| ended.unwrap_or_else(|error| Ended::Unknown(error.to_string())))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(status: Value, ended: Ended) {
        let status: Status = serde_json::from_str(&status.to_string()).expect("a status");
        assert_eq!(ended_by(&status), ended);
    }

    #[test]
    fn only_success_and_a_code_are_an_end() {
        case(json!({ "status": "Success" }), Ended::Code(0));
        let failed = json!({ "status": "Failure", "reason": "NonZeroExitCode", "message": "error executing command [sh -c secret]",
            "details": { "causes": [{ "reason": "ExitCode", "message": "3" }] } });
        case(failed, Ended::Code(3));
        let unclear =
            json!({ "status": "Failure", "reason": "InternalError", "message": "error dialing backend: secret" });
        case(unclear, Ended::Unknown("Kubernetes says InternalError of it".to_owned()));
        case(json!({}), Ended::Unknown("Kubernetes says no more than `Failure` of it".to_owned()));
    }

    #[test]
    fn what_has_no_program_was_not_started_and_its_command_line_is_not_told() {
        let status = json!({ "status": "Failure", "reason": "InternalError", "message": "OCI runtime exec failed: exec failed: \
            exec: \"secret\": executable file not found in $PATH" });
        let status: Status = serde_json::from_str(&status.to_string()).expect("a status");
        let Ended::NotStarted(reason) = ended_by(&status) else { panic!("{status:?}") };
        assert!(!reason.contains("secret"), "{reason}");
    }

    #[test]
    fn a_pod_lists_its_containers() {
        let pod = json!({ "spec": { "initContainers": [{ "name": "prepare" }], "containers": [{ "name": "a" }, { "name": "b" }] } });
        assert_eq!(containers(&pod), ["a", "b"]);
    }
}
