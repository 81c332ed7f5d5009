//! Until pods are gone, or ready.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::task::Planned;

use crate::{
    action::workload::{Found, Pod, owners_of_replicas, pods_of},
    catalogue,
    connect::kubernetes::Kubernetes,
    diagnose::{Activity, Context},
    engine::performer::{Progress, TaskContext},
    failure::Failure,
    humanize,
    plan::object::ObjectKind,
};

const PAUSE: Duration = Duration::from_secs(1);
/// So many pods are named.
const MOST_NAMED: usize = 5;

/// Waits for pods.
pub(super) struct Wait<'a> {
    pub(super) kubernetes: &'a Kubernetes,
    pub(super) task_context: &'a TaskContext,
    pub(super) within: Duration,
}

/// How a workload stands.
struct State {
    /// Pods that hold it up: those that are still there, or not ready.
    left: Vec<Pod>,
    /// How many pods are as they should be, and how many should.
    done: u64,
    total: u64,
    is_done: bool,
}

impl Wait<'_> {
    /// Until it is so of all of them.
    pub(super) async fn all(&self, planned: &[Planned]) -> Result<(), Failure> {
        let deadline = Instant::now() + self.within;
        let mut waiting: Vec<&Planned> = planned.iter().collect();
        loop {
            let mut states = Vec::new();
            for planned in waiting {
                let state = self.look(planned).await?;
                if !state.is_done {
                    states.push((planned, state));
                }
            }
            if states.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.too_long(&states));
            }
            self.tell(&states);
            sleep(PAUSE).await;
            waiting = states.into_iter().map(|(planned, _)| planned).collect();
        }
    }

    async fn look(&self, planned: &Planned) -> Result<State, Failure> {
        let now = planned.found.again(self.kubernetes).await?;
        let pods = pods_of(self.kubernetes, &now).await?;
        if (now.replicas() == 0) != (planned.wanted == 0) {
            return Err(scaled_again(&now, planned.wanted));
        }
        Ok(match planned.wanted {
            0 => gone(&now, pods),
            _ => ready(&now, pods),
        })
    }

    fn tell(&self, states: &[(&Planned, State)]) {
        let names: Vec<String> = states.iter().map(|(planned, _)| planned.found.reference.to_string()).collect();
        let up = states.iter().any(|(planned, _)| planned.wanted > 0);
        let what = if up { "ready" } else { "gone" };
        (self.task_context.progress)(Progress {
            doing: Some(format!("waiting until the pods of {} are {what}", humanize::first_of(&names, 2))),
            done: Some(states.iter().map(|(_, state)| state.done).sum()),
            total: Some(states.iter().map(|(_, state)| state.total).sum()),
            ..Progress::default()
        });
    }

    fn too_long(&self, states: &[(&Planned, State)]) -> Failure {
        let line = |(planned, state): &(&Planned, State)| {
            let pods: Vec<String> = state.left.iter().map(|pod| format!("{} ({})", pod.name, pod.why)).collect();
            let pods = match pods.is_empty() {
                true => "its controller has not acted yet".to_owned(),
                false => humanize::first_of(&pods, MOST_NAMED),
            };
            format!("{}: {pods}", planned.found.reference)
        };
        let lines: Vec<String> = states.iter().map(line).collect();
        let up = states.iter().any(|(planned, _)| planned.wanted > 0);
        let entry = if up { &catalogue::scale::NOT_READY } else { &catalogue::scale::PODS_REMAIN };
        let failure =
            entry.with("time", humanize::duration(self.within)).failure_in(&Context::new(Activity::Kubernetes));
        failure.with_cause(lines.join("\n"))
    }
}

/// Whether the controller has seen what is wanted. Argo writes the number as a text.
fn is_observed(object: &Value) -> bool {
    let generation = object.pointer("/metadata/generation").and_then(Value::as_u64).unwrap_or_default();
    let observed = object.pointer("/status/observedGeneration");
    let observed = observed.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
    observed.is_some_and(|observed| observed >= generation)
}

fn status(object: &Value, key: &str) -> u64 {
    object.pointer(&format!("/status/{key}")).and_then(Value::as_u64).unwrap_or_default()
}

fn gone(now: &Found, pods: Vec<Pod>) -> State {
    let is_done = pods.is_empty() && status(&now.object, "replicas") == 0 && is_observed(&now.object);
    State { done: 0, total: pods.len() as u64, left: pods, is_done }
}

/// As many as are wanted now: an autoscaler may have changed it meanwhile.
fn ready(now: &Found, pods: Vec<Pod>) -> State {
    let total = now.replicas();
    // A StatefulSet may be told to leave pods as they were made.
    let updated = match now.reference.kind {
        ObjectKind::StatefulSet => total,
        _ => status(&now.object, "updatedReplicas"),
    };
    let done = status(&now.object, "readyReplicas").min(updated);
    let left = pods.into_iter().filter(|pod| !pod.is_ready).collect();
    State { left, done, total, is_done: done >= total && is_observed(&now.object) }
}

fn scaled_again(now: &Found, wanted: u64) -> Failure {
    let who: Vec<String> = owners_of_replicas(&now.object).into_iter().map(|owner| owner.manager).collect();
    let who = if who.is_empty() { "somebody".to_owned() } else { humanize::list(&who) };
    let message =
        format!("{who} has scaled {} to {} while it was being scaled to {wanted}", now.reference, now.replicas());
    catalogue::scale::SCALED_AGAIN.failure_in(&Context::new(Activity::Kubernetes)).with_message(message)
}
