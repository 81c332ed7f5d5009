//! Several shards: two independent servers, `source` and `replica1`, are two shards of one target here, and `replica2` holds
//! the whole.

use houseplan::action::inventory::Rows;

use super::*;

const TABLES: &[&str] = &[
    "CREATE DATABASE house",
    "CREATE TABLE house.runs (k UInt64, n Nullable(String)) ENGINE = MergeTree ORDER BY k",
    "CREATE TABLE house.latest (k UInt64, ver UInt64) ENGINE = ReplacingMergeTree(ver) ORDER BY k",
    "CREATE MATERIALIZED VIEW house.by_tens ENGINE = SummingMergeTree ORDER BY t AS SELECT intDiv(k, 10) AS t, count() AS c FROM house.runs GROUP BY t",
    "CREATE VIEW house.recent AS SELECT k FROM house.runs",
    "SYSTEM STOP MERGES",
];

/// Fills a server with the rows that belong to it, by the key's tens, so that no group is on two shards.
async fn fill(lab: &Lab, member: &str, belongs: &str) {
    lab.run(member, TABLES).await;
    let runs = format!(
        "INSERT INTO house.runs SELECT number, if(number % 3 = 0, NULL, 'x') FROM numbers(1000) WHERE {belongs}"
    );
    let latest = |ver: u64| format!("INSERT INTO house.latest SELECT number, {ver} FROM numbers(100) WHERE {belongs}");
    lab.run(member, &[&runs, &latest(1), &latest(2)]).await;
}

/// The whole on `replica2`, and the same rows on two shards.
async fn sharded(lab: &Lab) -> (Arc<Cluster>, Arc<Cluster>) {
    fill(lab, "replica2", "1").await;
    fill(lab, "source", "intDiv(number, 10) % 3 = 0").await;
    fill(lab, "replica1", "intDiv(number, 10) % 3 != 0").await;
    let whole = target(&lab.lease, "whole", None, &["replica2"]);
    let mut shards = target(&lab.lease, "shards", None, &["source", "replica1"]);
    shards.members[1] = Arc::new(Member { shard: 2, ..shards.members[1].as_ref().clone() });
    (Arc::new(whole), Arc::new(shards))
}

#[tokio::test]
async fn rows_sizes_and_checksums_add_up() {
    let lab = Lab::new().await;
    let (whole, shards) = sharded(&lab).await;
    let (one, two) = (inventory(&whole, "house").await, inventory(&shards, "house").await);
    assert_eq!(two.members.values().copied().collect::<Vec<_>>(), [1, 2]);
    for name in ["runs", "latest", "by_tens"] {
        let (one, two) = (table(&one, name), table(&two, name));
        // Other parts hold them.
        let rows = |table: &Table| Rows { parts: None, ..table.rows.clone() };
        assert_eq!(rows(one), rows(two), "{name}");
        assert!(one.rows.checksum.is_some());
        let rows: Vec<_> = two.copies.values().map(|copy| copy.rows.rows.expect("rows")).collect();
        assert!(rows.iter().all(|rows| *rows > 0), "{name} is on both: {rows:?}");
        assert_eq!(rows.iter().sum::<u64>(), two.rows.rows.expect("rows"));
        assert_eq!(two.bytes, two.copies.values().map(|copy| copy.bytes).sum(), "{name}");
    }
    let latest = table(&two, "latest");
    assert_eq!((latest.rows.rows, latest.rows.final_rows), (Some(200), Some(100)), "FINAL adds up, too");

    // Both ways, and after merges on one shard only.
    for (left, right) in [(&one, &shards), (&two, &whole)] {
        let rows = compare(left, right).await;
        assert!(!rows.is_empty() && rows.iter().all(|row| row.equal && !row.by_final), "{:?}", lines(&rows));
    }
    lab.run("replica1", &["SYSTEM START MERGES", "OPTIMIZE TABLE house.latest FINAL"]).await;
    let rows = compare(&one, &shards).await;
    assert!(rows.iter().all(|row| row.equal), "{:?}", lines(&rows));
    let merged: Vec<_> = rows.iter().filter(|row| row.by_final).map(|row| row.table.as_deref()).collect();
    assert_eq!(merged, [Some("latest"), Some("latest")]);
}

#[tokio::test]
async fn what_is_missing_or_doubled_on_one_shard_is_found() {
    let lab = Lab::new().await;
    let (whole, shards) = sharded(&lab).await;
    let one = inventory(&whole, "house").await;
    let unequal = async |words: &str| {
        let rows = compare(&one, &shards).await;
        let found: Vec<String> = lines(&rows).into_iter().filter(|line| line.contains(" · runs · ")).collect();
        assert!(found.iter().all(|line| line.contains(words)), "{words}: {found:?}");
        assert!(rows.iter().filter(|row| row.table.as_deref() == Some("runs")).all(|row| !row.equal));
    };
    // A mutation is held with the merges.
    lab.run("replica1", &["SYSTEM START MERGES"]).await;
    // Of one shard, then of the other, then a row that stands on both.
    lab.run("replica1", &["ALTER TABLE house.runs DELETE WHERE k = 11 SETTINGS mutations_sync = 2"]).await;
    unequal("999 rows instead of 1,000").await;
    lab.run("source", &["INSERT INTO house.runs SELECT 12, 'x'"]).await;
    unequal("1,000 rows on both sides, but not the same ones").await;
    lab.run("source", &["INSERT INTO house.runs SELECT 11, 'x'"]).await;
    unequal("1,001 rows instead of 1,000").await;

    lab.run("source", &["DROP TABLE house.latest SYNC"]).await;
    let rows = lines(&compare(&one, &shards).await);
    assert!(rows.contains(&"source · latest · missing".to_owned()), "{rows:?}");
    let other = rows.iter().find(|line| line.starts_with("replica1 · latest")).expect("a row of the other shard");
    assert!(other.contains("rows instead of 200"), "{other}");
}
