//! The reclaim policy of volumes.

use serde_json::{Value, json};

use crate::{
    action::workload::{annotation, failed, text_at},
    catalogue,
    connect::kubernetes::{Kubernetes, Resource, name_of},
    diagnose::{Activity, Context},
    failure::Failure,
    plan::outputs::RetainedVolume,
};

/// The annotation of a volume: the reclaim policy that it had.
const BEFORE: &str = "houseplan/reclaim-policy";
const RETAIN: &str = "Retain";

/// A volume, with the claim that it is bound to.
#[derive(Debug, Clone)]
pub(super) struct Volume {
    namespace: String,
    claim: Value,
    volume: Value,
}

impl Volume {
    /// The volume of a claim. A claim that is gone, or bound to none, leads to no volume.
    pub(super) async fn of_claim(kubernetes: &Kubernetes, namespace: &str, name: &str) -> Result<Self, Failure> {
        let claim = kubernetes.get(Resource::PERSISTENT_VOLUME_CLAIM, namespace, name).await;
        let claim = claim.map_err(|error| failed(&error))?;
        let unbound = |how: &str| {
            let unbound = catalogue::retain::NO_VOLUME.with("claim", format!("{namespace}/{name}")).with("how", how);
            unbound.failure_in(&Context::new(Activity::Kubernetes))
        };
        let claim = claim.ok_or_else(|| unbound("it is not there"))?;
        let volume = text_at(&claim, "/spec/volumeName").filter(|_| text_at(&claim, "/status/phase") == Some("Bound"));
        let volume = volume.ok_or_else(|| unbound("it is not bound"))?.to_owned();
        let volume = kubernetes.get(Resource::PERSISTENT_VOLUME, "", &volume).await.map_err(|error| failed(&error))?;
        let volume = volume.ok_or_else(|| unbound("its volume is gone"))?;
        Ok(Self { namespace: namespace.to_owned(), claim, volume })
    }

    fn policy(&self) -> &str {
        text_at(&self.volume, "/spec/persistentVolumeReclaimPolicy").unwrap_or(RETAIN)
    }

    fn before(&self) -> Option<&str> {
        annotation(&self.volume, BEFORE)
    }

    /// Whether its claim is about to go: what policy it has then, decides over its data.
    fn is_leaving(&self) -> bool {
        self.claim.pointer("/metadata/deletionTimestamp").is_some()
    }

    /// What becomes of it.
    pub(super) fn planned(&self, undo: bool) -> RetainedVolume {
        let text = |object: &Value, pointer: &str| text_at(object, pointer).unwrap_or_default().to_owned();
        let before = self.before().unwrap_or_else(|| self.policy());
        let policy = if undo { before } else { RETAIN };
        RetainedVolume {
            namespace: self.namespace.clone(),
            claim: name_of(&self.claim).to_owned(),
            claim_uid: text(&self.claim, "/metadata/uid"),
            volume: name_of(&self.volume).to_owned(),
            handle: handle(&self.volume),
            before: before.to_owned(),
            policy: policy.to_owned(),
        }
    }

    /// Why its policy is not given back now.
    pub(super) fn obstacle(&self, undo: bool) -> Option<String> {
        let gives_up = undo && self.before().is_some_and(|before| before != RETAIN);
        (gives_up && self.is_leaving())
            .then(|| format!("{}, for its claim {} is being deleted", name_of(&self.volume), name_of(&self.claim)))
    }

    pub(super) async fn set(&self, kubernetes: &Kubernetes, undo: bool) -> Result<(), Failure> {
        let patch = match (undo, self.before()) {
            (true, None) => return Ok(()),
            (true, Some(before)) => patch(before, None),
            (false, None) if self.policy() == RETAIN => return Ok(()),
            // It is kept since an earlier attempt; somebody may have set it back.
            (false, before) => patch(RETAIN, Some(before.unwrap_or_else(|| self.policy()))),
        };
        let set = kubernetes.merge(Resource::PERSISTENT_VOLUME, "", name_of(&self.volume), None, &patch).await;
        set.map(drop).map_err(|error| failed(&error))
    }
}

fn patch(policy: &str, before: Option<&str>) -> Value {
    json!({
        "metadata": { "annotations": { BEFORE: before } },
        "spec": { "persistentVolumeReclaimPolicy": policy },
    })
}

/// What the driver of a volume calls it.
fn handle(volume: &Value) -> Option<String> {
    let names = ["/spec/csi/volumeHandle", "/spec/awsElasticBlockStore/volumeID", "/spec/gcePersistentDisk/pdName"];
    let names = names.into_iter().chain(["/spec/azureDisk/diskURI", "/spec/hostPath/path", "/spec/local/path"]);
    names.into_iter().find_map(|pointer| text_at(volume, pointer)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(policy: &str, before: Option<&str>, leaving: bool) -> Volume {
        let mut claim = json!({ "metadata": { "name": "data-db-0", "uid": "c" } });
        if leaving {
            claim["metadata"]["deletionTimestamp"] = json!("2026-11-26T00:00:00Z");
        }
        Volume {
            namespace: "n".to_owned(),
            claim,
            volume: json!({
                "metadata": { "name": "pv", "annotations": { BEFORE: before } },
                "spec": { "persistentVolumeReclaimPolicy": policy, "csi": { "volumeHandle": "vol-1" } },
            }),
        }
    }

    #[test]
    fn the_policy_that_was_is_known_also_by_a_later_attempt() {
        let first = volume("Delete", None, false).planned(false);
        assert_eq!((first.before.as_str(), first.policy.as_str()), ("Delete", "Retain"));
        assert_eq!(first.handle.as_deref(), Some("vol-1"));
        let again = volume("Retain", Some("Delete"), false).planned(false);
        assert_eq!(again.before, "Delete");
        let back = volume("Retain", Some("Delete"), false).planned(true);
        assert_eq!(back.policy, "Delete");
        // What was Retain before houseplan came stays so.
        assert_eq!(volume("Retain", None, false).planned(true).policy, "Retain");
    }

    #[test]
    fn a_volume_whose_claim_is_going_keeps_its_data() {
        assert!(volume("Retain", Some("Delete"), true).obstacle(true).is_some());
        assert_eq!(volume("Retain", Some("Delete"), false).obstacle(true), None);
        assert_eq!(volume("Retain", None, true).obstacle(true), None);
        assert_eq!(volume("Delete", None, true).obstacle(false), None);
    }
}
