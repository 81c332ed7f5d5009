//! The pods of a workload: those that run, with why they are not ready.
//!
//! A number of replicas is what is wanted. What runs are pods: one that is being deleted writes until it has ended, and one whose
//! ReplicaSet is gone already as well.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Found,
    object::{controller, failed, text_at},
};
use crate::{
    connect::kubernetes::{Kubernetes, Resource, name_of},
    failure::Failure,
    plan::object::ObjectKind,
};

/// A pod that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::action) struct Pod {
    pub(in crate::action) name: String,
    pub(in crate::action) is_ready: bool,
    /// Why it is not ready, as Kubernetes has it: `ImagePullBackOff`, `terminating`.
    pub(in crate::action) why: String,
}

/// The pods of a workload that have not ended.
pub(in crate::action) async fn pods_of(kubernetes: &Kubernetes, workload: &Found) -> Result<Vec<Pod>, Failure> {
    let labels = selector(&workload.object);
    let list = async |resource| {
        kubernetes.list(resource, Some(workload.namespace()), &labels).await.map_err(|error| failed(&error))
    };
    let sets = match workload.reference.kind {
        ObjectKind::Deployment | ObjectKind::Rollout => list(Resource::REPLICA_SET).await?,
        _ => Vec::new(),
    };
    Ok(pods_of_list(&workload.object, &sets, &list(Resource::POD).await?))
}

/// Those of `pods`, which have the workload's labels, that are its own: all but those of another controller that is there.
/// `sets` are the ReplicaSets with its labels.
pub(in crate::action) fn pods_of_list(workload: &Value, sets: &[Value], pods: &[Value]) -> Vec<Pod> {
    let uid = text_at(workload, "/metadata/uid").unwrap_or_default();
    let is_of = |object: &Value| controller(object).is_some_and(|(.., owner)| owner == uid);
    let others: HashSet<&str> =
        sets.iter().filter(|set| !is_of(set)).filter_map(|set| text_at(set, "/metadata/uid")).collect();
    let is_ours = |pod: &&Value| match controller(pod) {
        None => true,
        // One that is gone has left it behind.
        Some(("ReplicaSet", _, owner)) => !others.contains(owner),
        Some((kind, name, owner)) => {
            owner == uid || (Some(kind) == text_at(workload, "/kind") && name == name_of(workload))
        }
    };
    pods.iter().filter(is_ours).filter_map(running).collect()
}

/// A pod, unless it has ended.
fn running(pod: &Value) -> Option<Pod> {
    if matches!(text_at(pod, "/status/phase"), Some("Succeeded" | "Failed")) {
        return None;
    }
    let items = |pointer: &str| pod.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let terminating = pod.pointer("/metadata/deletionTimestamp").is_some();
    let ready = items("/status/conditions")
        .iter()
        .any(|it| text_at(it, "/type") == Some("Ready") && text_at(it, "/status") == Some("True"));
    let waits = items("/status/initContainerStatuses").iter().chain(items("/status/containerStatuses"));
    let waits = waits.filter_map(|it| text_at(it, "/state/waiting/reason")).next();
    let unscheduled = items("/status/conditions")
        .iter()
        .find(|it| text_at(it, "/type") == Some("PodScheduled") && text_at(it, "/status") == Some("False"))
        .and_then(|it| text_at(it, "/message"));
    let why = match terminating {
        true => "terminating",
        false => waits.or(unscheduled).or(text_at(pod, "/status/phase")).unwrap_or("not ready"),
    };
    Some(Pod { name: name_of(pod).to_owned(), is_ready: ready && !terminating, why: why.to_owned() })
}

/// `spec.selector` as a request has it.
fn selector(workload: &Value) -> String {
    let labels = workload.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let equal =
        labels.into_iter().flatten().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let terms = workload.pointer("/spec/selector/matchExpressions").and_then(Value::as_array);
    let terms = terms.into_iter().flatten().filter_map(|term| {
        let key = text_at(term, "/key")?;
        let values = term.get("values").and_then(Value::as_array);
        let values: Vec<&str> = values.into_iter().flatten().filter_map(Value::as_str).collect();
        match text_at(term, "/operator")? {
            "In" => Some(format!("{key} in ({})", values.join(","))),
            "NotIn" => Some(format!("{key} notin ({})", values.join(","))),
            "Exists" => Some(key.to_owned()),
            "DoesNotExist" => Some(format!("!{key}")),
            _ => None,
        }
    });
    let terms: Vec<String> = equal.chain(terms).collect();
    match terms.is_empty() {
        // A Rollout that takes its pods from elsewhere says it there.
        true => text_at(workload, "/status/selector").unwrap_or_default().to_owned(),
        false => terms.join(","),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, owner: Option<(&str, &str)>, phase: &str) -> Value {
        let owners = owner.map(|(kind, uid)| json!({ "kind": kind, "name": "o", "uid": uid, "controller": true }));
        json!({
            "metadata": { "name": name, "ownerReferences": owners.into_iter().collect::<Vec<_>>() },
            "status": { "phase": phase, "conditions": [{ "type": "Ready", "status": "True" }] },
        })
    }

    #[test]
    fn pods_are_found_by_their_owners_and_those_of_others_are_not() {
        let workload = json!({ "kind": "Deployment", "metadata": { "name": "api", "uid": "d" } });
        let set = |uid: &str, of: &str| {
            json!({
                "metadata": { "uid": uid, "ownerReferences": [{ "kind": "Deployment", "name": "x", "uid": of, "controller": true }] },
            })
        };
        let sets = [set("ours", "d"), set("theirs", "other")];
        let pods = [
            pod("a", Some(("ReplicaSet", "ours")), "Running"),
            pod("b", Some(("ReplicaSet", "theirs")), "Running"),
            pod("left-behind", Some(("ReplicaSet", "deleted")), "Running"),
            pod("bare", None, "Running"),
            pod("ended", Some(("ReplicaSet", "ours")), "Failed"),
            pod("job", Some(("Job", "j")), "Running"),
        ];
        let names: Vec<String> = pods_of_list(&workload, &sets, &pods).into_iter().map(|pod| pod.name).collect();
        assert_eq!(names, ["a", "left-behind", "bare"]);
    }

    #[test]
    fn why_a_pod_is_not_ready_is_told() {
        let mut waiting = pod("a", None, "Pending");
        waiting["status"]["conditions"] = json!([]);
        waiting["status"]["containerStatuses"] = json!([{ "state": { "waiting": { "reason": "ImagePullBackOff" } } }]);
        assert_eq!(running(&waiting).unwrap().why, "ImagePullBackOff");
        let mut ending = pod("b", None, "Running");
        ending["metadata"]["deletionTimestamp"] = json!("2026-11-26T00:00:00Z");
        let ending = running(&ending).unwrap();
        assert!(!ending.is_ready && ending.why == "terminating");
    }

    #[test]
    fn a_selector_is_sent_whole() {
        let workload = json!({ "spec": { "selector": {
            "matchLabels": { "app": "a" },
            "matchExpressions": [
                { "key": "tier", "operator": "In", "values": ["x", "y"] },
                { "key": "old", "operator": "DoesNotExist" },
            ],
        } } });
        assert_eq!(selector(&workload), "app=a,tier in (x,y),!old");
    }
}
