//! Which claims a workload's pods use.

use serde_json::Value;

use crate::{
    action::workload::{Found, failed, text_at},
    connect::kubernetes::{Kubernetes, Resource, name_of},
    failure::Failure,
    plan::object::ObjectKind,
};

/// The claims of a workload: those that its pods name, and those that a StatefulSet has made for them.
pub(super) async fn claims_of(kubernetes: &Kubernetes, workload: &Found) -> Result<Vec<String>, Failure> {
    let mut claims = named(&workload.object, workload.reference.kind);
    if workload.reference.kind == ObjectKind::StatefulSet {
        let all = kubernetes.list(Resource::PERSISTENT_VOLUME_CLAIM, Some(workload.namespace()), "").await;
        let all = all.map_err(|error| failed(&error))?;
        claims.extend(made_for(&workload.object, &all));
    }
    claims.sort();
    claims.dedup();
    Ok(claims)
}

/// The claims that its pods name.
fn named(object: &Value, kind: ObjectKind) -> Vec<String> {
    let volumes = match kind {
        ObjectKind::Pod => "/spec/volumes",
        ObjectKind::CronJob => "/spec/jobTemplate/spec/template/spec/volumes",
        _ => "/spec/template/spec/volumes",
    };
    let volumes = object.pointer(volumes).and_then(Value::as_array);
    let claim = |volume: &Value| text_at(volume, "/persistentVolumeClaim/claimName").map(str::to_owned);
    volumes.into_iter().flatten().filter_map(claim).collect()
}

/// `data-db-0`, `data-db-1`: what a StatefulSet calls the claims of its templates, also those of pods that it no longer has.
fn made_for(stateful_set: &Value, claims: &[Value]) -> Vec<String> {
    let templates = stateful_set.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    let prefixes: Vec<String> =
        templates.into_iter().flatten().map(|it| format!("{}-{}-", name_of(it), name_of(stateful_set))).collect();
    let is_made = |name: &&str| {
        prefixes.iter().any(|prefix| {
            name.strip_prefix(prefix.as_str())
                .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
        })
    };
    claims.iter().map(name_of).filter(is_made).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_claims_of_a_statefulset_are_known_by_their_names() {
        let set = json!({
            "metadata": { "name": "db" },
            "spec": {
                "volumeClaimTemplates": [{ "metadata": { "name": "data" } }],
                "template": { "spec": { "volumes": [{ "persistentVolumeClaim": { "claimName": "shared" } }, { "emptyDir": {} }] } },
            },
        });
        let claims = ["data-db-0", "data-db-12", "data-db-x", "data-db-", "data-dbx-0", "other-db-0"];
        let claims: Vec<Value> = claims.iter().map(|name| json!({ "metadata": { "name": name } })).collect();
        assert_eq!(made_for(&set, &claims), ["data-db-0", "data-db-12"]);
        assert_eq!(named(&set, ObjectKind::StatefulSet), ["shared"]);
    }
}
