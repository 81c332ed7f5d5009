//! A run that is given up.

use super::{SLOW_BACKUP, Scene};
use crate::support::operator::{MOVE, Operator};

#[tokio::test]
async fn its_finally_runs_once_and_its_claim_is_free() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let started = operator.path("started");
    let again = format!(
        "start_writers: {{ steps: {{ up: {{ exec: {{ on: local, command: [sh, -c, \"echo up >> {started}\"] }} }} }} }}"
    );
    let environment = operator.environment_line("environment", "start_writers:", &again);
    let stops = ("        expect: row.pending == 0\n        within: 30m", "        expect: row.pending == 7");
    let plan = operator.plan(MOVE, &[stops]);
    operator.runs(&plan, &environment, &[]).await.with(3);
    assert!(!started.exists(), "a suspended run has not ended: `finally` waits");
    let run = operator.last_run();
    assert_eq!(sandbox.claims().await, 3);

    operator.does(&["abandon", &run]).await.with(0).has("was abandoned");
    assert_eq!(std::fs::read_to_string(&started).expect("the writers were started"), "up\n");
    assert_eq!(sandbox.claims().await, 0);
    operator.does(&["resume", &run]).await.with(2).has("houseplan::run::ended").has("abandoned");
    assert_eq!(sandbox.ledger("source").await, scene.before);
    let merges = "OPTIMIZE TABLE langsmith.runs_tags FINAL SETTINGS optimize_throw_if_noop = 1";
    sandbox.must("source", merges).await;
}

#[tokio::test]
async fn the_writers_start_on_a_proven_cluster_though_nobody_knows_what_became_of_the_source() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let started = operator.path("started");
    let again = format!(
        "start_writers: {{ steps: {{ up: {{ exec: {{ on: local, command: [sh, -c, \"echo up >> {started}\"] }} }} }} }}"
    );
    let environment = operator.environment_line("environment", "start_writers:", &again);
    let fails = (
        "    sql: { on: source, query: SYSTEM START MERGES, effect: idempotent, absent: skip }",
        "    exec: { on: local, command: [\"false\"], effect: idempotent }",
    );
    let plan = operator.plan(MOVE, &[fails]);
    let said = operator.runs(&plan, &environment, &[]).await;
    assert_ne!(said.code, Some(0), "what failed is told: {said:?}");
    assert_eq!(std::fs::read_to_string(&started).expect("the writers were started"), "up\n");
    scene.sandbox.holds(&scene.before).await;
}

#[tokio::test]
async fn a_run_whose_folder_is_lost_gives_its_claim_back() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW_BACKUP]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    running.killed().await;
    let run = operator.last_run();
    assert_eq!(sandbox.claims().await, 3);

    let colleague = Operator::new(sandbox);
    colleague.does(&["abandon", &run]).await.with(2).has("houseplan::run::unknown");
    colleague
        .does(&["abandon", "2026-01-01_000000-zzzz", "--env", &scene.environment])
        .await
        .with(0)
        .has("no claim of this run");
    assert_eq!(sandbox.claims().await, 3, "another run's claim is left alone");
    colleague.does(&["abandon", &run, "--env", &scene.environment]).await.with(0).has("the claim is given back");
    assert_eq!(sandbox.claims().await, 0);

    // Its backup may still be at work in the server: that is a reason to wait, too.
    if scene.operations("source", "CREATING_BACKUP", "backup/").await > 0 {
        let said = colleague.runs(MOVE, &scene.environment, &[]).await.with(1);
        said.has("BACKUP").has("nothing was begun");
    }
}
