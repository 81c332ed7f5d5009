//! The source changes after it was looked at, while the run waits for a person.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

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
