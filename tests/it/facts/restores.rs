//! What RESTORE promises, and what it does not: the plan's `restore`.

use houseplan::connect::store::StoreClient;

use super::{becomes, cell, refused};
use crate::support::stage::Stage;

const EXISTING: &str = "SETTINGS create_table = 'must exist', allow_different_table_def = 1";

async fn replicated(stage: &Stage, tables: &[&str]) {
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        for table in tables {
            stage
                .run(replica, &format!("CREATE TABLE {{db}}.{table} (k UInt64) ENGINE ReplicatedMergeTree('/clickhouse/tables/{{shard}}/{{db}}/{table}', '{{replica}}') ORDER BY k"))
                .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restore_is_no_transaction_what_is_finished_stays() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    for table in ["a", "b", "c"] {
        stage
            .run(
                &stage.source,
                &format!("CREATE TABLE {{db}}.{table} (k UInt64, s String) ENGINE MergeTree ORDER BY k"),
            )
            .await;
        stage
            .run(
                &stage.source,
                &format!(
                    "INSERT INTO {{db}}.{table} SELECT number, concat('{table}', toString(rand())) FROM numbers(100)"
                ),
            )
            .await;
    }
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    let store = StoreClient::new(&stage.store).expect("a store");
    let objects = store.list(&stage.name).await.expect("a list");
    let lost = objects
        .iter()
        .find(|object| object.key.contains("/b/") && object.key.ends_with("/data.bin"))
        .expect("b's rows");
    store.delete(&lost.key).await.expect("deleted");

    let exception =
        refused(&stage, stage.replica(1), &format!("RESTORE DATABASE {{db}} FROM {s3} SETTINGS restore_threads = 1"))
            .await;
    assert!(exception.message.contains("b"), "{exception:?}");
    let tables =
        "SELECT arrayStringConcat(arraySort(groupArray(name)), ' ') FROM system.tables WHERE database = '{db}'";
    assert_eq!(cell(&stage, stage.replica(1), tables).await, "a b c", "made, and left");
    let rows = "SELECT (SELECT count() FROM {db}.a) + (SELECT count() FROM {db}.c)";
    let left: u64 = cell(&stage, stage.replica(1), rows).await.parse().expect("a number");
    assert!(left >= 100, "whole tables stay when another one fails: {left}, {exception:?}");
    assert_eq!(cell(&stage, stage.replica(1), "SELECT count() FROM {db}.b").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_of_emptiness_sees_one_replica_only() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    stage.run(&stage.source, "CREATE TABLE {db}.r (k UInt64) ENGINE MergeTree ORDER BY k").await;
    stage.run(&stage.source, "INSERT INTO {db}.r SELECT number FROM numbers(10)").await;
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    replicated(&stage, &["r"]).await;
    let (first, second) = (stage.replica(1), stage.replica(2));
    let restore = format!("RESTORE TABLE {{db}}.r FROM {s3} {EXISTING}");
    // Parts that it has heard of and not fetched yet count as rows.
    stage.run(second, "SYSTEM STOP FETCHES {db}.r").await;
    stage.run(first, &restore).await;
    becomes(&stage, second, "SELECT toUInt8(inserts_in_queue > 0) FROM system.replicas WHERE database = '{db}'", "1")
        .await;
    assert_eq!(cell(&stage, second, "SELECT count() FROM {db}.r").await, "0");
    assert_eq!(refused(&stage, second, &restore).await.code, 608);
    stage.run(second, "SYSTEM START FETCHES {db}.r").await;
    stage.run(second, "SYSTEM SYNC REPLICA {db}.r").await;
    stage.run(first, "TRUNCATE TABLE {db}.r").await;
    stage.run(second, "SYSTEM SYNC REPLICA {db}.r").await;

    // Those that it has not heard of do not.
    stage.run(second, "SYSTEM STOP PULLING REPLICATION LOG {db}.r").await;
    stage.run(first, &restore).await;
    stage.run(second, &restore).await;
    stage.run(second, "SYSTEM START PULLING REPLICATION LOG {db}.r").await;
    stage.run(second, "SYSTEM SYNC REPLICA {db}.r").await;
    stage.run(first, "SYSTEM SYNC REPLICA {db}.r").await;
    for replica in [first, second] {
        assert_eq!(cell(&stage, replica, "SELECT count() FROM {db}.r").await, "20", "doubled");
    }
    // Now that the rows are there, it refuses.
    assert_eq!(refused(&stage, second, &restore).await.code, 608);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_do_not_fire_and_what_is_missing_is_made_plain_unless_it_must_exist() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    for text in ["r (k UInt64)", "target (k UInt64)"] {
        stage.run(&stage.source, &format!("CREATE TABLE {{db}}.{text} ENGINE MergeTree ORDER BY k")).await;
    }
    stage.run(&stage.source, "CREATE MATERIALIZED VIEW {db}.mv TO {db}.target AS SELECT k FROM {db}.r").await;
    stage.run(&stage.source, "INSERT INTO {db}.r SELECT number FROM numbers(10)").await;
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    replicated(&stage, &["r", "target"]).await;
    let first = stage.replica(1);
    stage.run(first, "CREATE MATERIALIZED VIEW {db}.mv TO {db}.target AS SELECT k FROM {db}.r").await;
    for table in ["target", "r", "mv"] {
        stage.run(first, &format!("RESTORE TABLE {{db}}.{table} FROM {s3} {EXISTING}")).await;
    }
    assert_eq!(cell(&stage, first, "SELECT count() FROM {db}.target").await, "10", "the view did not fire");
    assert_eq!(cell(&stage, first, "SELECT count() FROM {db}.r").await, "10");

    // Without `must exist` a table that the migrations have not made comes back plain, on one node, without a word.
    for replica in &stage.cluster.members {
        stage.run(replica, "DROP TABLE {db}.r SYNC").await;
    }
    let exception = refused(&stage, first, &format!("RESTORE TABLE {{db}}.r FROM {s3} {EXISTING}")).await;
    assert_eq!((exception.code, exception.name.as_str()), (60, "UNKNOWN_TABLE"));
    stage.run(first, &format!("RESTORE TABLE {{db}}.r FROM {s3} SETTINGS allow_different_table_def = 1")).await;
    assert_eq!(
        cell(&stage, first, "SELECT engine FROM system.tables WHERE database = '{db}' AND name = 'r'").await,
        "MergeTree"
    );
    assert_eq!(cell(&stage, stage.replica(2), "EXISTS TABLE {db}.r").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_neither_detached_parts_nor_detached_tables() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    for table in ["r", "gone"] {
        stage
            .run(
                &stage.source,
                &format!("CREATE TABLE {{db}}.{table} (k UInt64) ENGINE MergeTree ORDER BY k PARTITION BY k % 2"),
            )
            .await;
        stage.run(&stage.source, &format!("INSERT INTO {{db}}.{table} SELECT number FROM numbers(10)")).await;
    }
    stage.run(&stage.source, "ALTER TABLE {db}.r DETACH PARTITION 1").await;
    stage.run(&stage.source, "DETACH TABLE {db}.gone PERMANENTLY").await;
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    let first = stage.replica(1);
    stage.run(first, &format!("RESTORE DATABASE {{db}} FROM {s3}")).await;
    assert_eq!(cell(&stage, first, "SELECT count() FROM {db}.r").await, "5");
    assert_eq!(cell(&stage, first, "SELECT count() FROM system.detached_parts WHERE database = '{db}'").await, "0");
    assert_eq!(cell(&stage, first, "EXISTS TABLE {db}.gone").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_parts_lack_reads_as_its_default_on_every_replica() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    stage.run(&stage.source, "CREATE TABLE {db}.r (k UInt64, v String) ENGINE MergeTree ORDER BY k").await;
    stage.run(&stage.source, "INSERT INTO {db}.r SELECT number, toString(number) FROM numbers(10)").await;
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        let columns = "k UInt64, d UInt8 DEFAULT k + 7, m String MATERIALIZED concat(v, '!'), a String ALIAS concat(v, '?'), \
                       e UInt8 EPHEMERAL, v String, p UInt32";
        stage.run(replica, &format!("CREATE TABLE {{db}}.r ({columns}) ENGINE ReplicatedMergeTree('/clickhouse/tables/{{shard}}/{{db}}/r', '{{replica}}') ORDER BY k")).await;
    }
    let (first, second) = (stage.replica(1), stage.replica(2));
    stage.run(first, &format!("RESTORE TABLE {{db}}.r FROM {s3} {EXISTING}")).await;
    stage.run(second, "SYSTEM SYNC REPLICA {db}.r").await;
    let whole = "SELECT concat(toString(count()), ' ', toString(countIf(v = toString(k) AND d = k + 7 AND m = concat(v, '!') \
                 AND a = concat(v, '?') AND p = 0))) FROM {db}.r";
    for replica in [first, second] {
        assert_eq!(cell(&stage, replica, whole).await, "10 10");
    }
    // Also once a merge has written the column down.
    stage.run(first, "OPTIMIZE TABLE {db}.r FINAL").await;
    stage.run(second, "SYSTEM SYNC REPLICA {db}.r").await;
    for replica in [first, second] {
        assert_eq!(cell(&stage, replica, whole).await, "10 10");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_target_lacks_is_lost_and_one_of_another_type_breaks_when_it_is_read() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    stage.run(&stage.source, "CREATE TABLE {db}.r (k UInt64, v String) ENGINE MergeTree ORDER BY k").await;
    stage.run(&stage.source, "INSERT INTO {db}.r SELECT number, 'x' FROM numbers(10)").await;
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    let first = stage.replica(1);
    stage.run(first, "CREATE DATABASE {db}").await;
    for columns in ["k UInt64", "k UInt64, v UInt32"] {
        stage.run(first, &format!("CREATE OR REPLACE TABLE {{db}}.r ({columns}) ENGINE MergeTree ORDER BY k")).await;
        stage.run(first, &format!("RESTORE TABLE {{db}}.r FROM {s3} {EXISTING}")).await;
        assert_eq!(cell(&stage, first, "SELECT count() FROM {db}.r").await, "10");
    }
    assert_eq!(refused(&stage, first, "SELECT sum(v) FROM {db}.r").await.code, 6);
}
