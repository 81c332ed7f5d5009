//! Whose `.spec.replicas` is, as the API server keeps it in `metadata.managedFields`.
//!
//! Giving a field up by an apply without it sets it to its default, which is one pod, unless somebody else owns it too *(run)*. So the
//! ownership itself is written: the number stays as it is, and belongs to whom it belonged to. What the API server is given there it
//! takes, with the object's version, in one request *(run)*.

use serde_json::{Map, Value, json};

use crate::{connect::kubernetes::MANAGER, plan::outputs::FieldOwner};

const SPEC: &str = "f:spec";
const REPLICAS: &str = "f:replicas";

/// Who owns `.spec.replicas`, but for houseplan.
pub(in crate::action) fn owners_of_replicas(object: &Value) -> Vec<FieldOwner> {
    entries(object).iter().filter(|entry| owns(entry)).map(owner).filter(|it| it.manager != MANAGER).collect()
}

/// Whether houseplan owns `.spec.replicas`, alone or beside others.
pub(in crate::action) fn we_own_replicas(object: &Value) -> bool {
    entries(object).iter().any(|entry| owns(entry) && owner(entry).manager == MANAGER)
}

/// The entries of `metadata.managedFields` where houseplan owns it no more, and where nobody else does, those do who did `before`.
pub(in crate::action) fn without_our_replicas(object: &Value, before: &[FieldOwner]) -> Vec<Value> {
    let mut entries = entries(object).to_vec();
    entries.iter_mut().filter(|entry| owner(entry).manager == MANAGER).for_each(drop_replicas);
    entries.retain(|entry| entry.get("fieldsV1").and_then(Value::as_object).is_none_or(|fields| !fields.is_empty()));
    if !entries.iter().any(owns) {
        for entry in entries.iter_mut().filter(|entry| before.contains(&owner(entry))) {
            entry["fieldsV1"][SPEC][REPLICAS] = json!({});
        }
    }
    entries
}

fn entries(object: &Value) -> &[Value] {
    object.pointer("/metadata/managedFields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn owner(entry: &Value) -> FieldOwner {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned);
    FieldOwner {
        manager: text("manager").unwrap_or_default(),
        operation: text("operation").unwrap_or_default(),
        subresource: text("subresource"),
    }
}

fn owns(entry: &Value) -> bool {
    entry.get("fieldsV1").and_then(|it| it.get(SPEC)).is_some_and(|spec| spec.get(REPLICAS).is_some())
}

fn drop_replicas(entry: &mut Value) {
    let Some(fields) = entry.get_mut("fieldsV1").and_then(Value::as_object_mut) else { return };
    let Some(spec) = fields.get_mut(SPEC).and_then(Value::as_object_mut) else { return };
    spec.remove(REPLICAS);
    if spec.is_empty() {
        fields.remove(SPEC);
    }
    // What is left of an entry that applied nothing but the number.
    fields.retain(|_, below: &mut Value| below != &Value::Object(Map::new()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, spec: Value) -> Value {
        json!({ "manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": spec } })
    }

    fn object(entries: &[Value]) -> Value {
        json!({ "metadata": { "managedFields": entries } })
    }

    fn helm() -> FieldOwner {
        FieldOwner { manager: "helm".to_owned(), operation: "Apply".to_owned(), subresource: None }
    }

    #[test]
    fn the_number_goes_back_to_whom_it_was_taken_from() {
        let taken = object(&[
            entry("helm", "Apply", json!({ "f:template": {} })),
            entry("houseplan", "Apply", json!({ "f:replicas": {} })),
        ]);
        assert_eq!(owners_of_replicas(&taken), []);
        let back = without_our_replicas(&taken, &[helm()]);
        assert_eq!(back, [entry("helm", "Apply", json!({ "f:template": {}, "f:replicas": {} }))]);
        assert_eq!(owners_of_replicas(&object(&back)), [helm()]);
    }

    #[test]
    fn what_somebody_owns_beside_us_stays_theirs_alone() {
        let shared = object(&[
            entry("argocd", "Apply", json!({ "f:replicas": {} })),
            entry("helm", "Apply", json!({ "f:template": {} })),
            entry("houseplan", "Apply", json!({ "f:replicas": {} })),
        ]);
        let back = without_our_replicas(&shared, &[helm()]);
        assert_eq!(back.len(), 2);
        let owners: Vec<String> = owners_of_replicas(&object(&back)).into_iter().map(|it| it.manager).collect();
        assert_eq!(owners, ["argocd"]);
    }

    #[test]
    fn where_nobody_owned_it_nobody_does() {
        let ours = object(&[entry("houseplan", "Apply", json!({ "f:replicas": {} }))]);
        assert_eq!(without_our_replicas(&ours, &[]), Vec::<Value>::new());
        // What else houseplan owns of it is left.
        let mut more = entry("houseplan", "Update", json!({ "f:replicas": {} }));
        more["fieldsV1"]["f:metadata"] = json!({ "f:annotations": { "f:a": {} } });
        let left = without_our_replicas(&object(&[more]), &[helm()]);
        assert_eq!(left[0]["fieldsV1"], json!({ "f:metadata": { "f:annotations": { "f:a": {} } } }));
    }

    #[test]
    fn a_former_owner_who_is_gone_gets_nothing() {
        let taken = object(&[
            entry("helm", "Update", json!({ "f:template": {} })),
            entry("houseplan", "Apply", json!({ "f:replicas": {} })),
        ]);
        assert_eq!(without_our_replicas(&taken, &[helm()]), [entry("helm", "Update", json!({ "f:template": {} }))]);
    }
}
