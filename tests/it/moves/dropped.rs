//! What falls with the cluster's database: everything is shown before, and what has fallen already stops nobody.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

const ORPHAN: &str = ".inner_id.11111111-1111-1111-1111-111111111111";

impl Scene {
    async fn on_replica1(&self, sql: &str) -> String {
        self.sandbox.must("replica1", &sql.replace("{db}", DATABASE)).await
    }

    /// One replica has the table inside a view that is gone, and a detached table.
    async fn leaves_what_no_list_of_tables_shows(&self) {
        self.on_replica1("CREATE DATABASE {db}").await;
        for table in [ORPHAN, "aside"] {
            self.on_replica1(&format!("CREATE TABLE {{db}}.`{table}` (n UInt64) ENGINE = MergeTree ORDER BY n")).await;
            self.on_replica1(&format!("INSERT INTO {{db}}.`{table}` SELECT rand64() FROM numbers(5000)")).await;
        }
        self.on_replica1("DETACH TABLE {db}.aside PERMANENTLY").await;
    }
}

#[tokio::test]
async fn nothing_falls_that_was_not_shown_and_a_drop_that_was_half_done_goes_on() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    scene.leaves_what_no_list_of_tables_shows().await;
    operator.runs(MOVE, &scene.environment, &[]).await.with(3).has("no table of the cluster's database is detached");
    operator.does(&["abandon", &operator.last_run()]).await.with(0);

    scene.on_replica1("ATTACH TABLE {db}.aside").await;
    // As shipped the limit is lifted; here the server's stands for it.
    let limited = operator.plan(MOVE, &[("max_table_size_to_drop: 0", "max_table_size_to_drop: 10000")]);
    operator.runs(&limited, &scene.environment, &[]).await.with(4).has(ORPHAN).has("5,000").has("aside");
    operator.does(&["approve", &operator.last_run(), "allow_drop"]).await.with(0);
    scene.on_replica1("DETACH TABLE {db}.aside PERMANENTLY").await;
    operator.resumes(&[]).await.with(3).has("no table of the cluster's database is detached").has("aside");
    scene.on_replica1("ATTACH TABLE {db}.aside").await;

    operator.resumes(&[]).await.with(1).has("because it is too large").has("raise max_table_size_to_drop");
    scene.on_replica1("DROP TABLE {db}.aside SYNC SETTINGS max_table_size_to_drop = 0").await;
    scene.on_replica1(&format!("DROP TABLE {{db}}.`{ORPHAN}` SYNC SETTINGS max_table_size_to_drop = 0")).await;
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}

#[tokio::test]
async fn a_restore_in_place_of_a_database_drops_what_was_shown() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    operator.runs("backup", &scene.environment, &["--set", "path=kept/one"]).await.with(0);
    scene.leaves_what_no_list_of_tables_shows().await;

    let into = ["--target", "destination=cluster", "--set", "path=kept/one", "--set", "mode=replace"];
    operator.runs("restore", &scene.environment, &into).await.with(4).has(ORPHAN);
    operator.does(&["approve", &operator.last_run(), "allow_drop"]).await.with(0);
    operator.resumes(&[]).await.with(3).has("no table of the database is detached").has("aside");
    scene.on_replica1("ATTACH TABLE {db}.aside").await;
    scene.on_replica1("DROP TABLE {db}.aside SYNC").await;
    scene.on_replica1(&format!("DROP TABLE {{db}}.`{ORPHAN}` SYNC")).await;
    // On one server plain tables come back, and the plan says at its end that these are no replicas; but the drop went on.
    operator.resumes(&[]).await.with(3).has("replicated on all of them");
    assert_eq!(operator.count("task_succeeded", "drop"), 2);
}
