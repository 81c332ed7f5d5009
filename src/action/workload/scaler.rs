//! What scales workloads by itself: HorizontalPodAutoscalers, and ScaledObjects of KEDA.

use serde_json::Value;

use super::{
    Found,
    object::{failed, text_at},
};
use crate::{
    connect::kubernetes::{Kubernetes, KubernetesError, Resource, name_of},
    failure::Failure,
};

/// The mark of what KEDA has made by itself for a ScaledObject: that is told once.
const OF_KEDA: &str = "keda-hpa-";

/// Something that scales a workload by itself.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::action) struct Scaler {
    pub(in crate::action) resource: Resource,
    pub(in crate::action) object: Value,
}

impl Scaler {
    fn target(&self, key: &str) -> Option<&str> {
        text_at(&self.object, &format!("/spec/scaleTargetRef/{key}"))
    }

    /// Whether it scales the object of this kind and name. A ScaledObject that names no kind means a Deployment.
    pub(in crate::action) fn scales(&self, kind: &str, name: &str) -> bool {
        self.target("kind").unwrap_or("Deployment") == kind && self.target("name") == Some(name)
    }

    pub(in crate::action) fn is_keda(&self) -> bool {
        self.resource == Resource::SCALED_OBJECT
    }

    pub(in crate::action) fn name(&self) -> &str {
        name_of(&self.object)
    }
}

/// `HorizontalPodAutoscaler queue, 1 to 3`.
impl std::fmt::Display for Scaler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (least, most) =
            if self.is_keda() { ("minReplicaCount", "maxReplicaCount") } else { ("minReplicas", "maxReplicas") };
        let number = |key: &str| self.object.pointer(&format!("/spec/{key}")).and_then(Value::as_u64);
        write!(f, "{} {}", self.resource.kind, self.name())?;
        match (number(least), number(most)) {
            (Some(least), Some(most)) => write!(f, ", {least} to {most}"),
            (None, Some(most)) => write!(f, ", {most} at most"),
            _ => Ok(()),
        }
    }
}

/// All of a namespace, or of all namespaces.
pub(in crate::action) async fn scalers(
    kubernetes: &Kubernetes,
    namespace: Option<&str>,
) -> Result<Vec<Scaler>, KubernetesError> {
    let mut found = Vec::new();
    for resource in [Resource::SCALED_OBJECT, Resource::AUTOSCALER] {
        if kubernetes.serves(resource).await? {
            let objects = kubernetes.list(resource, namespace, "").await?;
            found.extend(objects.into_iter().map(|object| Scaler { resource, object }));
        }
    }
    found.retain(|it| it.is_keda() || !it.name().starts_with(OF_KEDA));
    Ok(found)
}

impl Scaler {
    /// Those that scale a workload.
    pub(in crate::action) fn of<'a>(all: &'a [Self], workload: &Found) -> Vec<&'a Self> {
        let Found { reference, resource, .. } = workload;
        let same = |it: &&Self| text_at(&it.object, "/metadata/namespace") == Some(workload.namespace());
        all.iter().filter(same).filter(|it| it.scales(resource.kind, &reference.name)).collect()
    }

    /// The same, read anew for these namespaces.
    pub(in crate::action) async fn all_of(kubernetes: &Kubernetes, namespaces: &[&str]) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        for namespace in namespaces {
            all.extend(scalers(kubernetes, Some(namespace)).await.map_err(|error| failed(&error))?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_scaler_scales_is_read_of_its_reference() {
        let keda = Scaler {
            resource: Resource::SCALED_OBJECT,
            object: json!({
                "metadata": { "name": "q" },
                "spec": { "scaleTargetRef": { "name": "queue" }, "minReplicaCount": 1, "maxReplicaCount": 3 },
            }),
        };
        assert!(
            keda.scales("Deployment", "queue")
                && !keda.scales("StatefulSet", "queue")
                && !keda.scales("Deployment", "q")
        );
        assert_eq!(keda.to_string(), "ScaledObject q, 1 to 3");
    }
}
