//! What the example of a production environment does before the source is copied: `stop_writers`.

use std::{fs, os::unix::fs::PermissionsExt};

use super::Scene;
use crate::support::operator::Operator;

const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: stop }
targets: { source: { kind: clickhouse, members: 1 } }
procedures: [stop_writers]
steps:
  stop_writers: { procedure: stop_writers }
";

/// The sandbox's environment with the example's `stop_writers`, its database and its patience changed, and a `kubectl` before any
/// other that notes what it is asked and tells of these pods.
fn environment(operator: &Operator) -> String {
    let example = format!("{}/examples/environments/production.yaml", env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(example).expect("the example");
    let (_, procedures) = example.split_once("\nprocedures:\n").expect("procedures");
    let (stop_writers, _) = procedures.split_once("  # values-cluster.yaml").expect("what comes after stop_writers");
    let kubectl = operator.write(
        "kubectl",
        "#!/bin/sh\necho \"$*\" >> \"${0%/*}/asked\"\ncase \"$*\" in *get*) cat \"${0%/*}/pods\" ;; esac\n",
    );
    fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755)).expect("it may be run");
    let stop_writers = stop_writers
        .replace("database = 'default'", "database = 'langsmith'")
        .replace("INTERVAL 2 MINUTE", "INTERVAL 5 SECOND")
        .replace("kubectl", &kubectl);
    operator.environment("production", &[("  stop_writers: { steps: {} }\n", stop_writers.as_str())])
}

#[tokio::test]
async fn a_writer_that_is_left_stops_the_run_whatever_its_label() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let (plan, environment) = (operator.write("stop.yaml", PLAN), environment(operator));
    let run = ["run", &plan, "--env", &environment];
    operator.does(&run).await.with(1).has("none_left").has_not("inserted");
    operator.write("pods", "pod/langsmith-clickhouse-0\npod/langsmith-queue-7d9f-x2x\n");
    operator.resumes(&[]).await.with(1).has("pod/langsmith-queue-7d9f-x2x").has_not("clickhouse-0");
    operator.write("pods", "pod/langsmith-clickhouse-0\n");
    operator.resumes(&[]).await.with(0);

    let asked = fs::read_to_string(operator.path("asked")).expect("what kubectl was asked");
    let scaled: Vec<&str> = asked.lines().filter(|line| line.contains("scale")).collect();
    assert!(scaled[0].ends_with("langsmith-backend langsmith-platform-backend"), "{scaled:?}");
    assert!(scaled[1].ends_with("--replicas=0 langsmith-queue"), "{scaled:?}");
}
