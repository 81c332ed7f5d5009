//! `retain`: volumes outlive their claims, objects an upgrade that no longer has them; and both are given back.

use crate::{
    operator::{Operator, Said},
    support::{
        bed::Bed,
        command::wait_until,
        namespace::Namespace,
        plan::{environment, output, plan, run},
    },
};

async fn does(operator: &Operator, steps: &str) -> Said {
    run(operator, &plan(operator, "small", "", steps)).await
}

fn retain(more: &str) -> String {
    format!("a: {{ retain: {{ on: kubernetes, {more} }} }}")
}

/// A StatefulSet of one pod with a volume that Kubernetes would delete with its claim.
fn database(namespace: &Namespace<'_>) -> String {
    let (name, image) = (&namespace.name, namespace.bed.image());
    namespace.bed.apply(&format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: db, namespace: {name} }}
spec:
  serviceName: db
  selector: {{ matchLabels: {{ app: db }} }}
  template:
    metadata: {{ labels: {{ app: db }} }}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 1
      containers:
        - {{ name: main, image: \"{image}\", command: [sleep, infinity], volumeMounts: [{{ name: data, mountPath: /data }}] }}
  volumeClaimTemplates:
    - {{ metadata: {{ name: data }}, spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Mi }} }} }} }}"
    ));
    namespace.kubectl(&["rollout", "status", "--timeout=60s", "statefulset/db"]);
    namespace.kubectl(&["get", "persistentvolumeclaim", "data-db-0", "-o=jsonpath={.spec.volumeName}"])
}

#[tokio::test]
async fn a_retained_volume_outlives_its_claim_and_the_policy_is_given_back() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    let volume = database(&namespace);
    let of_volume = |path: &str| bed.kubectl(&["get", "persistentvolume", &volume, &format!("-o=jsonpath={{{path}}}")]);
    let policy = || of_volume(".spec.persistentVolumeReclaimPolicy");
    let operator = bed.operator(&environment(&namespace.name));
    does(&operator, &retain("volumes_of: [statefulset/db]")).await.with(0).has("1 volume retained");
    let row = output(&operator, "a")["volumes"][0].take();
    assert_eq!(
        (&row["claim"], &row["volume"], &row["before"]),
        (&"data-db-0".into(), &volume.clone().into(), &"Delete".into())
    );
    assert!(row["handle"].as_str().is_some_and(|it| it.starts_with('/')), "{row}");
    // Another run gives it back, by the volume's own memory.
    does(&operator, &retain("volumes_of: [statefulset/db], undo: true"))
        .await
        .with(0)
        .has("1 volume no longer retained");
    assert_eq!(
        (policy().as_str(), of_volume(".metadata.annotations.houseplan/reclaim-policy").as_str()),
        ("Delete", "")
    );
    does(&operator, &retain("claims: [data-db-0]")).await.with(0);
    does(&operator, &retain("claims: [data-db-0]")).await.with(0);
    assert_eq!(output(&operator, "a")["volumes"][0]["before"], "Delete");
    namespace.kubectl(&["delete", "statefulset/db", "persistentvolumeclaim/data-db-0", "--wait=true"]);
    wait_until("the volume is released", || of_volume(".status.phase") == "Released");
    does(&operator, &retain("claims: [data-db-0], undo: true")).await.with(1).has("houseplan::retain::no_volume");
    assert_eq!(policy(), "Retain", "to give it back now would delete the data");
    bed.kubectl(&["delete", "persistentvolume", &volume]);
}

/// With what the chart calls its objects: the switch to the cluster leaves the source alive.
#[tokio::test]
async fn what_helm_keeps_outlives_the_switch() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let operator = bed.operator(&environment(&langsmith.namespace));
    langsmith.make_cluster_secret();
    let objects = ["statefulset", "service", "configmap", "secret"].map(|kind| format!("{kind}/langsmith-clickhouse"));
    let objects = format!("objects: [{}]", objects.join(", "));
    does(&operator, &retain(&format!("volumes_of: [statefulset/langsmith-clickhouse], {objects}")))
        .await
        .with(0)
        .has("1 volume retained, 4 objects kept by Helm");
    let pod = || langsmith.kubectl(&["get", "pod", "langsmith-clickhouse-0", "-o=jsonpath={.metadata.uid}"]);
    let before = pod();
    let switch = [
        "clickhouse.external.enabled=true",
        "clickhouse.external.existingSecretName=langsmith-clickhouse-replicated",
        "clickhouse.external.cluster=replicated",
    ];
    langsmith.upgrade(&switch).with(0);
    assert_eq!(pod(), before);
    does(&operator, &retain(&format!("{objects}, undo: true"))).await.with(0).has("4 objects no longer kept by Helm");
    let left =
        langsmith.kubectl(&["get", "statefulset", "langsmith-clickhouse", "-o=jsonpath={.metadata.annotations}"]);
    assert!(!left.contains("resource-policy"), "{left}");
    does(&operator, &retain("volumes_of: [statefulset/langsmith-clickhouse], undo: true")).await.with(0);
}

#[tokio::test]
async fn without_a_right_to_volumes_nothing_is_changed() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    database(&namespace);
    let account = namespace.limited_account(&[
        ("leases.coordination.k8s.io", "get create update delete"),
        ("persistentvolumeclaims", "get list"),
        ("statefulsets.apps", "get patch"),
    ]);
    account.may_also("kube-system", &[("namespaces", "get")]);
    let operator = account.operator(&environment(&namespace.name));
    does(&operator, &retain("volumes_of: [statefulset/db], objects: [statefulset/db]"))
        .await
        .with(1)
        .has("get persistentvolumes in the whole cluster; patch persistentvolumes in the whole cluster")
        .has("nothing was changed");
    let annotations = namespace.kubectl(&["get", "statefulset", "db", "-o=jsonpath={.metadata.annotations}"]);
    assert!(!annotations.contains("resource-policy"), "{annotations}");
    does(&operator, &retain("objects: [statefulset/db]")).await.with(0);
}
