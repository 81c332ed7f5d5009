//! Objects that Helm keeps.

use serde_json::{Value, json};

use crate::{
    action::workload::{Found, failed},
    connect::kubernetes::Kubernetes,
    failure::Failure,
    plan::outputs::KeptObject,
};

/// Helm's own: an object that bears it stays, though the chart no longer has it.
const POLICY: &str = "helm.sh/resource-policy";
const KEEP: &str = "keep";
/// That it was houseplan that wrote it; what stood there before, as JSON.
const BEFORE: &str = "houseplan/resource-policy";

/// Lets Helm keep the object; or no longer, where it was houseplan that let it.
pub(super) async fn set(kubernetes: &Kubernetes, found: &Found, undo: bool) -> Result<KeptObject, Failure> {
    if let Some(annotations) = annotations(found, undo) {
        let patch = json!({ "metadata": { "annotations": annotations } });
        let name = &found.reference.name;
        let merged = kubernetes.merge(found.resource, found.namespace(), name, None, &patch).await;
        merged.map_err(|error| failed(&error))?;
    }
    Ok(planned(found, undo))
}

/// What becomes of it.
pub(super) fn planned(found: &Found, undo: bool) -> KeptObject {
    let is_ours = found.annotation(BEFORE).is_some();
    let kept = !undo || (found.annotation(POLICY) == Some(KEEP) && !is_ours);
    KeptObject { object: found.reference.to_string(), uid: Some(found.uid().to_owned()), kept }
}

/// The annotations that are written; `None` where nothing is to be done.
fn annotations(found: &Found, undo: bool) -> Option<Value> {
    let kept = found.annotation(BEFORE);
    match (undo, kept) {
        (true, None) => None,
        (true, Some(before)) => {
            let before: Value = serde_json::from_str(before).unwrap_or_default();
            Some(json!({ POLICY: before, BEFORE: null }))
        }
        (false, _) if found.annotation(POLICY) == Some(KEEP) => None,
        (false, Some(_)) => Some(json!({ POLICY: KEEP })),
        (false, None) => Some(json!({ POLICY: KEEP, BEFORE: json!(found.annotation(POLICY)).to_string() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::kubernetes::Resource;

    fn found(annotations: Value) -> Found {
        Found {
            reference: "n/secret/s".parse().unwrap(),
            resource: Resource::SECRET,
            object: json!({ "metadata": { "uid": "u", "annotations": annotations } }),
        }
    }

    #[test]
    fn what_somebody_else_lets_helm_keep_is_never_taken_away() {
        let theirs = found(json!({ POLICY: KEEP }));
        assert_eq!(annotations(&theirs, false), None);
        assert_eq!(annotations(&theirs, true), None);
        assert!(planned(&theirs, true).kept);
    }

    #[test]
    fn what_houseplan_has_written_is_taken_away_again() {
        let plain = found(json!({}));
        let written = annotations(&plain, false).unwrap();
        let ours = found(written);
        assert_eq!(annotations(&ours, false), None);
        assert_eq!(annotations(&ours, true), Some(json!({ POLICY: null, BEFORE: null })));
        assert!(!planned(&ours, true).kept && planned(&ours, false).kept);
        assert_eq!(annotations(&plain, true), None);
    }
}
