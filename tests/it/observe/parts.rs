//! Comparisons that need not read rows, and those that must.

use houseplan::plan::outputs::SameBy;

use super::*;
use crate::support::recorder::{Record, Recorder};

const PATH: &str = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

/// What hashes rows.
const HASHED: &str = "cityHash64(tuple(";

/// The cluster as one that writes down what it is asked.
async fn recorded(lab: &Lab) -> (Arc<Cluster>, Record, Vec<Recorder>) {
    let record = Record::default();
    let (mut members, mut recorders) = (Vec::new(), Vec::new());
    for name in ["replica1", "replica2"] {
        let server: ServerName = name.parse().expect("a server");
        let recorder = Recorder::before(name, lab.lease.ports().http(server), &record).await;
        let url = format!("http://127.0.0.1:{}", recorder.port);
        members.push(Arc::new(member_at("cluster", name, &url, &password(&lab.lease))));
        recorders.push(recorder);
    }
    (Arc::new(Cluster { name: "cluster".into(), cluster: Some("default".to_owned()), members }), record, recorders)
}

/// The tables whose rows were hashed since this was last asked, on whichever member.
fn hashed(record: &Record) -> Vec<String> {
    let texts = record.take().into_iter().map(|heard| heard.text).filter(|text| text.contains(HASHED));
    let table =
        |text: String| text.rsplit("`.`").next().unwrap_or_default().split('`').next().unwrap_or_default().to_owned();
    let mut tables: Vec<String> = texts.map(table).collect();
    tables.sort();
    tables.dedup();
    tables
}

fn same_by(rows: &[ComparisonRow], table: &str) -> Vec<Option<SameBy>> {
    rows.iter().filter(|row| row.table.as_deref() == Some(table)).map(|row| row.same_by).collect()
}

/// Restores `house` of the source into the cluster's tables, which are there; returns when both replicas have it.
async fn restored(lab: &Lab, tables: &[&str]) {
    let to = lab.lease.s3(&lab.lease.fresh_name());
    lab.run("source", &[&format!("BACKUP DATABASE house TO {to}")]).await;
    let named: Vec<String> = tables.iter().map(|table| format!("TABLE house.`{table}`")).collect();
    let restore = format!(
        "RESTORE {} FROM {to} SETTINGS allow_different_table_def = 1, create_table = 'must exist'",
        named.join(", ")
    );
    lab.run("replica1", &[&restore]).await;
    for table in tables {
        // Merges that are stopped stay in the queue.
        lab.run("replica2", &[&format!("SYSTEM SYNC REPLICA house.`{table}` LIGHTWEIGHT")]).await;
    }
}

/// Tables without engines and keys: `{engine}` is filled in for each side.
async fn made(lab: &Lab, tables: &[&str]) {
    let create = |table: &str, replicated: bool| match replicated {
        true => table.replace("{engine}", &format!("ReplicatedMergeTree({PATH})")),
        false => table.replace("{engine}", "MergeTree"),
    };
    lab.run("source", &["CREATE DATABASE house"]).await;
    lab.run_everywhere(&["CREATE DATABASE house"]).await;
    for table in tables {
        lab.run("source", &[&create(table, false)]).await;
        lab.run_everywhere(&[&create(table, true)]).await;
    }
}

#[tokio::test]
async fn where_the_parts_are_the_same_no_row_is_read() {
    let lab = Lab::new().await;
    made(
        &lab,
        &[
            "CREATE TABLE house.runs (id UInt64, at DateTime, tags Map(String, String), score Nullable(Float64), \
             name LowCardinality(String), pair Tuple(a UInt8, b Array(String)), state AggregateFunction(uniq, UInt64), \
             twice UInt64 MATERIALIZED id * 2, shown ALIAS id + 1, INDEX i score TYPE minmax, \
             PROJECTION p (SELECT name, count() GROUP BY name)) \
             ENGINE = {engine} PARTITION BY toYYYYMM(at) ORDER BY id",
            "CREATE TABLE house.wide (id UInt64, s String) ENGINE = {engine} ORDER BY id SETTINGS min_bytes_for_wide_part = 0",
            "CREATE TABLE house.empty (id UInt64) ENGINE = {engine} ORDER BY id",
        ],
    )
    .await;
    // What the migrations have made there holds the same rows in other parts.
    lab.run("source", &["CREATE TABLE house.migrations (version UInt64) ENGINE = MergeTree ORDER BY version"]).await;
    lab.run_everywhere(&[&format!(
        "CREATE TABLE house.migrations (version UInt64, at DateTime DEFAULT now()) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY version"
    )])
    .await;
    for from in [0, 1000, 2000] {
        lab.run(
            "source",
            &[
                &format!(
                    "INSERT INTO house.runs (id, at, tags, score, name, pair, state) SELECT number + {from}, \
                     toDateTime('2026-01-01 00:00:00') + number * 86400, map('k', toString(number)), \
                     if(number % 3 = 0, NULL, number / 7), toString(number % 5), (1, ['a']), \
                     arrayReduce('uniqState', [number]) FROM numbers(90)"
                ),
                &format!("INSERT INTO house.wide SELECT number + {from}, 'x' FROM numbers(50)"),
            ],
        )
        .await;
    }
    lab.run("source", &["INSERT INTO house.migrations VALUES (7)"]).await;
    lab.run("replica1", &["INSERT INTO house.migrations (version) VALUES (7)"]).await;
    for member in ["source", "replica1", "replica2"] {
        lab.run(member, &["SYSTEM STOP MERGES"]).await;
    }
    restored(&lab, &["runs", "wide", "empty"]).await;

    let left = inventory(&lab.source, "house").await;
    assert_eq!(table(&left, "runs").rows.parts.as_ref().map(|parts| parts.count), Some(9), "three months, three times");
    let (cluster, record, _recorders) = recorded(&lab).await;
    let ignoring = CompareTask { extra: Extra::Ignore, ..comparison(&left, &cluster, ALL) };
    let rows = ignoring.compare(&task_context()).await.expect("a comparison");
    insta::assert_snapshot!(lines(&rows).join("\n"), @"
    replica1 · empty · equal by its parts
    replica1 · migrations · equal by its rows; column at is not in the inventory (DEFAULT)
    replica1 · runs · equal by its parts
    replica1 · wide · equal by its parts
    replica2 · empty · equal by its parts
    replica2 · migrations · equal by its rows; column at is not in the inventory (DEFAULT)
    replica2 · runs · equal by its parts
    replica2 · wide · equal by its parts
    ");
    assert_eq!(hashed(&record), ["migrations"], "the rows of no other table are read");
    insta::assert_snapshot!(houseplan::action::compare::row::summary(&rows), @"4 tables are the same on 2 members: 3 by their parts, 1 by its rows; migrations: column at is not in the inventory (DEFAULT)");

    // A merge makes other parts of the same rows.
    lab.run("replica2", &["SYSTEM START MERGES house.wide"]).await;
    lab.run("replica1", &["SYSTEM START MERGES house.wide", "OPTIMIZE TABLE house.wide FINAL"]).await;
    lab.run("replica2", &["SYSTEM SYNC REPLICA house.wide"]).await;
    let rows = ignoring.compare(&task_context()).await.expect("a comparison");
    assert!(rows.iter().all(|row| row.equal), "{:?}", lines(&rows));
    assert_eq!(same_by(&rows, "wide"), [Some(SameBy::Rows); 2]);
    assert_eq!(hashed(&record), ["migrations", "wide"]);

    // And nothing that nobody has counted counts as the same.
    lab.run("replica1", &["INSERT INTO house.empty VALUES (1)"]).await;
    let rows = ignoring.compare(&task_context()).await.expect("a comparison");
    assert_eq!(lines(&rows)[0], "replica1 · empty · 1 rows instead of 0");
}

#[tokio::test]
async fn what_is_compared_with_itself_is_the_same_by_its_parts_until_something_writes() {
    let lab = Lab::new().await;
    made(&lab, &["CREATE TABLE house.runs (id UInt64, s String) ENGINE = {engine} ORDER BY id"]).await;
    lab.run("source", &["INSERT INTO house.runs SELECT number, 'x' FROM numbers(10)", "SYSTEM STOP MERGES"]).await;
    let left = inventory(&lab.source, "house").await;
    assert_eq!(same_by(&compare(&left, &lab.source).await, "runs"), [Some(SameBy::Parts)]);
    // As many rows as before.
    lab.run(
        "source",
        &["SYSTEM START MERGES", "ALTER TABLE house.runs UPDATE s = 'y' WHERE id = 3 SETTINGS mutations_sync = 2"],
    )
    .await;
    let rows = compare(&left, &lab.source).await;
    assert_eq!(
        lines(&rows),
        ["source · runs · MergeTree, not replicated; 10 rows on both sides, but not the same ones"]
    );
}

#[tokio::test]
async fn the_same_bytes_under_another_default_are_other_rows() {
    let lab = Lab::new().await;
    made(&lab, &["CREATE TABLE house.events (id UInt64) ENGINE = {engine} ORDER BY id"]).await;
    lab.run("source", &["INSERT INTO house.events SELECT number FROM numbers(100)", "SYSTEM STOP MERGES"]).await;
    lab.run("source", &["ALTER TABLE house.events ADD COLUMN plan String DEFAULT 'free'"]).await;
    let add = |default: &str| format!("ALTER TABLE house.events ADD COLUMN plan String DEFAULT '{default}'");
    lab.run("replica1", &[&add("trial")]).await;
    restored(&lab, &["events"]).await;

    let left = inventory(&lab.source, "house").await;
    assert!(table(&left, "events").rows.parts.is_some());
    let rows = compare(&left, &lab.cluster).await;
    assert_eq!(same_by(&rows, "events"), [None, None]);
    assert!(rows[0].differences.contains(&"100 rows on both sides, but not the same ones".to_owned()), "{rows:?}");

    lab.run("replica1", &["ALTER TABLE house.events MODIFY COLUMN plan DEFAULT 'free'"]).await;
    lab.run("replica2", &["SYSTEM SYNC REPLICA house.events"]).await;
    assert_eq!(same_by(&compare(&left, &lab.cluster).await, "events"), [Some(SameBy::Parts); 2]);
}

#[tokio::test]
async fn a_default_that_a_server_calculates_for_old_parts_is_read() {
    let lab = Lab::new().await;
    made(&lab, &["CREATE TABLE house.events (id UInt64) ENGINE = {engine} ORDER BY id"]).await;
    lab.run("source", &["INSERT INTO house.events SELECT number FROM numbers(100)", "SYSTEM STOP MERGES"]).await;
    let add = "ALTER TABLE house.events ADD COLUMN zone String DEFAULT upper('utc')";
    lab.run("source", &[add]).await;
    lab.run("replica1", &[add]).await;
    restored(&lab, &["events"]).await;
    let left = inventory(&lab.source, "house").await;
    assert_eq!(table(&left, "events").rows.parts, None);
    assert_eq!(same_by(&compare(&left, &lab.cluster).await, "events"), [Some(SameBy::Rows); 2]);
}

/// In a compact part the engine's hash sees no names of columns.
#[tokio::test]
async fn two_columns_that_changed_places_have_one_hash_and_are_other_rows() {
    let lab = Lab::new().await;
    lab.run("source", &["CREATE DATABASE house"]).await;
    lab.run_everywhere(&["CREATE DATABASE house"]).await;
    let table_of =
        |columns: &str, engine: &str| format!("CREATE TABLE house.sums ({columns}) ENGINE = {engine} ORDER BY tuple()");
    lab.run("source", &[&table_of("a UInt32, b UInt32", "MergeTree")]).await;
    lab.run_everywhere(&[&table_of("b UInt32, a UInt32", &format!("ReplicatedMergeTree({PATH})"))]).await;
    lab.run("source", &["INSERT INTO house.sums (a, b) SELECT number + 1, number + 2 FROM numbers(3)"]).await;
    lab.run("replica1", &["INSERT INTO house.sums (a, b) SELECT number + 2, number + 1 FROM numbers(3)"]).await;
    let hash = "SELECT hash_of_all_files FROM system.parts WHERE database = 'house' AND active";
    assert_eq!(lab.lease.must("source", hash).await, lab.lease.must("replica1", hash).await, "a fact about ClickHouse");

    let left = inventory(&lab.source, "house").await;
    let rows = compare(&left, &lab.cluster).await;
    assert!(lines(&rows)[0].contains("3 rows on both sides, but not the same ones"), "{:?}", lines(&rows));
}

#[tokio::test]
async fn parts_say_nothing_while_something_else_says_what_their_rows_are() {
    let lab = Lab::new().await;
    made(
        &lab,
        &[
            "CREATE TABLE house.deleted (id UInt64, s String) ENGINE = {engine} ORDER BY id",
            "CREATE TABLE house.pending (id UInt64, s String) ENGINE = {engine} ORDER BY id",
            "CREATE TABLE house.patched (id UInt64, s String) ENGINE = {engine} ORDER BY id \
             SETTINGS enable_block_number_column = 1, enable_block_offset_column = 1",
            "CREATE TABLE house.renamed (id UInt64, s String) ENGINE = {engine} ORDER BY id",
        ],
    )
    .await;
    for table in ["deleted", "pending", "patched", "renamed"] {
        lab.run("source", &[&format!("INSERT INTO house.{table} SELECT number, 'x' FROM numbers(10)")]).await;
    }
    lab.run(
        "source",
        &[
            "DELETE FROM house.deleted WHERE id = 3",
            "UPDATE house.patched SET s = 'y' WHERE id = 3 SETTINGS allow_experimental_lightweight_update = 1",
            "SYSTEM STOP MERGES",
            "ALTER TABLE house.pending UPDATE s = 'y' WHERE id = 3 SETTINGS mutations_sync = 0",
            "ALTER TABLE house.renamed RENAME COLUMN s TO t SETTINGS alter_sync = 0, mutations_sync = 0",
        ],
    )
    .await;
    let left = inventory(&lab.source, "house").await;
    let has_parts: Vec<(&str, bool)> =
        left.tables.iter().map(|table| (table.name.as_str(), table.rows.parts.is_some())).collect();
    assert_eq!(has_parts, [("deleted", true), ("patched", false), ("pending", false), ("renamed", false)]);

    restored(&lab, &["deleted"]).await;
    let rows = compare(&left, &lab.cluster).await;
    assert_eq!(same_by(&rows, "deleted"), [Some(SameBy::Parts); 2], "what is deleted is part of the part");
    assert_eq!(rows.iter().find(|row| row.table.as_deref() == Some("deleted")).and_then(|row| row.right_rows), Some(9));
}

/// The hash of a part is the one that it was written with, so a comparison by parts does not read the disk; who fetches a part does.
#[tokio::test]
async fn a_part_whose_bytes_are_no_longer_what_was_written_is_not_fetched() {
    let lab = Lab::new().await;
    let table = format!(
        "CREATE TABLE house.runs (id UInt64, s String) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY id \
         SETTINGS min_bytes_for_wide_part = 0"
    );
    lab.run_everywhere(&["CREATE DATABASE house", &table]).await;
    lab.run("replica2", &["SYSTEM STOP FETCHES house.runs"]).await;
    lab.run("replica1", &["INSERT INTO house.runs SELECT number, toString(cityHash64(number)) FROM numbers(1000)"])
        .await;
    let path = lab.lease.must("replica1", "SELECT path FROM system.parts WHERE table = 'runs' AND active").await;
    let file = std::path::Path::new(&path).join("s.bin");
    let mut bytes = fs::read(&file).expect("a file of the part");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("it can be written");
    lab.run("replica2", &["SYSTEM START FETCHES house.runs"]).await;
    let refused =
        "SELECT count() FROM system.replication_queue WHERE last_exception LIKE '%Checksum mismatch for file s.bin%'";
    let begun = std::time::Instant::now();
    while lab.lease.must("replica2", refused).await == "0" {
        assert!(begun.elapsed() < Duration::from_secs(30), "it was not refused");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(lab.lease.must("replica2", "SELECT count() FROM house.runs").await, "0");
}
