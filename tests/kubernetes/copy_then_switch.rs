//! The move that deletes nothing before the copy is proved, by pods: with writers that write, the chart's own hook, and Helm.

use std::time::Duration;

use rustix::process::Signal;

use crate::{
    operator::Operator,
    support::{bed::Bed, installation::Installation},
};

const MOVE: &[&str] = &["run", "copy-then-switch", "--set", "database=langsmith", "--set", "quiet_seconds=5"];

/// The bed's environment by pods, for one installation; `via` as in the environment.
fn operator(bed: &Bed, langsmith: &Installation<'_>, via: &str) -> Operator {
    let sandbox = langsmith.sandbox();
    let ports = sandbox.ports();
    let replica = ports.http("replica1".parse().expect("a server"));
    // A client in the pod speaks the native protocol, and the bed's containers name its port.
    let (source, cluster) = if via == "exec" { ("ch-native", "client") } else { ("ch", "http") };
    let places = [
        ("port: ch,", format!("port: {source},")),
        ("port: http", format!("port: {cluster}")),
        ("@NAMESPACE@", langsmith.namespace.clone()),
        ("@CLICKHOUSE@", langsmith.clickhouse.clone()),
        ("@VIA@", via.to_owned()),
        ("@SANDBOX@", sandbox.layout().dir().to_string()),
        ("@KEEPER@", ports.keeper().to_string()),
        ("@STORE@", ports.s3().to_string()),
        ("@REPLICA0@", replica.to_string()),
        ("@NATIVE0@", (replica + 10).to_string()),
    ];
    let template = include_str!("bed/pods.yaml.in").to_owned();
    bed.operator(&places.iter().fold(template, |text, (place, value)| text.replace(place, value)))
}

/// How many rows writers have written to a server within the last seconds.
async fn written(langsmith: &Installation<'_>, server: &str) -> u64 {
    tokio::time::sleep(Duration::from_secs(4)).await;
    let last =
        "SELECT count() FROM langsmith.runs_history WHERE recorded_at > now() - 3 AND startsWith(status, 'written by')";
    langsmith.query(server, last).await.parse().expect("a number")
}

fn source_pod(langsmith: &Installation<'_>) -> String {
    langsmith.kubectl(&[
        "get",
        "pod",
        "langsmith-clickhouse-0",
        "-o=jsonpath={.metadata.uid} {.status.containerStatuses[0].restartCount}",
    ])
}

#[tokio::test]
async fn the_old_server_lives_there_is_a_way_back_and_it_is_retired_in_the_end() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let operator = operator(&bed, &langsmith, "port-forward");
    let runs = "SELECT count(), sum(cityHash64(id)) FROM langsmith.runs";
    let (before, pod) = (langsmith.query("source", runs).await, source_pod(&langsmith));
    assert_ne!(written(&langsmith, "source").await, 0);

    operator.does(MOVE).await.with(0).has("the same on replica0 and replica1");
    for replica in ["replica1", "replica2"] {
        assert_eq!(langsmith.query(replica, runs).await, before, "{replica}");
    }
    assert_eq!(source_pod(&langsmith), pod, "it was neither restarted nor made anew");
    assert_ne!(written(&langsmith, "replica2").await, 0);
    assert_eq!(written(&langsmith, "source").await, 0);

    // Back: what came to the cluster since is shown first.
    operator.does(&["run", "switch-back", "--set", "database=langsmith"]).await.with(4).has("\"runs_history\"");
    operator.does(&["approve", &operator.last_run(), "allow_loss"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    assert_ne!(written(&langsmith, "source").await, 0);

    // And forth again; days later, the old server goes with its volume.
    langsmith.kubectl(&["delete", "secret", "langsmith-clickhouse-replicated"]);
    operator.does(MOVE).await.with(4).has("allow_drop");
    operator.does(&["approve", &operator.last_run(), "allow_drop"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    let volume = langsmith.kubectl(&["get", "pvc", "data-langsmith-clickhouse-0", "-o=jsonpath={.spec.volumeName}"]);
    let policy =
        |volume: &str| bed.kubectl(&["get", "pv", volume, "-o=jsonpath={.spec.persistentVolumeReclaimPolicy}"]);
    assert_eq!(policy(&volume), "Retain");
    let retire = ["run", "retire-source", "--set", "database=langsmith", "--set", "idle_hours=0"];
    operator.does(&retire).await.with(4).has("allow_loss");
    operator.does(&["approve", &operator.last_run(), "allow_loss"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    langsmith.kubectl(&["wait", "--for=delete", "pod/langsmith-clickhouse-0", "--timeout=60s"]);
    crate::support::command::wait_until("the volume is gone", || {
        bed.try_kubectl(&["get", "pv", &volume]).code == Some(1)
    });
    assert_ne!(written(&langsmith, "replica1").await, 0);
}

/// The client in each pod; a writer that nobody named; a process that dies in the middle.
#[tokio::test]
async fn by_exec_killed_in_mid_restore_it_goes_on_and_what_nobody_named_stops_it_before() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let operator = operator(&bed, &langsmith, "exec");
    let runs = "SELECT count(), sum(cityHash64(id)) FROM langsmith.runs";
    let before = langsmith.query("source", runs).await;

    let forgotten =
        operator.environment_line("forgotten", "- deployment/langsmith-ingest-queue", "- deployment/langsmith-other");
    let said = operator.does(&[MOVE, &["--env", &forgotten]].concat()).await.with(3);
    said.has("every workload that has the old server's password is known").has("langsmith-ingest-queue");
    operator.does(&["abandon", &operator.last_run()]).await.with(0);
    assert_ne!(written(&langsmith, "source").await, 0, "nothing was stopped");

    let running = operator.begin(MOVE);
    operator.sees("task_started", "restore[").await;
    running.told_to_end(Signal::KILL).await;
    operator.resumes(&[]).await.with(0);
    for replica in ["replica1", "replica2"] {
        assert_eq!(langsmith.query(replica, runs).await, before, "{replica}");
    }
    assert_ne!(written(&langsmith, "replica1").await, 0);
}
