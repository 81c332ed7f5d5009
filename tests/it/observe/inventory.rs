use super::*;
use houseplan::action::inventory::{TableKind, is_replicated};

#[tokio::test]
async fn a_checksum_sees_one_null_in_a_million_and_doubled_rows() {
    let lab = Lab::new().await;
    lab.run(
        "source",
        &[
            "CREATE DATABASE sums",
            "CREATE TABLE sums.plain (k UInt64, n Nullable(String)) ENGINE = MergeTree ORDER BY k",
            "CREATE TABLE sums.other (n Nullable(String), k UInt64) ENGINE = MergeTree ORDER BY k",
            "CREATE TABLE sums.changed AS sums.plain",
            "CREATE TABLE sums.doubled AS sums.plain",
            "CREATE TABLE sums.empty AS sums.plain",
            "INSERT INTO sums.plain SELECT number, NULL FROM numbers(1000000)",
            "INSERT INTO sums.other SELECT NULL, number FROM numbers(500000, 500000)",
            "INSERT INTO sums.other SELECT NULL, number FROM numbers(500000)",
            "INSERT INTO sums.changed SELECT number, if(number = 123456, '', NULL) FROM numbers(1000000)",
            "INSERT INTO sums.doubled SELECT number % 500000, NULL FROM numbers(1000000)",
        ],
    )
    .await;
    let found = inventory(&lab.source, "sums").await;
    let sum = |name: &str| table(&found, name).rows.checksum.clone().expect("a checksum");
    assert_eq!(sum("plain"), sum("other"), "neither the order of rows nor that of columns counts");
    assert_ne!(sum("plain"), sum("changed"), "a NULL that became an empty string is seen");
    assert_ne!(sum("plain"), sum("doubled"));
    assert_ne!(sum("doubled"), sum("empty"), "pairs do not cancel");
    assert_eq!((table(&found, "empty").rows.rows, sum("empty").as_str()), (Some(0), "0000000000000000"));
    assert!(found.summary().starts_with("5 tables, 4,000,000 rows, "), "{}", found.summary());
}

#[tokio::test]
async fn every_type_is_hashed_by_its_value() {
    let lab = Lab::new().await;
    let columns = "k UInt64, j JSON, m Map(String, Nullable(Int64)), v Variant(String, UInt64, Array(UInt8)), d Dynamic, \
                   f Float64, e Decimal(18, 4), l LowCardinality(Nullable(String)), n Nested(a UInt8, b String), \
                   t Tuple(Nullable(UInt8), Array(Nullable(String))), u AggregateFunction(uniq, UInt64), \
                   a UInt64 ALIAS k + 1, x UInt64 MATERIALIZED k * 2, p UInt8 EPHEMERAL";
    let rows = "number, concat('{\"a\":', toString(number), '}'), map('k', if(number = 3, NULL, number)), number::UInt64, \
                toString(number), if(number = 4, nan, number / 3), number / 7, if(number = 5, NULL, 'x'), [1, 2], ['a', 'b'], \
                (NULL, ['q', NULL]), arrayReduce('uniqState', [number::UInt64])";
    let into = "(k, j, m, v, d, f, e, l, n.a, n.b, t, u)";
    lab.run("source", &["CREATE DATABASE kinds"]).await;
    for (name, order) in [("one", "number"), ("two", "number DESC")] {
        let create = format!("CREATE TABLE kinds.{name} ({columns}) ENGINE = MergeTree ORDER BY k");
        let insert = format!("INSERT INTO kinds.{name} {into} SELECT {rows} FROM numbers(1000) ORDER BY {order}");
        lab.run("source", &[&create, &insert]).await;
    }
    let before = inventory(&lab.source, "kinds").await;
    let sum = |found: &Inventory, name: &str| table(found, name).rows.checksum.clone().expect("a checksum");
    assert_eq!(sum(&before, "one"), sum(&before, "two"));
    let mut seen = vec![sum(&before, "one")];
    for (column, value) in [
        ("j", "'{\"a\":4, \"b\":null, \"c\":\"x\"}'"),
        ("m", "map('k', NULL)"),
        ("v", "'seven'"),
        ("d", "7::Int64"),
        ("f", "-0.0"),
        ("l", "NULL"),
        ("t", "(0, ['q', NULL])"),
    ] {
        let update = format!("ALTER TABLE kinds.two UPDATE {column} = {value} WHERE k = 7 SETTINGS mutations_sync = 2");
        lab.run("source", &[&update]).await;
        let after = sum(&inventory(&lab.source, "kinds").await, "two");
        assert!(!seen.contains(&after), "a change of {column} is not seen");
        seen.push(after);
    }
}

#[tokio::test]
async fn a_cluster_is_one_inventory_and_a_view_holds_the_rows_of_the_table_inside() {
    let lab = Lab::new().await;
    let path = "'/clickhouse/tables/{shard}/house/{table}', '{replica}'";
    let runs = format!("CREATE TABLE house.runs (k UInt64) ENGINE = ReplicatedMergeTree({path}) ORDER BY k");
    lab.run_everywhere(&[
        "CREATE DATABASE house",
        &runs,
        "CREATE MATERIALIZED VIEW house.by_day ENGINE = SummingMergeTree ORDER BY d AS \
         SELECT k % 3 AS d, count() AS n FROM house.runs GROUP BY d",
        "CREATE VIEW house.recent AS SELECT k FROM house.runs",
    ])
    .await;
    lab.run("replica1", &["INSERT INTO house.runs SELECT number FROM numbers(30)"]).await;
    lab.run("replica2", &["CREATE TABLE house.stray (a UInt8) ENGINE = Memory"]).await;
    comparison(&inventory(&lab.cluster, "house").await, &lab.cluster, &[Aspect::Rows])
        .compare(&task_context())
        .await
        .unwrap();

    let found = inventory(&lab.cluster, "house").await;
    let names: Vec<&str> = found.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["by_day", "recent", "runs", "stray"]);
    assert_eq!(table(&found, "runs").rows.rows, Some(30), "replicas hold the same rows, not more");
    assert_eq!(table(&found, "runs").copies.len(), 2);
    assert!(is_replicated(&table(&found, "runs").engine));
    assert_eq!(found.zookeeper_paths, ["/clickhouse/tables/01/house/runs"]);
    // The view fires where the rows are inserted; its table inside is not replicated, so the members differ.
    let by_day = table(&found, "by_day");
    assert_eq!((by_day.kind, by_day.engine.as_str()), (TableKind::MaterializedView, "SummingMergeTree"));
    let copies: Vec<Option<u64>> = by_day.copies.values().map(|copy| copy.rows.rows).collect();
    assert_eq!((copies, by_day.rows.rows, by_day.rows.final_rows), (vec![Some(3), Some(0)], Some(3), Some(3)));
    assert_eq!((table(&found, "recent").kind, table(&found, "recent").rows.rows), (TableKind::View, None));
    assert_eq!(table(&found, "stray").copies.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["replica2"]);

    let journalled = serde_json::to_value(&found).unwrap();
    assert_eq!(
        serde_json::from_value::<Inventory>(journalled).unwrap(),
        found,
        "it comes back from the journal as it was"
    );
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused_or_noted() {
    let lab = Lab::new().await;
    lab.run(
        "source",
        &[
            "CREATE DATABASE odd ENGINE = Memory",
            "CREATE DATABASE noted",
            "CREATE TABLE noted.schema_migrations (version Int64) ENGINE = MergeTree ORDER BY version",
            "CREATE TABLE noted.base (a UInt8) ENGINE = MergeTree ORDER BY a",
            "CREATE MATERIALIZED VIEW noted.hourly REFRESH EVERY 1 DAY ENGINE = MergeTree ORDER BY a AS SELECT a FROM noted.base",
        ],
    )
    .await;
    let refused = inventory_task(&lab.source, "odd").take(&task_context()).await.unwrap_err();
    assert_eq!(refused.code, "houseplan::database::not_atomic");
    assert!(refused.message.contains("Memory"), "{}", refused.message);

    let task = InventoryTask { except: vec!["schema_migrations".to_owned()], ..inventory_task(&lab.source, "noted") };
    let found = task.take(&task_context()).await.unwrap();
    assert_eq!(found.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["base", "hourly"]);
    assert!(found.notes.iter().any(|note| note.contains("`hourly` is a refreshable view")), "{:?}", found.notes);
    assert!(found.notes.iter().any(|note| note.contains("named collections")), "{:?}", found.notes);

    let nothing = inventory(&lab.source, "no_such_database").await;
    assert_eq!((nothing.tables.len(), nothing.database_engine), (0, None));
    assert_eq!(nothing.notes, ["there is no database `no_such_database` on source"]);
}
