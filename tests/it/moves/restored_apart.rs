//! A restore into two replicas, where one table has come back on one of them alone.

use super::Scene;

#[tokio::test]
async fn a_log_table_with_rows_on_one_replica_is_not_called_replicated() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let columns = "(k UInt64)";
    for sql in [
        "CREATE DATABASE apart",
        &format!("CREATE TABLE apart.plain {columns} ENGINE = MergeTree ORDER BY k"),
        &format!("CREATE TABLE apart.noted {columns} ENGINE = Log"),
        "CREATE MATERIALIZED VIEW apart.view ENGINE = MergeTree ORDER BY k AS SELECT k FROM apart.plain",
        "INSERT INTO apart.plain SELECT number FROM numbers(10)",
        "INSERT INTO apart.noted SELECT number FROM numbers(10)",
    ] {
        sandbox.must("source", sql).await;
    }
    let inputs = ["--env", &scene.environment, "--set", "database=apart", "--set", "path=kept/apart"];
    operator.does(&[&["run", "backup"][..], &inputs].concat()).await.with(0);
    for replica in ["replica1", "replica2"] {
        for sql in [
            "CREATE DATABASE apart",
            &format!("CREATE TABLE apart.plain {columns} ENGINE = ReplicatedMergeTree ORDER BY k"),
            &format!("CREATE TABLE apart.noted {columns} ENGINE = Log"),
            // Its table inside has another name on each server, and one path.
            "CREATE MATERIALIZED VIEW apart.view ENGINE = ReplicatedMergeTree('/apart/view', '{replica}') ORDER BY k \
             AS SELECT k FROM apart.plain",
        ] {
            sandbox.must(replica, sql).await;
        }
    }

    let restore =
        [&["run", "restore", "--target", "destination=cluster", "--set", "mode=existing"][..], &inputs, &["--set"]]
            .concat();
    // Without it, what is replicated is the same on both.
    operator.does(&[&restore[..], &["except=[\"noted\"]"]].concat()).await.with(0);
    for replica in ["replica1", "replica2"] {
        let rows = "SELECT (SELECT count() FROM apart.plain) = 10 AND (SELECT count() FROM apart.view) = 10";
        assert_eq!(sandbox.must(replica, rows).await, "1", "{replica}");
    }
    for table in ["plain", "view"] {
        sandbox.must("replica1", &format!("TRUNCATE TABLE apart.{table} SETTINGS alter_sync = 2")).await;
    }
    let said = operator.does(&[&restore[..], &["except=[]"]].concat()).await.with(3);
    said.has("every table with rows is replicated on all of them").has("noted");
}
