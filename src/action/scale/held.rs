//! What houseplan keeps with a workload that it has scaled, and with a ScaledObject that it has paused: what was before, so that it can
//! be given back by whoever comes next, in this run or another one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    action::workload::{Found, failed, we_own_replicas, without_our_replicas},
    connect::kubernetes::{Kubernetes, KubernetesError, Resource},
    failure::Failure,
    plan::outputs::FieldOwner,
};

/// The annotation of a workload.
pub(super) const SCALED: &str = "houseplan/scaled";
/// The annotation of a ScaledObject: what `PAUSED` was before, as JSON.
pub(super) const PAUSED_BEFORE: &str = "houseplan/paused-before";
/// KEDA's own: so many pods, whatever its triggers say.
const PAUSED: &str = "autoscaling.keda.sh/paused-replicas";
/// How often something is read and written anew that others change in between.
const TRIES: usize = 20;

/// What a workload was before houseplan scaled it, and what it has made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) before: u64,
    pub(super) now: u64,
    #[serde(default)]
    pub(super) owners: Vec<FieldOwner>,
}

impl Held {
    /// What is kept with a workload; `None` where nothing is.
    pub(super) fn of(workload: &Found) -> Option<Self> {
        serde_json::from_str(workload.annotation(SCALED)?).ok()
    }

    /// Keeps it with the workload, if that is still as it was read.
    async fn keep(&self, kubernetes: &Kubernetes, workload: &Found) -> Result<(), KubernetesError> {
        let patch = json!({ "metadata": {
            "resourceVersion": workload.object.pointer("/metadata/resourceVersion"),
            "annotations": { SCALED: json!(self).to_string() },
        } });
        merge(kubernetes, workload, &patch).await
    }
}

/// Keeps with each workload what `held` says of it as it is then, and gives what was kept.
pub(super) async fn keep(
    kubernetes: &Kubernetes,
    workload: &Found,
    held: impl Fn(&Found) -> Held,
) -> Result<Held, Failure> {
    let mut now = workload.clone();
    for _ in 1..TRIES {
        let kept = held(&now);
        if Held::of(&now).as_ref() == Some(&kept) {
            return Ok(kept);
        }
        match kept.keep(kubernetes, &now).await {
            Ok(()) => return Ok(kept),
            Err(error) if has_changed(&error) => now = now.again(kubernetes).await?,
            Err(error) => return Err(failed(&error)),
        }
    }
    let kept = held(&now);
    kept.keep(kubernetes, &now).await.map_err(|error| failed(&error))?;
    Ok(kept)
}

/// Sets the number as the owner of the field, and of no other one. The uid keeps it from making another workload of this name.
pub(super) async fn set_replicas(kubernetes: &Kubernetes, workload: &Found, number: u64) -> Result<(), Failure> {
    let object = json!({
        "apiVersion": workload.resource.api_version(),
        "kind": workload.resource.kind,
        "metadata": { "name": workload.reference.name, "namespace": workload.namespace(), "uid": workload.uid() },
        "spec": { "replicas": number },
    });
    let applied =
        kubernetes.apply(workload.resource, workload.namespace(), &workload.reference.name, &object, true).await;
    applied.map(drop).map_err(|error| failed(&error))
}

/// Gives the field back, and takes away what was kept. The number stays.
pub(super) async fn release(kubernetes: &Kubernetes, workload: &Found, owners: &[FieldOwner]) -> Result<(), Failure> {
    let mut now = workload.again(kubernetes).await?;
    if now.annotation(SCALED).is_none() && !we_own_replicas(&now.object) {
        return Ok(());
    }
    for _ in 1..TRIES {
        match give_back(kubernetes, &now, owners).await {
            Ok(()) => return Ok(()),
            Err(error) if has_changed(&error) => now = now.again(kubernetes).await?,
            Err(error) => return Err(failed(&error)),
        }
    }
    give_back(kubernetes, &now, owners).await.map_err(|error| failed(&error))
}

async fn give_back(kubernetes: &Kubernetes, now: &Found, owners: &[FieldOwner]) -> Result<(), KubernetesError> {
    let patch = json!({ "metadata": {
        "resourceVersion": now.object.pointer("/metadata/resourceVersion"),
        "annotations": { SCALED: null },
        "managedFields": without_our_replicas(&now.object, owners),
    } });
    merge(kubernetes, now, &patch).await
}

async fn merge(kubernetes: &Kubernetes, workload: &Found, patch: &Value) -> Result<(), KubernetesError> {
    let Found { resource, reference, .. } = workload;
    kubernetes.merge(*resource, workload.namespace(), &reference.name, None, patch).await.map(drop)
}

/// Whether somebody else has changed the object since it was read.
fn has_changed(error: &KubernetesError) -> bool {
    matches!(error, KubernetesError::Refused { code: 409, .. })
}

/// Tells KEDA to leave the workload at 0. What it was told before is kept.
pub(super) async fn pause(kubernetes: &Kubernetes, scaled_object: &Value) -> Result<(), Failure> {
    let annotations = scaled_object.pointer("/metadata/annotations");
    let annotation = |name: &str| annotations.and_then(|all| all.get(name)).cloned().unwrap_or(Value::Null);
    let mut patch = json!({ PAUSED: "0" });
    if annotation(PAUSED_BEFORE).is_null() {
        patch[PAUSED_BEFORE] = annotation(PAUSED).to_string().into();
    }
    annotate(kubernetes, scaled_object, &patch).await
}

/// Takes the pause away, where it is houseplan's.
pub(super) async fn unpause(kubernetes: &Kubernetes, scaled_object: &Value) -> Result<(), Failure> {
    let kept = scaled_object.pointer("/metadata/annotations").and_then(|all| all.get(PAUSED_BEFORE)?.as_str());
    let Some(kept) = kept else { return Ok(()) };
    let before: Value = serde_json::from_str(kept).unwrap_or_default();
    annotate(kubernetes, scaled_object, &json!({ PAUSED: before, PAUSED_BEFORE: null })).await
}

async fn annotate(kubernetes: &Kubernetes, scaled_object: &Value, annotations: &Value) -> Result<(), Failure> {
    let text = |pointer: &str| scaled_object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let patch = json!({ "metadata": { "annotations": annotations } });
    let merged = kubernetes.merge(Resource::SCALED_OBJECT, namespace, name, None, &patch).await;
    merged.map(drop).map_err(|error| failed(&error))
}
