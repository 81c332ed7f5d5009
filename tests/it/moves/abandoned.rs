//! A run that is given up.

use houseplan::journal::lock::this_host;

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

/// The program that migrates is gone when its turn comes: nothing of the migrations was ever begun.
#[tokio::test]
async fn the_writers_start_again_where_the_migrations_could_not_even_be_begun() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let (started, program) = (operator.path("started"), operator.path("migrator"));
    std::fs::copy("/bin/true", &program).expect("a program");
    let stop = format!(
        "stop_writers: {{ steps: {{ away: {{ exec: {{ on: local, command: [rm, {program}], effect: idempotent }} }} }} }}"
    );
    let start = start_writers(&started);
    let changes = [
        ("stop_writers: { steps: {} }", stop.as_str()),
        ("up: { exec: { on: local, command: [", &format!("up: {{ exec: {{ on: local, command: [{program}, ")),
        ("start_writers: { steps: {} }", &start),
    ];
    let environment = operator.environment("vanishes", &changes);
    let said = operator.runs(MOVE, &environment, &[]).await.with(1);
    said.has("the program cannot be started")
        .has("`abandon` runs `start_merges_cluster`, `start_writers` and `start_merges_source`, then ends the run");
    let run = operator.last_run();

    let said = operator.does(&["abandon", &run]).await.with(0).has("was abandoned").has_not("NOT DONE");
    assert!(started.exists(), "the writers are still stopped: {said:?}");
    assert_eq!(scene.sandbox.ledger("source").await, scene.before);
}

/// What the migrations have begun, nobody may write to by itself: that the writers stay stopped is the first that is said.
#[tokio::test]
async fn what_its_finally_does_not_do_is_said_first_with_why_and_how_it_is_done_by_hand() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let started = operator.path("started");
    let start = start_writers(&started);
    let changes = [
        ("up: { exec: { on: local, command: [", "up: { exec: { on: local, command: [\"true\", "),
        ("start_writers: { steps: {} }", start.as_str()),
    ];
    let environment = operator.environment("nothing", &changes);
    let why = "condition is false: steps.verify.succeeded or not steps.migrate.started (`verify` has not succeeded; \
               `migrate` has started)";
    let said = operator.runs(MOVE, &environment, &[]).await.with(3);
    let said = said.has("`abandon` runs `start_merges_cluster` and `start_merges_source`, then ends the run");
    said.has(&format!("It skips `start_writers`: {why}."));
    let run = operator.last_run();
    operator.does(&["status", &run]).await.with(0).has(&format!("It skips `start_writers`: {why}."));

    let said = operator.does(&["abandon", &run]).await.with(0).has(why).has("by hand");
    assert!(said.stdout.trim_start().starts_with("! NOT DONE: `start_writers` of `finally` was skipped"), "{said:?}");
    said.has(&format!("local: sh -c 'echo up >> {started}'"));
    assert!(!started.exists());
}

fn start_writers(started: &camino::Utf8Path) -> String {
    format!(
        "start_writers: {{ steps: {{ up: {{ exec: {{ on: local, command: [sh, -c, \"echo up >> {started}\"] }} }} }} }}"
    )
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
async fn a_run_whose_folder_is_lost_keeps_its_claim_while_a_server_works_for_it() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW_BACKUP]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    running.killed().await;
    let run = operator.last_run();
    assert_eq!(sandbox.claims().await, 3);

    let colleague = Operator::new(sandbox);
    let here = this_host();
    let lost = ["abandon", &run, "--env", &scene.environment, "--gone-from", &here];
    colleague.does(&["abandon", &run]).await.with(2).has("houseplan::run::unknown");
    colleague
        .does(&["abandon", "2026-01-01_000000-zzzz", "--env", &scene.environment])
        .await
        .with(0)
        .has("no lock of this run");
    assert_eq!(sandbox.claims().await, 3, "another run's claim is left alone");

    let said = colleague.does(&lost).await;
    assert_ne!(scene.operations("source", "CREATING_BACKUP", "backup/").await, 0, "it was asked while that worked");
    said.with(5)
        .has("houseplan::claim::servers_still_working")
        .has(&format!("servers still work for run {run}: source: BACKUP {run}/backup/1"))
        .has("the run is of ")
        .has("--leave-at-work");
    assert_eq!(sandbox.claims().await, 3);
    let insisting = colleague.does(&[&lost[..], &["--leave-at-work"]].concat()).await.with(0);
    insisting.has("source.source: the lock is released (").has(&format!("still at work there: BACKUP {run}/backup/1"));
    assert_eq!(sandbox.claims().await, 0);

    // What is still at work in the server is a reason for the next run to wait, too.
    if scene.operations("source", "CREATING_BACKUP", "backup/").await > 0 {
        let said = colleague.runs(MOVE, &scene.environment, &[]).await.with(1);
        said.has("BACKUP").has("nothing was started");
    }
}

#[tokio::test]
async fn a_statement_of_a_lost_run_is_found_also_where_its_secret_hides_its_mark() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let colleague = Operator::new(sandbox);
    let slow = "toString(sleepEachRow(0.1)) FROM numbers(100) SETTINGS max_block_size = 10";
    let plain = format!("INSERT INTO langsmith.runs_tags (run_id, tag) SELECT generateUUIDv4(), {slow}");
    let secret = format!("INSERT INTO FUNCTION {} SELECT number, {slow}", sandbox.s3_table("slow.csv"));
    for (kind, member, statement) in [("plain", "source", plain), ("secret", "replica1", secret)] {
        let target = if member == "source" { "source" } else { "cluster" };
        let plan = format!(
            "apiVersion: houseplan/v1
kind: Plan
metadata: {{ name: slow-{kind} }}
targets: {{ {target}: {{ kind: clickhouse }} }}
steps:
  slow: {{ sql: {{ on: {target}, effect: once, query: \"{statement}\" }} }}
"
        );
        let plan = operator.write(&format!("slow-{kind}.yaml"), &plan);
        let running = operator.begin(&["run", &plan, "--env", &scene.environment]);
        let at_work = format!(
            "SELECT count() FROM system.processes WHERE query LIKE '%INSERT%' AND query LIKE '%sleepEachRow(0.1)%'
             AND startsWith(query, '/* houseplan') = {} AND query_id != queryID()",
            u8::from(kind == "plain")
        );
        let begun = std::time::Instant::now();
        while sandbox.must(member, &at_work).await == "0" {
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{kind} was never seen at work");
        }
        running.killed().await;
        let run = operator.last_run();
        let here = this_host();
        let said = colleague.does(&["abandon", &run, "--env", &scene.environment, "--gone-from", &here]).await.with(5);
        said.has(&format!("servers still work for run {run}: {member}: ")).has("/slow").has("/1, for ");
        assert_ne!(sandbox.claims().await, 0);

        while sandbox.must(member, &at_work).await != "0" {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        colleague.does(&["abandon", &run, "--env", &scene.environment, "--gone-from", &here]).await.with(0);
        assert_eq!(sandbox.claims().await, 0);
    }
}
