//! Kinds of tables: what `create_table = 'must exist'` and `allow_different_table_def = 1` do to each of them.

use super::{cell, refused};
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
