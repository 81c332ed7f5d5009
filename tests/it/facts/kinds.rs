//! Kinds of tables: what `create_table = 'must exist'` and `allow_different_table_def = 1` do to each of them.

use super::{becomes, cell, refused};
use crate::support::stage::Stage;

/// Name, columns and what stands behind the engine.
const TABLES: &[(&str, &str, &str, &str)] = &[
    ("docs", "k UInt64, doc JSON", "", "ORDER BY k"),
    ("maps", "k UInt64, kv Map(String, String)", "", "ORDER BY k"),
    ("projected", "k UInt64, n UInt64, PROJECTION by_n (SELECT n, count() GROUP BY n)", "", "ORDER BY k"),
    ("expiring", "k UInt64, at DateTime DEFAULT '2099-01-01 00:00:00'", "", "ORDER BY k TTL at + INTERVAL 1 DAY"),
    ("skipping", "k UInt64, s String, INDEX i s TYPE bloom_filter GRANULARITY 1", "", "ORDER BY k"),
    (
        "nullable",
        "k UInt64, n Nullable(String), l LowCardinality(String), a Array(Tuple(x UInt8, y String))",
        "",
        "ORDER BY k",
    ),
    ("versioned", "k UInt64, v UInt64, gone UInt8", "Replacing", "ORDER BY k PARTITION BY k % 3"),
    (
        "states",
        "k UInt64, u AggregateFunction(uniq, UInt64), s SimpleAggregateFunction(sum, UInt64)",
        "Aggregating",
        "ORDER BY k",
    ),
];

const INSERTS: &[(&str, &str)] = &[
    ("docs", "SELECT number, concat('{\"a\":', toString(number), '}') FROM numbers(50)"),
    ("maps", "SELECT number, map('k', toString(number)) FROM numbers(50)"),
    ("projected", "SELECT number, number % 3 FROM numbers(50)"),
    ("expiring", "(k) SELECT number FROM numbers(50)"),
    ("skipping", "SELECT number, toString(number) FROM numbers(50)"),
    ("nullable", "SELECT number, if(number % 2, NULL, 'x'), 'l', [(1, 'y')] FROM numbers(50)"),
    ("versioned", "SELECT number, 1, 0 FROM numbers(50)"),
    ("states", "SELECT number, uniqState(number), 1 FROM numbers(50) GROUP BY number"),
];

/// What has no rows: restored with `must exist`, and without.
const OTHERS: &[(&str, &str)] = &[
    ("plain_view", "CREATE VIEW {db}.plain_view AS SELECT count() AS n FROM {db}.docs"),
    (
        "dictionary",
        "CREATE DICTIONARY {db}.dictionary (k UInt64, s String) PRIMARY KEY k SOURCE(CLICKHOUSE(DB '{db}' TABLE 'skipping')) LAYOUT(FLAT()) LIFETIME(0)",
    ),
    (
        "to_view",
        "CREATE MATERIALIZED VIEW {db}.to_view TO {db}.versioned AS SELECT k, k AS v, toUInt8(0) AS gone FROM {db}.maps",
    ),
    ("inner_view", "CREATE MATERIALIZED VIEW {db}.inner_view ENGINE=MergeTree ORDER BY k AS SELECT k FROM {db}.docs"),
];

async fn make(stage: &Stage) -> String {
    let source = &stage.source;
    stage.run(source, "CREATE DATABASE {db}").await;
    for (name, columns, kind, rest) in TABLES {
        stage.run(source, &format!("CREATE TABLE {{db}}.{name} ({columns}) ENGINE {kind}MergeTree {rest}")).await;
    }
    for (_, text) in OTHERS {
        stage.run(source, text).await;
    }
    stage.run(source, "SYSTEM STOP MERGES").await;
    for (name, text) in INSERTS {
        stage.run(source, &format!("INSERT INTO {{db}}.{name} {text}")).await;
    }
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    s3
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_different_table_def_alone_takes_every_kind_into_empty_replicated_tables() {
    let stage = Stage::set().await;
    let s3 = make(&stage).await;
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        for (name, columns, kind, rest) in TABLES {
            stage
                .run(replica, &format!("CREATE TABLE {{db}}.{name} ({columns}) ENGINE Replicated{kind}MergeTree('/clickhouse/tables/{{shard}}/{{db}}/{name}', '{{replica}}') {rest}"))
                .await;
        }
        stage.run(replica, "SYSTEM STOP MERGES").await;
    }
    let first = stage.replica(1);
    for (name, ..) in TABLES {
        let plain = refused(
            &stage,
            first,
            &format!("RESTORE TABLE {{db}}.{name} FROM {s3} SETTINGS create_table = 'must exist'"),
        )
        .await;
        assert_eq!(plain.code, 608, "{name}");
        assert!(plain.message.contains("different definition"), "{name}: {plain:?}");
        stage
            .run(first, &format!("RESTORE TABLE {{db}}.{name} FROM {s3} SETTINGS create_table = 'must exist', allow_different_table_def = 1"))
            .await;
        stage.run(stage.replica(2), &format!("SYSTEM SYNC REPLICA {{db}}.{name}")).await;
        let sum = format!("SELECT (count(), sum(cityHash64(tuple(*))))::String FROM {{db}}.{name}");
        let expected = cell(&stage, &stage.source, &sum).await;
        for replica in &stage.cluster.members {
            assert_eq!(cell(&stage, replica, &sum).await, expected, "{name} on {}", replica.name);
        }
    }
    // The projection's parts and the index came along.
    let projections =
        "SELECT sum(rows) > 0 FROM system.projection_parts WHERE database = '{db}' AND table = 'projected' AND active";
    assert_eq!(cell(&stage, stage.replica(2), projections).await, "1");
    let indexes = "SELECT data_compressed_bytes > 0 FROM system.data_skipping_indices WHERE database = '{db}' AND table = 'skipping'";
    assert_eq!(cell(&stage, stage.replica(2), indexes).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn must_exist_refuses_views_and_dictionaries_too_and_takes_those_that_are_there() {
    let stage = Stage::set().await;
    let s3 = make(&stage).await;
    let first = stage.replica(1);
    stage.run(first, "CREATE DATABASE {db}").await;
    for (name, columns, kind, rest) in TABLES {
        stage.run(first, &format!("CREATE TABLE {{db}}.{name} ({columns}) ENGINE {kind}MergeTree {rest}")).await;
    }
    for (name, text) in OTHERS {
        let what = if *name == "dictionary" { "DICTIONARY" } else { "TABLE" };
        let restore = format!(
            "RESTORE {what} {{db}}.{name} FROM {s3} SETTINGS create_table = 'must exist', allow_different_table_def = 1"
        );
        let exception = refused(&stage, first, &restore).await;
        assert_eq!(exception.code, 60, "{name}: {exception:?}");
        stage.run(first, text).await;
        stage.run(first, &restore).await;
    }
    assert_eq!(cell(&stage, first, "SELECT count() FROM {db}.inner_view").await, "50", "its inner table's rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_the_rows_of_logs_and_memory_and_not_those_of_set_join_file_and_inner_tables_without_a_view() {
    let stage = Stage::set().await;
    let source = &stage.source;
    let engines = [
        ("Memory", "10"),
        ("Log", "10"),
        ("TinyLog", "10"),
        ("StripeLog", "10"),
        ("EmbeddedRocksDB PRIMARY KEY k", "10"),
        ("Join(ANY, LEFT, k)", "0"),
    ];
    stage.run(source, "CREATE DATABASE {db}").await;
    for (number, (engine, _)) in engines.iter().enumerate() {
        stage.run(source, &format!("CREATE TABLE {{db}}.t{number} (k UInt64, v UInt64) ENGINE = {engine}")).await;
        stage.run(source, &format!("INSERT INTO {{db}}.t{number} SELECT number, number FROM numbers(10)")).await;
    }
    for (name, engine) in [
        ("members", "Set"),
        ("lines", "File(TSV)"),
        (".inner.lost", "MergeTree ORDER BY k"),
        ("detached", "MergeTree ORDER BY k"),
    ] {
        stage.run(source, &format!("CREATE TABLE {{db}}.`{name}` (k UInt64) ENGINE = {engine}")).await;
        stage.run(source, &format!("INSERT INTO {{db}}.`{name}` SELECT number FROM numbers(10)")).await;
    }
    stage.run(source, "DETACH TABLE {db}.detached PERMANENTLY").await;

    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    stage.run(source, &format!("RESTORE DATABASE {{db}} AS {{db}}_back FROM {s3}")).await;
    for (number, (engine, rows)) in engines.iter().enumerate() {
        assert_eq!(
            cell(&stage, source, &format!("SELECT count() FROM {{db}}_back.t{number}")).await,
            *rows,
            "{engine}"
        );
    }
    assert_eq!(cell(&stage, source, "SELECT count() FROM numbers(10) WHERE number IN {db}.members").await, "10");
    assert_eq!(cell(&stage, source, "SELECT count() FROM numbers(10) WHERE number IN {db}_back.members").await, "0");
    assert_eq!(refused(&stage, source, "SELECT count() FROM {db}_back.lines").await.code, 107);
    let gone = "SELECT count() FROM system.tables WHERE database = '{db}_back' AND name IN ('.inner.lost', 'detached')";
    assert_eq!(cell(&stage, source, gone).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lightweight_update_is_in_no_backup_until_it_is_applied_and_its_patch_goes_away_later() {
    let stage = Stage::set().await;
    let source = &stage.source;
    stage.run(source, "CREATE DATABASE {db}").await;
    stage.run(source, "CREATE TABLE {db}.t (k UInt64, v String) ENGINE = MergeTree ORDER BY k SETTINGS enable_block_number_column = 1, enable_block_offset_column = 1, cleanup_delay_period = 1, max_cleanup_delay_period = 1").await;
    stage.run(source, "INSERT INTO {db}.t SELECT number, 'old' FROM numbers(10)").await;
    stage.run(source, "UPDATE {db}.t SET v = 'new' WHERE k < 5").await;
    let updated = "SELECT countIf(v = 'new') FROM {of}.t";
    let patches = "SELECT count() FROM system.parts WHERE database = '{db}' AND active AND startsWith(name, 'patch-')";
    assert_eq!(cell(&stage, source, &updated.replace("{of}", "{db}")).await, "5");
    assert_eq!(cell(&stage, source, patches).await, "1");
    for (copy, rows) in [("before", "0"), ("after", "5")] {
        let s3 = stage.sandbox.s3(&format!("{}/{copy}", stage.name));
        stage.run(source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
        stage.run(source, &format!("RESTORE DATABASE {{db}} AS {{db}}_{copy} FROM {s3}")).await;
        assert_eq!(cell(&stage, source, &updated.replace("{of}", &format!("{{db}}_{copy}"))).await, rows, "{copy}");
        stage.run(source, "ALTER TABLE {db}.t APPLY PATCHES SETTINGS mutations_sync = 1").await;
        becomes(&stage, source, patches, "0").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_is_not_done_is_in_no_backup() {
    let stage = Stage::set().await;
    let source = &stage.source;
    stage.run(source, "CREATE DATABASE {db}").await;
    stage.run(source, "CREATE TABLE {db}.t (k UInt64) ENGINE = MergeTree ORDER BY k").await;
    stage.run(source, "INSERT INTO {db}.t SELECT number FROM numbers(10)").await;
    stage.run(source, "SYSTEM STOP MERGES {db}.t").await;
    stage.run(source, "ALTER TABLE {db}.t DELETE WHERE k < 5 SETTINGS mutations_sync = 0").await;
    let s3 = stage.sandbox.s3(&stage.name);
    stage.run(source, &format!("BACKUP DATABASE {{db}} TO {s3}")).await;
    stage.run(source, &format!("RESTORE DATABASE {{db}} AS {{db}}_back FROM {s3}")).await;
    let pending = "SELECT count() FROM system.mutations WHERE database = '{db}_back'";
    assert_eq!(cell(&stage, source, pending).await, "0");
    assert_eq!(cell(&stage, source, "SELECT count() FROM {db}_back.t").await, "10");
}
