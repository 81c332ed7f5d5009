//! DROP with SYNC and without: the plan's `clean`.

use super::{cell, refused};
use crate::support::stage::Stage;

const TABLE: &str = "CREATE TABLE {db}.r (k UInt64) ENGINE ReplicatedMergeTree('/clickhouse/tables/{shard}/{db}/r', '{replica}') ORDER BY k";

#[tokio::test(flavor = "multi_thread")]
async fn drop_database_sync_leaves_room_for_the_same_tables_at_once() {
    let stage = Stage::set().await;
    for _ in 0..2 {
        for replica in &stage.cluster.members {
            stage.run(replica, "DROP DATABASE IF EXISTS {db} SYNC").await;
            stage.run(replica, "CREATE DATABASE {db}").await;
        }
        for replica in &stage.cluster.members {
            stage.run(replica, TABLE).await;
        }
        stage.run(stage.replica(1), "INSERT INTO {db}.r SELECT number FROM numbers(10)").await;
        stage.run(stage.replica(2), "SYSTEM SYNC REPLICA {db}.r").await;
        assert_eq!(cell(&stage, stage.replica(2), "SELECT count() FROM {db}.r").await, "10");
        let healthy = "SELECT active_replicas = 2 AND total_replicas = 2 FROM system.replicas WHERE database = '{db}'";
        assert_eq!(cell(&stage, stage.replica(1), healthy).await, "1");
    }
    let left = "SELECT count() FROM system.dropped_tables WHERE database = '{db}'";
    assert_eq!(cell(&stage, stage.replica(1), left).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn drop_without_sync_is_seen_in_dropped_tables_and_refuses_the_same_table() {
    let stage = Stage::set().await;
    let replica = stage.replica(1);
    stage.run(replica, "CREATE DATABASE {db}").await;
    stage.run(replica, TABLE).await;
    stage.run(replica, "DROP DATABASE {db}").await;
    // The plan's check `no delayed drop is pending` asks for the same.
    let left = "SELECT count() FROM system.dropped_tables WHERE database = '{db}'";
    assert_eq!(cell(&stage, replica, left).await, "1");
    stage.run(replica, "CREATE DATABASE {db}").await;
    let exception = refused(&stage, replica, TABLE).await;
    assert_eq!((exception.code, exception.name.as_str()), (253, "REPLICA_ALREADY_EXISTS"));
    // A database's DROP with SYNC does not wait for a table that is hidden already.
    stage.run(replica, "DROP DATABASE {db} SYNC").await;
    assert_eq!(cell(&stage, replica, left).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn drop_database_stops_in_the_middle_at_a_large_table_unless_the_statement_lifts_the_limit() {
    let stage = Stage::set().await;
    let replica = stage.replica(1);
    stage.run(replica, "CREATE DATABASE {db}").await;
    for (table, rows) in [("small", 1), ("large", 100_000)] {
        stage.run(replica, &format!("CREATE TABLE {{db}}.{table} (k UInt64) ENGINE MergeTree ORDER BY k")).await;
        stage.run(replica, &format!("INSERT INTO {{db}}.{table} SELECT rand64() FROM numbers({rows})")).await;
    }
    let drop = |limit| format!("DROP DATABASE {{db}} SYNC SETTINGS max_table_size_to_drop = {limit}");
    let exception = refused(&stage, replica, &drop(10_000)).await;
    assert_eq!((exception.code, exception.name.as_str()), (359, "TABLE_SIZE_EXCEEDS_MAX_DROP_SIZE_LIMIT"));
    assert_eq!(cell(&stage, replica, "SELECT count() FROM {db}.large").await, "100000");
    stage.run(replica, &drop(0)).await;
    assert_eq!(cell(&stage, replica, "SELECT count() FROM system.databases WHERE name = '{db}'").await, "0");
}
