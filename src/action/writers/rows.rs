//! From objects to rows: which workload each pod belongs to, what is given the Secret, and which of it the plan knows. Asks nobody.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    gather::Gathered,
    given::{given_through, pod_spec},
};

use crate::{
    action::workload::{controller, text_at},
    connect::kubernetes::name_of,
    plan::{object::ObjectRef, outputs::WriterRow},
};

/// What the plan says of workloads.
pub(super) struct Known {
    pub(super) named: Vec<ObjectRef>,
    pub(super) ignored: Vec<ObjectRef>,
}

/// What stands at the top of a chain of owners: namespace, kind as Kubernetes has it, name.
type Top = (String, String, String);

/// A row for each workload that is given the Secret, in the order of their names.
pub(super) fn rows(gathered: &Gathered, secret: &str, known: &Known) -> Vec<WriterRow> {
    let by_uid: HashMap<&str, (&str, &Value)> =
        gathered.objects.iter().filter_map(|(kind, it)| Some((text_at(it, "/metadata/uid")?, (*kind, it)))).collect();
    let mut rows: IndexMap<Top, WriterRow> = IndexMap::new();
    for (kind, object) in &gathered.objects {
        if is_over(kind, object) {
            continue;
        }
        let Some(through) = given_through(&pod_spec(object, kind), secret) else { continue };
        let top = top(kind, object, &by_uid);
        let row = rows.entry(top.clone()).or_insert_with(|| row(&top, gathered, through));
        row.pods += u64::from(*kind == "Pod");
    }
    let mut rows: Vec<WriterRow> = rows.into_values().collect();
    for row in &mut rows {
        row.ignored = known.ignored.iter().any(|it| means(it, row));
        row.known = row.finished || row.ignored || known.named.iter().any(|it| means(it, row));
    }
    rows.sort_by(|a, b| (&a.namespace, &a.kind, &a.name).cmp(&(&b.namespace, &b.kind, &b.name)));
    rows
}

/// What the plan names, and no row is.
pub(super) fn absent(rows: &[WriterRow], known: &Known) -> Vec<String> {
    let all = known.named.iter().chain(&known.ignored);
    all.filter(|it| !rows.iter().any(|row| means(it, row))).map(ToString::to_string).collect()
}

/// A pod that has ended, or an old ReplicaSet without pods: it writes no more, and its owner has a row where it may again.
fn is_over(kind: &str, object: &Value) -> bool {
    match kind {
        "Pod" => matches!(text_at(object, "/status/phase"), Some("Succeeded" | "Failed")),
        "ReplicaSet" => {
            controller(object).is_some() && object.pointer("/spec/replicas").and_then(Value::as_u64) == Some(0)
        }
        _ => false,
    }
}

/// Whoever made it, or made that: as far as it was read, then as its owner calls it.
fn top(kind: &str, object: &Value, by_uid: &HashMap<&str, (&str, &Value)>) -> Top {
    let namespace = text_at(object, "/metadata/namespace").unwrap_or_default().to_owned();
    let (mut kind, mut name, mut next) = (kind.to_owned(), name_of(object).to_owned(), Some(object));
    while let Some((owner_kind, owner_name, uid)) = next.and_then(controller) {
        (kind, name) = (owner_kind.to_owned(), owner_name.to_owned());
        next = by_uid.get(uid).map(|(_, owner)| *owner);
    }
    (namespace, kind, name)
}

fn row(top: &Top, gathered: &Gathered, through: String) -> WriterRow {
    let (namespace, kind, name) = top;
    let is_it = |(of, it): &&(&'static str, Value)| {
        of == kind && name_of(it) == name && text_at(it, "/metadata/namespace") == Some(namespace)
    };
    let object = gathered.objects.iter().find(is_it).map(|(_, it)| it);
    let replicas = match kind.as_str() {
        "Deployment" | "StatefulSet" | "ReplicaSet" | "Rollout" => {
            object.map(|it| it.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1))
        }
        _ => None,
    };
    let scales = |it: &&crate::action::workload::Scaler| {
        text_at(&it.object, "/metadata/namespace") == Some(namespace) && it.scales(kind, name)
    };
    let scalers: Vec<String> = gathered.scalers.iter().filter(scales).map(ToString::to_string).collect();
    WriterRow {
        namespace: namespace.clone(),
        kind: kind.to_lowercase(),
        name: name.clone(),
        replicas,
        pods: 0,
        autoscaler: (!scalers.is_empty()).then(|| scalers.join("; ")),
        through,
        known: false,
        ignored: false,
        finished: kind == "Job" && object.is_some_and(has_ended),
    }
}

/// A Job that has ended makes no pod again.
fn has_ended(job: &Value) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    conditions
        .into_iter()
        .flatten()
        .any(|it| matches!(text_at(it, "/type"), Some("Complete" | "Failed")) && text_at(it, "/status") == Some("True"))
}

/// Whether the plan means this row by what it names.
fn means(named: &ObjectRef, row: &WriterRow) -> bool {
    named.kind.word() == row.kind && named.namespace.as_ref() == Some(&row.namespace) && fits(&named.name, &row.name)
}

/// Whether a name is of this pattern: `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, rest)) => {
            let Some(left) = name.strip_prefix(before) else { return false };
            left.char_indices().map(|(at, _)| at).chain([left.len()]).any(|at| fits(rest, &left[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &'static str, name: &str, owner: Option<(&str, &str)>, template: bool) -> (&'static str, Value) {
        let spec = json!({ "containers": [{ "envFrom": [{ "secretRef": { "name": "ch" } }] }] });
        let spec = match kind {
            "Pod" => spec,
            "CronJob" => json!({ "jobTemplate": { "spec": { "template": { "spec": spec } } } }),
            _ => json!({ "replicas": 2, "template": { "spec": spec } }),
        };
        let owners = owner.map(
            |(kind, name)| json!({ "kind": kind, "name": name, "uid": format!("{kind}/{name}"), "controller": true }),
        );
        let object = json!({
            "metadata": { "namespace": "n", "name": name, "uid": format!("{kind}/{name}"), "ownerReferences": owners.into_iter().collect::<Vec<_>>() },
            "spec": if template { spec } else { json!({ "replicas": 2 }) },
            "status": { "phase": "Running" },
        });
        (kind, object)
    }

    fn of(objects: Vec<(&'static str, Value)>, named: &[&str], ignored: &[&str]) -> Vec<WriterRow> {
        let refs = |texts: &[&str]| texts.iter().map(|it| it.parse::<ObjectRef>().unwrap().within("n")).collect();
        rows(&Gathered { objects, ..Gathered::default() }, "ch", &Known { named: refs(named), ignored: refs(ignored) })
    }

    fn told(rows: &[WriterRow]) -> Vec<(String, u64, bool)> {
        rows.iter().map(|row| (format!("{}/{}", row.kind, row.name), row.pods, row.known)).collect()
    }

    #[test]
    fn pods_are_counted_where_their_chain_of_owners_ends() {
        let objects = vec![
            object("Deployment", "queue", None, true),
            object("ReplicaSet", "queue-1", Some(("Deployment", "queue")), true),
            object("Pod", "queue-1-a", Some(("ReplicaSet", "queue-1")), true),
            object("Pod", "queue-1-b", Some(("ReplicaSet", "queue-1")), true),
            object("CronJob", "nightly", None, true),
            object("Job", "nightly-7", Some(("CronJob", "nightly")), true),
            object("Pod", "nightly-7-x", Some(("Job", "nightly-7")), true),
            object("Pod", "lonely", None, true),
            object("Pod", "flow-1", Some(("Workflow", "flow")), true),
        ];
        let rows = of(objects, &["deployment/queue", "cronjob/nightly"], &[]);
        let expected = [
            ("cronjob/nightly", 1, true),
            ("deployment/queue", 2, true),
            ("pod/lonely", 1, false),
            ("workflow/flow", 1, false),
        ];
        assert_eq!(told(&rows), expected.map(|(name, pods, known)| (name.to_owned(), pods, known)));
        assert_eq!(rows[1].replicas, Some(2));
    }

    /// An upgrade has given the template another Secret, and the old pods still run.
    #[test]
    fn pods_that_are_given_what_their_template_no_longer_names_count() {
        let objects = vec![
            object("Deployment", "queue", None, false),
            object("ReplicaSet", "queue-1", Some(("Deployment", "queue")), true),
            object("Pod", "queue-1-a", Some(("ReplicaSet", "queue-1")), true),
        ];
        assert_eq!(told(&of(objects, &[], &[])), [("deployment/queue".to_owned(), 1, false)]);
    }

    #[test]
    fn what_has_ended_writes_no_more() {
        let mut job = object("Job", "migrations", None, true);
        job.1["status"] = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
        let mut pod = object("Pod", "migrations-x", Some(("Job", "migrations")), true);
        pod.1["status"] = json!({ "phase": "Succeeded" });
        let mut old = object("ReplicaSet", "queue-0", Some(("Deployment", "queue")), true);
        old.1["spec"]["replicas"] = json!(0);
        let rows = of(vec![job, pod, old], &[], &[]);
        assert_eq!(told(&rows), [("job/migrations".to_owned(), 0, true)]);
        assert!(rows[0].finished && !rows[0].ignored);
    }

    #[test]
    fn what_is_named_and_not_found_is_told_and_names_may_be_patterns() {
        let objects =
            vec![object("Job", "migrations-x7k", None, true), object("StatefulSet", "clickhouse", None, true)];
        let refs = |texts: &[&str]| texts.iter().map(|it| it.parse::<ObjectRef>().unwrap().within("n")).collect();
        let known = Known {
            named: refs(&["job/migrations-*", "deployment/queue"]),
            ignored: refs(&["statefulset/clickhouse"]),
        };
        let rows = rows(&Gathered { objects, ..Gathered::default() }, "ch", &known);
        assert!(rows.iter().all(|row| row.known));
        assert_eq!(absent(&rows, &known), ["n/deployment/queue"]);
        assert!(fits("a*c*", "abcd") && !fits("a*c", "abcd") && fits("*", "") && !fits("b*", "ab"));
    }
}
