//! Facts about Kubernetes, Helm and LangSmith's chart that houseplan relies on.

use crate::support::{bed::Bed, command::wait_until};

/// What there is of the bundled server, each of its name.
const KINDS: [&str; 4] = ["statefulset", "service", "configmap", "secret"];
const SWITCH: [&str; 3] = [
    "clickhouse.external.enabled=true",
    "clickhouse.external.existingSecretName=langsmith-clickhouse-replicated",
    "clickhouse.external.cluster=replicated",
];

/// What each of the bed's tests stands on: pods that are ClickHouse under the real names, and writers that write.
#[tokio::test]
async fn writers_of_the_bed_write_into_its_bundled_server() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let written = "SELECT count() FROM langsmith.runs_history WHERE startsWith(status, 'written by langsmith-')";
    let before: u64 = langsmith.query("source", written).await.parse().expect("a number");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let after: u64 = langsmith.query("source", written).await.parse().expect("a number");
    assert!(after > before, "{before} rows, then {after}");
    let by_exec = [
        "exec",
        "langsmith-clickhouse-0",
        "--",
        "clickhouse-client",
        "--query",
        "SELECT 1 FROM langsmith.runs LIMIT 1",
    ];
    assert_eq!(langsmith.kubectl(&by_exec), "1");
}

/// So `replicas: 0` in an upgrade's values stops no writer before the migrations: scale first.
#[test]
fn hooks_run_before_anything_is_applied() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let replicas =
        || langsmith.kubectl(&["get", "deployment", "langsmith-queue", "-o=jsonpath={.status.readyReplicas}"]);
    assert_eq!(replicas(), "1");
    let fails = "backend.backfillCheck.command={sh,-c,exit 1}";
    langsmith.upgrade(&["queue.deployment.replicas=0", fails]).with(1).has("UPGRADE FAILED");
    assert_eq!(replicas(), "1", "the hook failed, and the Deployment has been scaled");
    let passes = "backend.backfillCheck.command={sh,-c,exit 0}";
    langsmith.upgrade(&["queue.deployment.replicas=0", passes]).with(0);
    wait_until("its pod is gone", || replicas().is_empty());
}

/// So the switch to the replicated cluster need not be the point of no return.
#[tokio::test]
async fn the_source_outlives_the_switch_where_its_live_objects_say_keep() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let pod = || {
        langsmith.kubectl(&[
            "get",
            "pod",
            "langsmith-clickhouse-0",
            "-o=jsonpath={.metadata.uid} {.status.containerStatuses[0].restartCount}",
        ])
    };
    let (before, rows) = (pod(), langsmith.query("source", "SELECT count() FROM langsmith.runs").await);
    langsmith.make_cluster_secret();
    for kind in KINDS {
        langsmith.kubectl(&["annotate", kind, "langsmith-clickhouse", "helm.sh/resource-policy=keep"]);
    }
    langsmith.upgrade(&SWITCH).with(0);
    assert_eq!(pod(), before);
    assert_eq!(langsmith.query("source", "SELECT count() FROM langsmith.runs").await, rows);
    let host = langsmith.kubectl(&["exec", "deployment/langsmith-queue", "--", "sh", "-c", "echo $CLICKHOUSE_HOST"]);
    assert!(host.starts_with("langsmith-ch-clickhouse-replicated."), "{host}");
}

/// Without it the upgrade deletes the source; its claim, and so its data, stay.
#[test]
fn the_switch_deletes_a_source_that_nothing_keeps_but_not_its_claim() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    langsmith.make_cluster_secret();
    langsmith.upgrade(&SWITCH).with(0);
    let left = || langsmith.kubectl(&["get", &KINDS.join(","), "-o=name"]);
    assert!(!left().lines().any(|object| object.ends_with("/langsmith-clickhouse")), "{}", left());
    let claim = ["get", "persistentvolumeclaim", "data-langsmith-clickhouse-0", "-o=jsonpath={.status.phase}"];
    assert_eq!(langsmith.kubectl(&claim), "Bound");
}

/// So who starts writers again has to scale them itself.
#[test]
fn an_autoscaler_leaves_alone_what_was_scaled_to_nothing() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    namespace.kubectl(&["scale", "deployment", "writers", "--replicas=0"]);
    namespace.autoscaler("writers");
    // Its conditions stand in an annotation or in its status, by the version that is served.
    let seen = || namespace.kubectl(&["get", "horizontalpodautoscaler", "writers", "-o=json"]);
    wait_until("the autoscaler has looked", || seen().contains("ScalingDisabled"));
    assert_eq!(namespace.kubectl(&["get", "deployment", "writers", "-o=jsonpath={.spec.replicas}"]), "0");
}

/// What holds KEDA off a workload that was scaled to nothing; here an object like another, for KEDA is not there.
#[test]
fn a_scaled_object_takes_the_annotation_that_pauses_it() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    namespace.scaled_object("writers");
    namespace.kubectl(&["annotate", "scaledobject", "writers", "autoscaling.keda.sh/paused-replicas=0"]);
    let target =
        "-o=jsonpath={.spec.scaleTargetRef.name} {.metadata.annotations.autoscaling\\.keda\\.sh/paused-replicas}";
    assert_eq!(namespace.kubectl(&["get", "scaledobjects.keda.sh", "writers", target]), "writers 0");
}
