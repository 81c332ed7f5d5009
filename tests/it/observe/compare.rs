use super::*;

const PATH: &str = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

#[tokio::test]
async fn what_differs_is_told_by_member_and_table() {
    let lab = Lab::new().await;
    lab.run(
        "source",
        &[
            "CREATE DATABASE house",
            "CREATE TABLE house.runs (k UInt64, n Nullable(String)) ENGINE = MergeTree ORDER BY k",
            "CREATE TABLE house.plain (k UInt64) ENGINE = MergeTree ORDER BY k",
            "CREATE TABLE house.feedbacks (k UInt64, score UInt32) ENGINE = ReplacingMergeTree ORDER BY k",
            "CREATE VIEW house.recent AS SELECT k FROM house.runs",
            "INSERT INTO house.runs SELECT number, NULL FROM numbers(10)",
        ],
    )
    .await;
    let runs = format!(
        "CREATE TABLE house.runs (k UInt64, n Nullable(String)) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY k"
    );
    let feedbacks = format!(
        "CREATE TABLE house.feedbacks (k UInt64, score String) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY k"
    );
    lab.run_everywhere(&["CREATE DATABASE house", &runs, "CREATE VIEW house.recent AS SELECT k FROM house.runs"]).await;
    lab.run("replica1", &["CREATE TABLE house.plain (k UInt64) ENGINE = MergeTree ORDER BY k", &feedbacks]).await;
    lab.run("replica2", &["CREATE TABLE house.extra (k UInt64) ENGINE = MergeTree ORDER BY k"]).await;
    lab.run("replica1", &["INSERT INTO house.runs SELECT number, NULL FROM numbers(10)"]).await;

    let left = inventory(&lab.source, "house").await;
    let rows = compare(&left, &lab.cluster).await;
    assert_eq!(
        lines(&rows),
        [
            "replica1 · feedbacks · ReplicatedMergeTree, 1 of 2 replicas; engine ReplicatedMergeTree instead of ReplacingMergeTree; column score is String instead of UInt32",
            "replica1 · plain · MergeTree, not replicated; equal by its parts",
            "replica1 · recent · equal by its definition",
            "replica1 · runs · equal by its parts",
            "replica2 · feedbacks · missing",
            "replica2 · plain · missing",
            "replica2 · recent · equal by its definition",
            "replica2 · runs · equal by its parts",
            "replica2 · extra · MergeTree, not replicated; not in the inventory (0 rows)",
        ]
    );
    assert!(rows[1].equal && !rows[1].replicated, "what is not replicated is the plan's to judge");
    assert!(rows[2].replicated, "a view holds no rows that could be");

    lab.run("replica2", &["ALTER TABLE house.runs UPDATE n = '' WHERE k = 3 SETTINGS mutations_sync = 2"]).await;
    let rows = compare(&left, &lab.cluster).await;
    assert!(
        lines(&rows).contains(&"replica1 · runs · 10 rows on both sides, but not the same ones".to_owned()),
        "{rows:?}"
    );
}

#[tokio::test]
async fn merges_explain_a_difference_and_that_is_said() {
    let lab = Lab::new().await;
    let columns = "(k UInt64, v SimpleAggregateFunction(max, UInt64), u AggregateFunction(uniq, UInt64))";
    let rows =
        |from: u64| format!("SELECT number, {from}, arrayReduce('uniqState', [number + {from}]) FROM numbers(20)");
    let source = format!("CREATE TABLE house.states {columns} ENGINE = AggregatingMergeTree ORDER BY k");
    let replica =
        format!("CREATE TABLE house.states {columns} ENGINE = ReplicatedAggregatingMergeTree({PATH}) ORDER BY k");
    lab.run("source", &["CREATE DATABASE house", &source, "SYSTEM STOP MERGES house.states"]).await;
    lab.run_everywhere(&["CREATE DATABASE house", &replica]).await;
    for from in [0, 100, 1000] {
        let insert = format!("INSERT INTO house.states {}", rows(from));
        lab.run("source", &[&insert]).await;
        lab.run("replica1", &[&insert]).await;
    }
    lab.run("replica1", &["OPTIMIZE TABLE house.states FINAL"]).await;

    let left = inventory(&lab.source, "house").await;
    let states = table(&left, "states");
    assert_eq!((states.rows.rows, states.rows.final_rows), (Some(60), Some(20)));
    let compared = compare(&left, &lab.cluster).await;
    assert_eq!(
        lines(&compared),
        ["replica1", "replica2"].map(|member| format!(
            "{member} · states · equal after merges (FINAL); of u (uniq) the number of values is compared, not which"
        ))
    );
    assert_eq!(compared[0].right_rows, Some(20));

    lab.run("replica1", &["INSERT INTO house.states SELECT 500, 1, arrayReduce('uniqState', [toUInt64(1)])"]).await;
    let compared = compare(&left, &lab.cluster).await;
    assert_eq!(lines(&compared)[1], "replica2 · states · 21 rows instead of 60 (under FINAL 21 instead of 20)");
}

#[tokio::test]
async fn rows_that_went_into_a_state_more_than_once_are_seen_and_so_is_what_cannot_be_told() {
    let lab = Lab::new().await;
    let made = |name: &str, function: &str, replicated: bool| {
        let engine = match replicated {
            true => format!("ReplicatedAggregatingMergeTree({PATH})"),
            false => "AggregatingMergeTree".to_owned(),
        };
        format!(
            "CREATE TABLE house.{name} (k UInt64, s AggregateFunction({function}, UInt64)) ENGINE = {engine} ORDER BY k"
        )
    };
    let tables = [("averages", "avg"), ("digests", "quantileTDigest")];
    for (member, replicated) in [("source", false), ("replica1", true), ("replica2", true)] {
        lab.run(member, &["CREATE DATABASE house"]).await;
        for (name, function) in tables {
            lab.run(member, &[&made(name, function, replicated), &format!("SYSTEM STOP MERGES house.{name}")]).await;
        }
    }
    let insert = async |member: &str, at: usize, numbers: u64| {
        let (name, function) = tables[at];
        let state = format!("arrayReduce('{function}State', range(toUInt64({numbers})))");
        let text = format!("INSERT INTO house.{name} SELECT 1, {state} SETTINGS insert_deduplicate = 0");
        lab.run(member, &[&text]).await;
    };
    insert("source", 0, 20).await;
    for numbers in [10, 5000, 300] {
        insert("source", 1, numbers).await;
        insert("replica1", 0, 20).await;
        insert("replica1", 1, numbers).await;
    }
    // An average of tripled rows is the same average, until a row is added. What nobody merged is compared as it is stored.
    let left = inventory(&lab.source, "house").await;
    insta::assert_snapshot!(lines(&compare(&left, &lab.cluster).await)[..2].join("\n"), @"
    replica1 · averages · 3 rows instead of 1 (under FINAL 1 on both sides, but not the same ones)
    replica1 · digests · equal by its parts
    ");

    lab.run("replica1", &["TRUNCATE TABLE house.digests"]).await;
    for numbers in [300, 10, 5000] {
        insert("replica1", 1, numbers).await;
    }
    lab.run("replica1", &["SYSTEM START MERGES house.digests", "OPTIMIZE TABLE house.digests FINAL"]).await;
    insta::assert_snapshot!(lines(&compare(&left, &lab.cluster).await)[1], @"replica1 · digests · 1 rows instead of 3 (under FINAL 1 on both sides, but not the same ones); the order of merging shows in the states of s (quantileTDigest), so FINAL cannot say whether they differ: restore with merges stopped on both sides and compare again, or compare their finalizeAggregation, which does not see doubled rows");
}

#[tokio::test]
async fn a_target_is_compared_with_itself_member_by_member() {
    let lab = Lab::new().await;
    lab.run_everywhere(&["CREATE DATABASE house"]).await;
    lab.run(
        "replica1",
        &["CREATE TABLE house.stray (a UInt8) ENGINE = MergeTree ORDER BY a", "INSERT INTO house.stray VALUES (1)"],
    )
    .await;
    let left = inventory(&lab.cluster, "house").await;
    let rows = compare(&left, &lab.cluster).await;
    assert_eq!(
        lines(&rows),
        ["replica1 · stray · MergeTree, not replicated; equal by its parts", "replica2 · no tables · equal"]
    );
    assert!(rows.iter().all(|row| row.equal), "what is there is what was shown");

    let empty = inventory(&lab.source, "house").await;
    let rows = compare(&empty, &lab.source).await;
    assert_eq!(lines(&rows), ["source · no tables · equal"], "there is a row also where there is no table");
}

#[tokio::test]
async fn replicas_that_have_not_come_to_rest_are_named() {
    let lab = Lab::new().await;
    let runs = format!("CREATE TABLE house.runs (k UInt64) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY k");
    lab.run_everywhere(&["CREATE DATABASE house", &runs]).await;
    lab.run(
        "source",
        &[
            "CREATE DATABASE house",
            "CREATE TABLE house.runs (k UInt64) ENGINE = MergeTree ORDER BY k",
            "INSERT INTO house.runs SELECT number FROM numbers(5)",
        ],
    )
    .await;
    let left = inventory(&lab.source, "house").await;
    lab.run("replica2", &["SYSTEM STOP FETCHES house.runs"]).await;
    lab.run("replica1", &["INSERT INTO house.runs SELECT number FROM numbers(5)"]).await;

    let task = CompareTask { patience: Duration::from_secs(2), ..comparison(&left, &lab.cluster, &[Aspect::Rows]) };
    let failure = task.compare(&task_context()).await.unwrap_err();
    assert_eq!(failure.code, "houseplan::compare::replication_not_finished");
    assert!(failure.message.contains("runs on replica2: 1 parts to fetch"), "{}", failure.message);
    let columns_only = CompareTask { by: vec![Aspect::Columns], ..task.clone() };
    assert!(columns_only.compare(&task_context()).await.unwrap().iter().all(|row| row.equal), "columns need not wait");

    lab.run("replica2", &["SYSTEM START FETCHES house.runs"]).await;
    let rows = compare(&left, &lab.cluster).await;
    assert!(rows.iter().all(|row| row.equal), "{:?}", lines(&rows));
}

#[tokio::test]
async fn a_definition_differs_in_keys_arguments_and_ttls_and_not_in_a_views_select() {
    let lab = Lab::new().await;
    let columns = "(id UInt64, ts DateTime, ver UInt32, n UInt64)";
    lab.run(
        "source",
        &[
            "CREATE DATABASE house",
            &format!("CREATE TABLE house.sorted {columns} ENGINE = MergeTree ORDER BY id"),
            &format!("CREATE TABLE house.parted {columns} ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY id"),
            &format!("CREATE TABLE house.latest {columns} ENGINE = ReplacingMergeTree(ver) ORDER BY id"),
            &format!("CREATE TABLE house.kept {columns} ENGINE = MergeTree ORDER BY id"),
            &format!("CREATE TABLE house.same {columns} ENGINE = ReplacingMergeTree(ver) ORDER BY id TTL ts + INTERVAL 9 YEAR"),
            "CREATE VIEW house.recent AS SELECT id FROM house.sorted",
            "CREATE MATERIALIZED VIEW house.by_id ENGINE = SummingMergeTree ORDER BY id AS SELECT id, n FROM house.sorted",
        ],
    )
    .await;
    lab.run_everywhere(&[
        "CREATE DATABASE house",
        &format!("CREATE TABLE house.sorted {columns} ENGINE = ReplicatedMergeTree({PATH}) ORDER BY (id, ts)"),
        &format!("CREATE TABLE house.parted {columns} ENGINE = ReplicatedMergeTree({PATH}) ORDER BY id"),
        &format!("CREATE TABLE house.latest {columns} ENGINE = ReplicatedReplacingMergeTree({PATH}) ORDER BY id"),
        &format!("CREATE TABLE house.kept {columns} ENGINE = ReplicatedMergeTree({PATH}) ORDER BY id TTL ts + INTERVAL 1 DAY"),
        &format!("CREATE TABLE house.same {columns} ENGINE = ReplicatedReplacingMergeTree({PATH}, ver) ORDER BY id TTL ts + INTERVAL 9 YEAR"),
        "CREATE VIEW house.recent AS SELECT id + 1 AS id FROM house.sorted",
        "CREATE MATERIALIZED VIEW house.by_id ENGINE = SummingMergeTree ORDER BY id AS SELECT id, n FROM house.sorted",
    ])
    .await;
    let left = inventory(&lab.source, "house").await;
    let definitions = async |left: &Inventory| {
        let rows =
            comparison(left, &lab.cluster, &[Aspect::Columns]).compare(&task_context()).await.expect("a comparison");
        rows.iter()
            .filter(|row| row.member == "replica1".into())
            .map(|row| row.differences.join("; "))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        definitions(&left).await,
        [
            "",
            "TTL (ts + toIntervalDay(1)) instead of none",
            "engine arguments none instead of (ver)",
            "partition key none instead of (toYYYYMM(ts))",
            // A view's SELECT is told and not compared: a cluster's migrations may have to write it otherwise.
            "",
            "",
            "sorting key (id, ts) instead of (id)",
        ]
    );

    // One of before definitions were taken still parses, and compares what it knows.
    let mut old = serde_json::to_value(&left).unwrap();
    for table in old["tables"].as_array_mut().unwrap() {
        table.as_object_mut().unwrap().remove("definition").expect("a definition");
    }
    let old: Inventory = serde_json::from_value(old).unwrap();
    assert!(definitions(&old).await.iter().all(String::is_empty));
}

#[tokio::test]
async fn what_is_compared_with_itself_need_not_be_at_rest() {
    let lab = Lab::new().await;
    let runs = format!("CREATE TABLE house.runs (k UInt64) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY k");
    lab.run_everywhere(&["CREATE DATABASE house", &runs]).await;
    lab.run("replica2", &["SYSTEM STOP FETCHES house.runs"]).await;
    lab.run("replica1", &["INSERT INTO house.runs SELECT number FROM numbers(5)"]).await;
    let left = inventory(&lab.cluster, "house").await;
    let task = CompareTask { patience: Duration::from_secs(1), ..comparison(&left, &lab.cluster, &[Aspect::Rows]) };
    let rows = task.compare(&task_context()).await.expect("it does not wait for what is to be dropped");
    assert_eq!(
        lines(&rows),
        ["replica1 · runs · equal by its number of rows", "replica2 · runs · equal by its number of rows"]
    );
    lab.run("replica2", &["SYSTEM START FETCHES house.runs"]).await;
}

#[tokio::test]
async fn a_replicated_table_with_a_path_of_its_own_on_each_replica_is_none() {
    let lab = Lab::new().await;
    lab.run("source", &["CREATE DATABASE house", "CREATE TABLE house.runs (k UInt64) ENGINE = MergeTree ORDER BY k"])
        .await;
    lab.run_everywhere(&[
        "CREATE DATABASE house",
        "CREATE TABLE house.runs (k UInt64) ENGINE = ReplicatedMergeTree('/alone/{replica}/house/runs', '{replica}') ORDER BY k",
    ])
    .await;
    let left = inventory(&lab.source, "house").await;
    let rows = compare(&left, &lab.cluster).await;
    assert!(rows.iter().all(|row| row.equal && !row.replicated), "{rows:?}");
    assert_eq!(
        lines(&rows)[0],
        "replica1 · runs · ReplicatedMergeTree, 1 of 2 replicas, in Keeper at /alone/replica1/house/runs, \
         on replica2 at /alone/replica2/house/runs; equal by its parts"
    );
}

#[tokio::test]
async fn columns_in_another_order_and_extra_ones_with_a_default_are_told_and_not_hashed() {
    let lab = Lab::new().await;
    lab.run(
        "source",
        &[
            "CREATE DATABASE house",
            "CREATE TABLE house.runs (a UInt64, b String) ENGINE = MergeTree ORDER BY a",
            "INSERT INTO house.runs SELECT number, toString(number) FROM numbers(5)",
        ],
    )
    .await;
    let table =
        |columns| format!("CREATE TABLE house.runs ({columns}) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY a");
    lab.run_everywhere(&["CREATE DATABASE house", &table("b String, c UInt8 DEFAULT 7, a UInt64")]).await;
    lab.run("replica1", &["INSERT INTO house.runs (a, b) SELECT number, toString(number) FROM numbers(5)"]).await;

    let left = inventory(&lab.source, "house").await;
    let ignoring = CompareTask { extra: Extra::Ignore, ..comparison(&left, &lab.cluster, ALL) };
    let rows = ignoring.compare(&task_context()).await.expect("a comparison");
    let told = "equal by its rows; column c is not in the inventory (DEFAULT); its columns are in another order";
    assert_eq!(lines(&rows), [format!("replica1 · runs · {told}"), format!("replica2 · runs · {told}")]);
    let refusing = compare(&left, &lab.cluster).await;
    assert!(refusing.iter().all(|row| !row.equal), "{refusing:?}");
    assert!(refusing[0].differences[0].contains("column c is not in the inventory"), "{refusing:?}");
}
