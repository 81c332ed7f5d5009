//! The source changes after it was looked at, while the run waits for a person.

use std::time::{Duration, Instant};

use super::Scene;
use crate::support::operator::{DATABASE, MOVE, Operator};

impl Scene {
    /// A table of the cluster's that may fall once a person has said so.
    async fn add_what_may_fall(&self) {
        for sql in ["CREATE DATABASE {db}", "CREATE TABLE {db}.old (n UInt8) ENGINE = MergeTree ORDER BY n"] {
            self.sandbox.must("replica1", &sql.replace("{db}", DATABASE)).await;
        }
    }

    async fn on_source<const N: usize>(&self, statements: [&str; N]) {
        for sql in statements {
            self.sandbox.must("source", &sql.replace("{db}", DATABASE)).await;
        }
    }

    async fn approves_the_drop(&self) {
        self.operator.does(&["approve", &self.operator.last_run(), "allow_drop"]).await.with(0);
    }
}

#[tokio::test]
async fn what_has_come_since_is_not_deleted_with_the_source() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    scene.add_what_may_fall().await;
    operator.runs(MOVE, &scene.environment, &[]).await.with(4).has("allow_drop");

    scene
        .on_source([
            "CREATE DATABASE billing",
            "CREATE TABLE billing.paid (n UInt64) ENGINE = MergeTree ORDER BY n",
            "INSERT INTO billing.paid SELECT number FROM numbers(1000)",
            "CREATE TABLE {db}.kept (n UInt64) ENGINE = MergeTree ORDER BY n",
            "INSERT INTO {db}.kept SELECT number FROM numbers(1000)",
            "DETACH TABLE {db}.kept PERMANENTLY",
        ])
        .await;
    scene.approves_the_drop().await;
    let said = operator.resumes(&[]).await.with(3);
    said.has("no table of the database is detached").has("kept").has("billing").has("left_behind");
    assert_eq!(operator.count("task_started", "migrate"), 0);
    assert_eq!(scene.sandbox.must("source", "SELECT count() FROM billing.paid").await, "1000");

    // Merges are held by now, so it stays pending.
    scene
        .on_source([
            "DROP DATABASE billing SYNC",
            "ATTACH TABLE {db}.kept",
            "DROP TABLE {db}.kept SYNC",
            "ALTER TABLE {db}.feedbacks DELETE WHERE 1 SETTINGS mutations_sync = 0",
        ])
        .await;
    operator.resumes(&[]).await.with(3).has("no mutation has come since").has("houseplan abandon");
    assert_eq!(operator.count("task_started", "migrate"), 0);

    scene.on_source(["KILL MUTATION WHERE database = '{db}'"]).await;
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}

/// The comparison that reads for hours, and what is in its place here: something that takes long and sees nothing.
const LONG: (&str, &str) = (
    "        compare: { left: \"{{ steps.inventory }}\", right: source, by: [columns, rows, checksum] }\n",
    "        sql: { on: source, query: SELECT sum(sleepEachRow(1)) AS slept FROM numbers(25) SETTINGS max_block_size = 1 }\n        expect: row.slept == 0\n",
);

#[tokio::test]
async fn a_row_written_behind_the_back_of_a_long_comparison_is_counted() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let plan = operator.plan(MOVE, &[LONG]);
    let mut running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    let begun = Instant::now();
    let sleeps =
        "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(1)%' AND query NOT LIKE '%processes%'";
    while scene.sandbox.must("source", sleeps).await == "0" {
        assert!(running.works(), "{:?}", running.ends().await);
        assert!(begun.elapsed() < Duration::from_secs(120), "the comparison never began");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // By now every table has been counted once. The key is there already, so under FINAL there are as many rows as before.
    tokio::time::sleep(Duration::from_secs(10)).await;
    scene
        .on_source([
            "INSERT INTO {db}.feedbacks_rmt SELECT * REPLACE ('late' AS comment) FROM {db}.feedbacks_rmt LIMIT 1",
        ])
        .await;
    let said = running.ends().await.with(3).has("the source has as many rows as were backed up");
    said.has("feedbacks_rmt").has("equal after merges (FINAL)").has_not("still holds what");
    assert_eq!(operator.count("task_started", "migrate"), 0);
}
