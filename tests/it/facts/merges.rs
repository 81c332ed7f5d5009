//! What SYSTEM STOP MERGES holds, and what it does not: the plan's `stop_merges_source` and `stop_merges_cluster`.

use std::time::Duration;

use houseplan::sandbox::ServerName;

use super::{becomes, cell, refused};
use crate::support::stage::Stage;

const MERGING: &[(&str, &str)] = &[
    ("replacing", "(k UInt64, n UInt64) ENGINE ReplacingMergeTree ORDER BY k"),
    ("summing", "(k UInt64, n UInt64) ENGINE SummingMergeTree ORDER BY k"),
    (
        "expiring",
        "(k UInt64, n UInt64, at DateTime DEFAULT now() - 3600) ENGINE MergeTree ORDER BY k TTL at + INTERVAL 1 SECOND \
         SETTINGS merge_with_ttl_timeout = 0, merge_with_recompression_ttl_timeout = 0",
    ),
];

fn parts(table: &str) -> String {
    format!("SELECT count() FROM system.parts WHERE database = '{{db}}' AND table = '{table}' AND active")
}

fn rows(table: &str) -> String {
    format!("SELECT count() FROM {{db}}.{table}")
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_merges_holds_every_table_that_is_there_and_a_restart_forgets_it() {
    let stage = Stage::set().await;
    let source = &stage.source;
    stage.run(source, "CREATE DATABASE {db}").await;
    for (name, text) in MERGING {
        stage.run(source, &format!("CREATE TABLE {{db}}.{name} {text}")).await;
    }
    stage.run(source, "SYSTEM STOP MERGES").await;
    for (name, _) in MERGING {
        for _ in 0..3 {
            stage
                .run(source, &format!("INSERT INTO {{db}}.{name} (k, n) SELECT number, 1 FROM numbers(10) SETTINGS optimize_on_insert = 0"))
                .await;
        }
        let exception = refused(&stage, source, &format!("OPTIMIZE TABLE {{db}}.{name} FINAL")).await;
        assert_eq!(exception.code, 236, "{exception:?}");
    }
    // A mutation is work of the same kind, so it waits as well: the plan awaits mutations before it holds merges.
    stage.run(source, "ALTER TABLE {db}.summing UPDATE n = 2 WHERE 1 SETTINGS mutations_sync = 0").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    for (name, _) in MERGING {
        assert_eq!(cell(&stage, source, &parts(name)).await, "3", "{name}");
        assert_eq!(cell(&stage, source, &rows(name)).await, "30", "{name}: also of rows whose TTL is over");
    }
    let pending = "SELECT countIf(NOT is_done) FROM system.mutations WHERE database = '{db}'";
    assert_eq!(cell(&stage, source, pending).await, "1");

    // Not one that is made later.
    stage.run(source, "CREATE TABLE {db}.later (k UInt64) ENGINE ReplacingMergeTree ORDER BY k").await;
    for _ in 0..2 {
        stage.run(source, "INSERT INTO {db}.later VALUES (1)").await;
    }
    stage.run(source, "OPTIMIZE TABLE {db}.later FINAL").await;
    assert_eq!(cell(&stage, source, &rows("later")).await, "1");

    stage.sandbox.restart(ServerName::Source).await.expect("restarted");
    becomes(&stage, source, pending, "0").await;
    for name in ["replacing", "summing"] {
        stage.run(source, &format!("OPTIMIZE TABLE {{db}}.{name} FINAL")).await;
        assert_eq!(cell(&stage, source, &rows(name)).await, "10", "{name}");
    }
    becomes(&stage, source, &rows("expiring"), "0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_merges_on_replicas_stops_no_fetches() {
    let stage = Stage::set().await;
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        stage
            .run(replica, "CREATE TABLE {db}.r (k UInt64) ENGINE ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{db}/r', '{replica}') ORDER BY k")
            .await;
        stage.run(replica, "SYSTEM STOP MERGES").await;
    }
    for _ in 0..3 {
        stage
            .run(stage.replica(1), "INSERT INTO {db}.r SELECT number FROM numbers(10) SETTINGS insert_deduplicate = 0")
            .await;
    }
    stage.run(stage.replica(2), "SYSTEM SYNC REPLICA {db}.r").await;
    assert_eq!(cell(&stage, stage.replica(2), &rows("r")).await, "30");
    assert_eq!(cell(&stage, stage.replica(2), &parts("r")).await, "3", "fetched as they are");
}
