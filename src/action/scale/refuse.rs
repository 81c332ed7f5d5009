//! What is not scaled: what somebody else would scale back, and what would lose its claims.

use serde_json::Value;

use super::plan::Goal;
use crate::{
    action::workload::{Found, text_at},
    failure::Refusal,
    plan::{actions::ScaleGoal, object::ObjectKind},
};

/// Labels and annotations by which tools know what they look after.
const ARGO: [&str; 2] = ["argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"];
const FLUX: [&str; 2] = ["kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"];

/// Which tool would undo what is done to a workload.
fn looked_after_by(object: &Value) -> Option<String> {
    let marks = ["/metadata/labels", "/metadata/annotations"];
    let mark = |name: &str| marks.iter().find_map(|at| object.pointer(at)?.get(name)?.as_str());
    let found = |tool: &str, names: [&str; 2]| {
        names.iter().find_map(|name| Some(format!("{tool} looks after it ({name}: {})", mark(name)?)))
    };
    found("Argo CD", ARGO).or_else(|| found("Flux", FLUX))
}

/// Whether a StatefulSet deletes the claims of pods that it ends.
fn deletes_claims(object: &Value) -> bool {
    text_at(object, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == Some("Delete")
}

/// Why nothing is scaled at all; `None` where nothing speaks against it.
pub(super) fn refusal(workloads: &[Found], goal: Goal, suspended: bool) -> Option<Refusal> {
    let line = |workload: &Found, what: String| vec![workload.reference.to_string(), what];
    let cared = workloads.iter().filter(|_| !suspended);
    let cared: Vec<_> = cared.filter_map(|it| Some(line(it, looked_after_by(&it.object)?))).collect();
    if !cared.is_empty() {
        return Some(refused(
            "nobody scales the workloads back",
            "no workload bears a label or an annotation of Argo CD or Flux, or `suspended: true`",
            cared,
            "Nothing was scaled. Suspend it there (Argo CD: take `automated` from the application's syncPolicy; Flux: `flux suspend`), and say so \
             in the step with `suspended: true`. Resume it there when the workloads run again.",
        ));
    }
    let Goal::Scale(ScaleGoal::Number(number)) = goal else { return None };
    let shrinks = |it: &&Found| it.reference.kind == ObjectKind::StatefulSet && it.replicas() > number;
    let lost = workloads.iter().filter(shrinks).filter(|it| deletes_claims(&it.object));
    let lost: Vec<_> = lost.map(|it| line(it, "deletes the claims of the pods that it ends".to_owned())).collect();
    (!lost.is_empty()).then(|| {
        refused(
            "no claim goes with its pod",
            "persistentVolumeClaimRetentionPolicy.whenScaled is Retain",
            lost,
            "Nothing was scaled. With their claims the pods' data would go: set `whenScaled: Retain` in the StatefulSet first.",
        )
    })
}

fn refused(check: &str, expected: &str, found: Vec<Vec<String>>, otherwise: &str) -> Refusal {
    Refusal {
        check: check.to_owned(),
        phase: "precondition".to_owned(),
        expected: expected.to_owned(),
        found: Refusal::shorten(found),
        otherwise: Some(otherwise.to_owned()),
        waited: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connect::kubernetes::Resource;

    fn found(reference: &str, object: Value) -> Found {
        Found { reference: reference.parse().unwrap(), resource: Resource::DEPLOYMENT, object }
    }

    #[test]
    fn what_a_tool_would_scale_back_is_refused_unless_that_is_suspended() {
        let argo = json!({ "metadata": { "annotations": { ARGO[0]: "langsmith:apps/Deployment:n/a" } } });
        let flux = json!({ "metadata": { "labels": { FLUX[1]: "langsmith" } } });
        let plain = json!({ "metadata": { "labels": { "app.kubernetes.io/instance": "langsmith" } } });
        let to = Goal::Scale(ScaleGoal::Number(0));
        for (object, tool) in [(argo, "Argo CD"), (flux, "Flux")] {
            let all = [found("n/deployment/a", object), found("n/deployment/b", plain.clone())];
            let refusal = refusal(&all, to, false).unwrap();
            assert_eq!(refusal.found.len(), 1);
            assert!(refusal.found[0][1].starts_with(tool), "{refusal:?}");
        }
        let argo = json!({ "metadata": { "annotations": { ARGO[0]: "x" } } });
        assert_eq!(refusal(&[found("n/deployment/a", argo)], to, true), None);
        assert_eq!(refusal(&[found("n/deployment/a", plain)], to, false), None);
    }

    #[test]
    fn a_statefulset_that_would_lose_its_claims_is_refused() {
        let object = |policy: &str| json!({ "spec": { "replicas": 1, "persistentVolumeClaimRetentionPolicy": { "whenScaled": policy } } });
        let case = |policy: &str, number: u64| {
            let all = [found("n/statefulset/a", object(policy))];
            refusal(&all, Goal::Scale(ScaleGoal::Number(number)), false).is_some()
        };
        assert!(case("Delete", 0));
        assert!(!case("Retain", 0) && !case("Delete", 1));
    }
}
