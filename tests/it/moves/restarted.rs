//! A replica that restarts between `stop_merges_cluster` and `verify` has forgotten that its merges are stopped.

use std::fs;

use houseplan::sandbox::ServerName;

use super::Scene;
use crate::support::operator::{MOVE, Operator};

/// A move that waits between the restore and the comparison until `go` is there. Rows of the source are doubled in the keys
/// that merges go by, so that merges change what is stored.
async fn until_restored(go: &str) -> (Scene, String) {
    let mut scene = Scene::small().await;
    let double = "INSERT INTO langsmith.feedbacks_rmt SELECT * FROM langsmith.feedbacks_rmt";
    scene.sandbox.must("source", double).await;
    scene.before = scene.sandbox.ledger("source").await;
    let wait = format!(
        "  wait:\n    needs: [restore, reload]\n    exec: {{ on: local, command: [sh, -c, \"until [ -e {go} ]; do sleep 0.1; done\"], effect: idempotent }}\n  verify:\n    needs: [inventory, restore, reload, wait]\n"
    );
    let plan = scene.operator.plan(MOVE, &[("  verify:\n    needs: [inventory, restore, reload]\n", &wait)]);
    (scene, plan)
}

/// Replica 1 restarts, and merges.
async fn restart(scene: &Scene) {
    let sandbox = &scene.sandbox;
    sandbox.kill(ServerName::Replica(1)).await.expect("killed");
    sandbox.start(ServerName::Replica(1)).await.expect("started");
    let merge = "OPTIMIZE TABLE langsmith.feedbacks_rmt FINAL SETTINGS optimize_throw_if_noop = 1";
    sandbox.must("replica1", merge).await;
}

#[tokio::test]
async fn the_rows_are_compared_as_after_merges_and_that_and_why_is_said() {
    let desk = tempfile::tempdir().expect("a folder");
    let go = desk.path().join("go").to_string_lossy().into_owned();
    let (scene, plan) = until_restored(&go).await;
    let operator = &scene.operator;
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    operator.sees("task_started", "wait").await;
    restart(&scene).await;
    fs::write(&go, "").expect("a file");
    let said = running.ends().await.with(0);
    said.has("; only after merges: feedbacks_rmt")
        .has("; replica1 started at 2")
        .has("that forgets SYSTEM STOP MERGES, so merges may have run since")
        .has_not("replica2 started")
        .has("1 after merges (FINAL)")
        .has("= FINAL = parts");
    // Nothing but merges has happened: what FINAL gives is what it gave.
    let distinct = "SELECT count(), sum(cityHash64(*)) FROM langsmith.feedbacks_rmt FINAL";
    let (one, two) = (scene.sandbox.must("replica1", distinct).await, scene.sandbox.must("replica2", distinct).await);
    assert_eq!(one, two);
    let (stored, _) = scene.before["feedbacks_rmt"];
    assert_eq!(one.split('\t').next(), Some((stored / 2).to_string().as_str()));
}

#[tokio::test]
async fn a_row_too_many_is_found_though_merges_ran() {
    let desk = tempfile::tempdir().expect("a folder");
    let go = desk.path().join("go").to_string_lossy().into_owned();
    let (scene, plan) = until_restored(&go).await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    operator.sees("task_started", "wait").await;
    restart(&scene).await;
    let add = "INSERT INTO langsmith.feedbacks_rmt (id, run_id, tenant_id) SELECT generateUUIDv4(), generateUUIDv4(), generateUUIDv4()";
    sandbox.must("replica1", add).await;
    fs::write(&go, "").expect("a file");
    let said = running.ends().await.with(3);
    said.has("feedbacks_rmt").has("under FINAL").has("the server started at 2").has("forgets SYSTEM STOP MERGES");
    assert_eq!(operator.count("step_succeeded", "verify"), 0);
}
