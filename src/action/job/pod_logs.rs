//! What the pods of a Job print, followed from before they start.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    action::exec::{
        Redact,
        printed::{Tail, read_lines},
    },
    connect::kubernetes::{Kubernetes, name_of},
};

/// How much of each pod's log is kept.
const KEPT: usize = 64 << 10;
/// How long to wait before a log that is not there yet is asked for again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the last lines are read after the Job's end.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// Takes a line that a pod has printed.
pub(super) type Show = Arc<dyn Fn(&str) + Send + Sync>;

/// The logs of a Job's pods, one task a container.
pub(super) struct PodLogs {
    kubernetes: Arc<Kubernetes>,
    namespace: String,
    redact: Redact,
    show: Show,
    /// By pod and container.
    kept: HashMap<(String, String), Tail>,
    following: JoinSet<()>,
}

impl PodLogs {
    pub(super) fn new(kubernetes: Arc<Kubernetes>, namespace: &str, redact: Redact, show: Show) -> Self {
        let namespace = namespace.to_owned();
        Self { kubernetes, namespace, redact, show, kept: HashMap::new(), following: JoinSet::new() }
    }

    /// Follows what containers of these pods are not followed yet.
    pub(super) fn follow(&mut self, pods: &[Value]) {
        for pod in pods {
            let all = ["/spec/initContainers", "/spec/containers"];
            let containers = all.iter().filter_map(|it| pod.pointer(it)?.as_array()).flatten();
            for container in containers.filter_map(|it| it.get("name")?.as_str()) {
                let key = (name_of(pod).to_owned(), container.to_owned());
                if !self.kept.contains_key(&key) {
                    let tail = Tail::new(KEPT);
                    self.kept.insert(key.clone(), tail.clone());
                    self.start(key, tail);
                }
            }
        }
    }

    fn start(&mut self, (pod, container): (String, String), tail: Tail) {
        let (kubernetes, namespace) = (Arc::clone(&self.kubernetes), self.namespace.clone());
        let (redact, show) = (self.redact.clone(), Arc::clone(&self.show));
        self.following.spawn(async move {
            // Before the container has started, the API server refuses.
            let log = loop {
                match kubernetes.follow_log(&namespace, &pod, &container).await {
                    Ok(log) => break log,
                    Err(_) => sleep(AGAIN).await,
                }
            };
            read_lines(log, tail, redact, move |line| show(line)).await;
        });
    }

    /// The rest of what they print, once the Job is over: a container that never started has nothing more to say.
    pub(super) async fn end(&mut self) {
        let rest = async { while self.following.join_next().await.is_some() {} };
        let _ = timeout(AFTERWARDS, rest).await;
        self.following.abort_all();
    }

    /// What a container has printed, as far as it was followed.
    pub(super) fn of(&self, pod: &str, container: &str) -> Option<String> {
        let text = self.kept.get(&(pod.to_owned(), container.to_owned()))?.text();
        (!text.trim().is_empty()).then_some(text)
    }
}
