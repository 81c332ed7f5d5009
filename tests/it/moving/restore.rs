//! RESTORE: guarded on all replicas, followed, and settled after a crash.

use std::{sync::Arc, time::Duration};

use houseplan::{
    action::{
        backup::{BackupSubject, BackupTask},
        inventory::{Inventory, Table, read::Depth, task::InventoryTask},
        restore::{RestoreScope, RestoreTask, tables_match::TablesMatch},
        stored_backup::BackupSource,
    },
    connect::{
        clickhouse::Statement,
        store::StoreClient,
        target::{Cluster, Member},
    },
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskRun},
    },
    plan::actions::Into,
    sandbox::ServerName,
};
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::support::stage::{Ears, Stage};

/// One table of each kind that is restored in a way of its own. `ENGINE(x)` becomes the replicated one on a replica.
const TABLES: &[&str] = &[
    "CREATE TABLE {db}.runs (id UInt64, note Nullable(String), kv Map(String, String), doc JSON, at DateTime) ENGINE(Replacing, (at)) ORDER BY id PARTITION BY id % 20",
    "CREATE TABLE {db}.sums (id UInt64, n UInt64) ENGINE(Summing, ()) ORDER BY id",
    "CREATE TABLE {db}.latest (id UInt64, n UInt64) ENGINE(, ()) ORDER BY id",
    "CREATE MATERIALIZED VIEW {db}.latest_mv TO {db}.latest AS SELECT id, toUInt64(1) AS n FROM {db}.runs",
    "CREATE MATERIALIZED VIEW {db}.by_day ENGINE(Summing, ()) ORDER BY day AS SELECT toDate(at) AS day, count() AS n FROM {db}.runs GROUP BY day",
    "CREATE VIEW {db}.plain AS SELECT count() AS n FROM {db}.runs",
];

/// The table's text for a plain server, or for a replica.
fn engine(text: &str, replicated: bool) -> String {
    let Some((head, rest)) = text.split_once("ENGINE(") else { return text.to_owned() };
    let (arguments, tail) = rest.split_once("))").expect("ENGINE(kind, (arguments))");
    let (kind, arguments) = arguments.split_once(", (").expect("two arguments");
    if !replicated {
        return format!("{head}ENGINE {kind}MergeTree({arguments}){tail}");
    }
    let name = head.split("{db}.").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a name");
    let path = format!("'/clickhouse/tables/{{shard}}/{{db}}/{name}', '{{replica}}'");
    let arguments = if arguments.is_empty() { path } else { format!("{path}, {arguments}") };
    format!("{head}ENGINE Replicated{kind}MergeTree({arguments}){tail}")
}

async fn make_tables(stage: &Stage) {
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    for table in TABLES {
        stage.run(&stage.source, &engine(table, false)).await;
    }
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        for table in TABLES {
            stage.run(replica, &engine(table, true)).await;
        }
    }
}

/// Tables on both sides, rows on the source, a backup of them, and the source's inventory.
async fn prepare(stage: &Stage, rows: u64) -> (Inventory, BackupSource) {
    make_tables(stage).await;
    stage.run(&stage.source, "SYSTEM STOP MERGES").await;
    stage
        .run(
            &stage.source,
            &format!(
                "INSERT INTO {{db}}.runs SELECT number, if(number % 3 = 0, NULL, randomPrintableASCII(40)), \
                 map('k', toString(number)), concat('{{\"a\":', toString(number), '}}'), \
                 toDateTime('2026-01-01 00:00:00') + number FROM numbers({rows})"
            ),
        )
        .await;
    stage.run(&stage.source, "INSERT INTO {db}.runs (id, at) SELECT number, now() FROM numbers(10)").await;
    stage.run(&stage.source, "INSERT INTO {db}.sums SELECT number % 7, number FROM numbers(100)").await;
    let ears = Ears::open();
    let inventory = take(stage, source_as_cluster(stage)).await;
    let path = format!("{}/moved", stage.name);
    let backup = Box::new(BackupTask {
        attempt: stage.attempt("backup", 1),
        member: Arc::clone(&stage.source),
        subject: BackupSubject::Database(stage.name.clone()),
        store: Arc::clone(&stage.store),
        path: path.clone(),
        base: None,
        settings: IndexMap::new(),
    });
    let answer = backup.perform(ears.task_context.clone()).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
    for replica in &stage.cluster.members {
        stage.run(replica, "SYSTEM STOP MERGES").await;
    }
    (inventory, BackupSource { store: Arc::clone(&stage.store), path })
}

fn source_as_cluster(stage: &Stage) -> Arc<Cluster> {
    Arc::new(Cluster { name: "source".into(), cluster: None, members: vec![Arc::clone(&stage.source)] })
}

async fn take(stage: &Stage, target: Arc<Cluster>) -> Inventory {
    let task = InventoryTask { target, database: stage.name.clone(), except: vec![], depth: Depth::Checksum };
    task.take(&Ears::open().task_context).await.expect("an inventory")
}

fn table<'a>(inventory: &'a Inventory, name: &str) -> &'a Table {
    inventory.tables.iter().find(|table| table.name == name).expect("a table of the inventory")
}

/// Whether the server is at work on this attempt's RESTORE.
async fn is_restoring(stage: &Stage, number: u32) -> bool {
    let sql = "SELECT count() AS n FROM system.backups WHERE status = 'RESTORING' AND startsWith(id, '{db}/')";
    let sql = format!("{sql} AND endsWith(id, '/{number}')");
    stage.run(stage.replica(1), &sql).await.0[0]["n"] == json!(1)
}

fn restore(stage: &Stage, source: &BackupSource, expected: &Table, number: u32, settings: Value) -> Box<RestoreTask> {
    Box::new(RestoreTask {
        attempt: stage.attempt(&format!("restore_{}", expected.name), number),
        member: Arc::clone(stage.replica(1)),
        cluster: Arc::clone(&stage.cluster),
        scope: RestoreScope::Table {
            database: stage.name.clone(),
            name: expected.name.clone(),
            expected: Some(Box::new(expected.clone())),
        },
        source: source.clone(),
        into: Into::Existing,
        made_from_backup: false,
        settings: serde_json::from_value(settings).expect("settings"),
    })
}

/// Until both replicas hold the same.
async fn replicated(stage: &Stage) {
    for replica in &stage.cluster.members {
        for table in ["runs", "sums", "latest"] {
            stage.run(replica, &format!("SYSTEM SYNC REPLICA {{db}}.{table}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn table_by_table_into_a_replicated_cluster_every_checksum_is_equal() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 1_000).await;
    for expected in &inventory.tables {
        let answer = restore(&stage, &source, expected, 1, json!({})).perform(Ears::open().task_context).await;
        let Answer::Acted(output) = answer else { panic!("{}: {answer:?}", expected.name) };
        match expected.rows.rows {
            Some(rows) => assert_eq!(output["rows"], json!(rows), "{output}"),
            None => assert!(output["skipped"].is_string(), "{output}"),
        }
    }
    replicated(&stage).await;
    let moved = take(&stage, Arc::clone(&stage.cluster)).await;
    for expected in &inventory.tables {
        let found = table(&moved, &expected.name);
        for (member, copy) in &found.copies {
            assert_eq!(
                (copy.rows.rows, &copy.rows.checksum),
                (expected.rows.rows, &expected.rows.checksum),
                "{} on {member}",
                expected.name
            );
        }
        assert_eq!(found.copies.len(), 2);
    }
    // A second attempt changes nothing: the guard sees that the tables are filled.
    let answer =
        restore(&stage, &source, table(&inventory, "runs"), 2, json!({})).perform(Ears::open().task_context).await;
    let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal.found.len(), 2, "{refusal:?}");
    assert!(refusal.found[0][2].contains("not empty"), "{refusal:?}");
    let answer =
        restore(&stage, &source, table(&inventory, "by_day"), 2, json!({})).perform(Ears::open().task_context).await;
    assert!(matches!(answer, Answer::Stopped(_)), "the inner table is looked at: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_it_should_be_on_any_replica_stops_it() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 10).await;
    let stopped = async |name: &str, words: &str| {
        let ears = Ears::open();
        let answer =
            restore(&stage, &source, table(&inventory, name), 1, json!({})).perform(ears.task_context.clone()).await;
        let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
        assert!(refusal.found.iter().any(|line| line[2].contains(words)), "{refusal:?}");
        assert!(ears.notes().is_empty(), "nothing was to be sent");
    };
    stage.run(stage.replica(2), "DROP TABLE {db}.sums SYNC").await;
    stopped("sums", "missing").await;
    stage.run(stage.replica(1), "DROP TABLE {db}.sums SYNC").await;
    for replica in &stage.cluster.members {
        let table = engine("CREATE TABLE {db}.sums (id UInt64, n UInt64) ENGINE(Summing, ()) ORDER BY (id, n)", true);
        stage.run(replica, &table).await;
    }
    stopped("sums", "sorting key (id, n) instead of (id)").await;
    for replica in &stage.cluster.members {
        stage.run(replica, "DROP TABLE {db}.sums SYNC").await;
    }
    for replica in &stage.cluster.members {
        let table = engine("CREATE TABLE {db}.sums (id UInt64, n UInt64) ENGINE(, ()) ORDER BY id", true);
        stage.run(replica, &table).await;
    }
    stopped("sums", "engine ReplicatedMergeTree instead of SummingMergeTree").await;
    stage.run(stage.replica(1), "ALTER TABLE {db}.latest MODIFY COLUMN n String").await;
    stopped("latest", "column n is String instead of UInt64").await;
    stage.run(stage.replica(2), "INSERT INTO {db}.runs (id) VALUES (1)").await;
    stage.run(stage.replica(1), "SYSTEM SYNC REPLICA {db}.runs").await;
    stopped("runs", "not empty: 1 rows").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_is_settled_by_what_all_replicas_hold() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 100_000).await;
    let runs = table(&inventory, "runs");
    let begin = |number, bytes_a_second: u32| {
        let ears = Ears::open();
        let settings = json!({ "max_backup_bandwidth": bytes_a_second });
        let running = tokio::spawn(restore(&stage, &source, runs, number, settings).perform(ears.task_context.clone()));
        (ears, running)
    };

    // Killed while it reads, for which it would take long: nothing is attached, so it was not done.
    stage.has_run_a_while(stage.replica(1)).await;
    let (ears, running) = begin(1, 50_000);
    while !is_restoring(&stage, 1).await {
        assert!(!running.is_finished(), "{:?}", running.await);
    }
    assert_eq!(ears.notes().len(), 1);
    stage.sandbox.kill(ServerName::Replica(1)).await.expect("killed");
    stage.sandbox.start(ServerName::Replica(1)).await.expect("started");
    let answer = running.await.expect("no panic");
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
    let settle = async |notes: Vec<Value>, number| {
        restore(&stage, &source, runs, number, json!({})).settle(Ears::open().task_context, notes).await
    };
    let settlement = settle(ears.notes(), 1).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::NotDone)), "{settlement:?}");

    // Let go of: it goes on, and settling follows it. One that had ended by then is taken out, and a slower one begun.
    let mut let_go = None;
    for (number, bytes_a_second) in [(2, 1_000_000), (3, 250_000), (4, 60_000)] {
        let (ears, running) = begin(number, bytes_a_second);
        while !running.is_finished() && !is_restoring(&stage, number).await {}
        ears.task_context.interrupted.cancel();
        match running.await.expect("no panic") {
            Answer::Unknown(_) => {
                let_go = Some((ears, number));
                break;
            }
            Answer::Acted(_) => {
                stage.run(stage.replica(1), "TRUNCATE TABLE {db}.runs SETTINGS alter_sync = 2").await;
            }
            answer => panic!("{answer:?}"),
        }
    }
    let (ears, number) = let_go.expect("one of them was met at work");
    let settlement = settle(ears.notes(), number).await;
    let Settlement::Settled(Verdict::Done(output)) = settlement else { panic!("{settlement:?}") };
    assert_eq!(output["rows"], json!(runs.rows.rows));

    // Killed after its end: done, for every replica holds what the inventory does.
    stage.has_run_a_while(stage.replica(1)).await;
    stage.sandbox.kill(ServerName::Replica(1)).await.expect("killed");
    stage.sandbox.start(ServerName::Replica(1)).await.expect("started");
    let settlement = settle(ears.notes(), number).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::Done(_))), "{settlement:?}");

    // A part of it gone: neither empty nor equal, so a person has to look.
    stage.run(stage.replica(2), "ALTER TABLE {db}.runs DROP PARTITION 3").await;
    let settlement = settle(ears.notes(), number).await;
    let Settlement::Unsettled(failure) = settlement else { panic!("{settlement:?}") };
    assert_eq!(failure.code, "houseplan::restore::in_doubt");
    assert!(failure.help.expect("a mend").contains("TRUNCATE TABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn merges_that_wait_for_ever_are_no_reason_to_stop() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 10).await;
    stage.run(stage.replica(1), "INSERT INTO {db}.sums VALUES (1, 1)").await;
    stage.run(stage.replica(1), "INSERT INTO {db}.sums VALUES (1, 2)").await;
    stage.run(stage.replica(2), "SYSTEM SYNC REPLICA {db}.sums").await;
    // As after a restart, which forgets SYSTEM STOP MERGES: one replica assigns a merge, which nobody carries out.
    stage.run(stage.replica(2), "SYSTEM STOP FETCHES {db}.sums").await;
    stage.run(stage.replica(1), "SYSTEM START MERGES {db}.sums").await;
    stage.run(stage.replica(1), "OPTIMIZE TABLE {db}.sums FINAL SETTINGS alter_sync = 1").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let waiting = "SELECT queue_size, merges_in_queue FROM system.replicas WHERE database = '{db}' AND table = 'sums'";
    let waiting = stage.run(stage.replica(2), waiting).await;
    assert_eq!(waiting.0[0]["merges_in_queue"], json!(1), "{waiting:?}");
    let mut task = restore(&stage, &source, table(&inventory, "sums"), 1, json!({}));
    task.into = Into::Append;
    let answer = task.perform(Ears::open().task_context).await;
    stage.run(stage.replica(2), "SYSTEM START FETCHES {db}.sums").await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_an_earlier_attempt_that_is_at_work_nothing_is_sent_and_nothing_doubled() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 100_000).await;
    let runs = table(&inventory, "runs");
    let earlier = tokio::spawn(
        restore(&stage, &source, runs, 1, json!({ "max_backup_bandwidth": 1_000_000 }))
            .perform(Ears::open().task_context),
    );
    while !is_restoring(&stage, 1).await {
        assert!(!earlier.is_finished(), "{:?}", earlier.await);
    }

    // As after `settle --as not-done` by somebody who was mistaken. Its table is still empty, so no other guard objects.
    let ears = Ears::open();
    let answer = restore(&stage, &source, runs, 2, json!({})).perform(ears.task_context.clone()).await;
    let waited = ears
        .progress()
        .iter()
        .any(|it| it.doing.as_ref().is_some_and(|it| it == "the RESTORE of an earlier attempt still runs on replica1"));
    assert!(waited, "{:?}", ears.progress());
    let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
    assert!(refusal.found[0][2].contains("not empty"), "{refusal:?}");
    assert!(ears.notes().is_empty(), "nothing was to be sent");
    assert!(matches!(earlier.await.expect("no panic"), Answer::Acted(_)));
    let rows = stage.run(stage.replica(1), "SELECT count() AS n FROM {db}.runs").await;
    assert_eq!(rows.0[0]["n"], json!(runs.rows.rows));
}

#[tokio::test(flavor = "multi_thread")]
async fn onto_several_shards_nothing_is_restored() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 10).await;
    let mut shards = stage.cluster.as_ref().clone();
    shards.members[1] = Arc::new(Member { shard: 2, ..stage.replica(2).as_ref().clone() });
    let shards = Arc::new(shards);
    for scope in
        [None, Some(RestoreScope::Database { name: stage.name.clone(), except: Vec::new(), structure_only: false })]
    {
        let mut task = restore(&stage, &source, table(&inventory, "runs"), 1, json!({}));
        task.cluster = Arc::clone(&shards);
        task.scope = scope.unwrap_or(task.scope);
        let ears = Ears::open();
        let Answer::Stopped(refusal) = task.perform(ears.task_context.clone()).await else {
            panic!("it was not stopped")
        };
        assert_eq!(refusal.found, [["replica2", "shard 2"]]);
        assert!(ears.notes().is_empty(), "nothing was to be sent");
    }
}

/// A table of which only the name is given.
fn named(stage: &Stage, source: &BackupSource, name: &str) -> Box<RestoreTask> {
    let scope = RestoreScope::Table { database: stage.name.clone(), name: name.to_owned(), expected: None };
    Box::new(RestoreTask {
        attempt: stage.attempt(&format!("restore_{name}"), 1),
        member: Arc::clone(stage.replica(1)),
        cluster: Arc::clone(&stage.cluster),
        scope,
        source: source.clone(),
        into: Into::Existing,
        made_from_backup: false,
        settings: IndexMap::new(),
    })
}

/// A backup that builds on another one.
async fn later(stage: &Stage, base: &BackupSource, name: &str) -> BackupSource {
    let path = format!("{}/{name}", stage.name);
    let (to, base_backup) = (stage.sandbox.s3(&path), stage.sandbox.s3(&base.path));
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {to} SETTINGS base_backup = {base_backup}")).await;
    BackupSource { path, ..base.clone() }
}

/// What a definition may hold, each so that it could be taken for something else.
const MANY: &str = "id UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'a, (b' STATISTICS(tdigest), `DEFAULT` DateTime, \
    d DateTime('UTC') DEFAULT now(), m UInt8 MATERIALIZED id % 3, a String ALIAS toString(id), e UInt8 EPHEMERAL 3, \
    n Nested(a UInt8, b String), j JSON(max_dynamic_paths=8, a.b UInt32, SKIP x), en Enum('a', 'b, `' = 5), \
    lc LowCardinality(UInt64), ag AggregateFunction(quantiles(0.5, 0.9), UInt64), \
    su AggregateFunction(sumMap, Array(UInt64), Array(UInt64)), sa SimpleAggregateFunction(sum, UInt64), \
    t Tuple(a UInt8, `b c` Nullable(String)), mp Map(String, Array(UInt8)), dd Dynamic, v Variant(UInt8, String), \
    point Point, c String TTL d + INTERVAL 1 DAY, `nu\\`,(ll` UInt8 NULL, big Decimal(9, 2), b Bool, INDEX ix (id, d) TYPE minmax, \
    PROJECTION p (SELECT id ORDER BY d), CONSTRAINT ck CHECK id >= 0";

const CLAUSES: &str = "PARTITION BY (id % 2, toYYYYMM(d)) PRIMARY KEY id ORDER BY (id, d) SAMPLE BY id \
    TTL d + INTERVAL 1 YEAR SETTINGS index_granularity = 1024 COMMENT 'ENGINE = x'";

async fn make_many(stage: &Stage, columns: &str, replicas: &[usize]) {
    let odd = [("allow_suspicious_low_cardinality_types", 1), ("allow_experimental_statistics", 1)];
    let make = async |member: &Member, engine: &str| {
        let text = format!("CREATE TABLE {}.`t.é x` ({columns}) ENGINE = {engine} {CLAUSES}", stage.name);
        let statement = odd.iter().fold(Statement::write(text), |it, (name, value)| it.with_setting(*name, value));
        member.client.query(&statement).await.unwrap_or_else(|error| panic!("{error}"));
    };
    if replicas.is_empty() {
        return make(&stage.source, "MergeTree").await;
    }
    for number in replicas {
        let path = format!("'/clickhouse/tables/{{shard}}/{}/many', '{{replica}}'", stage.name);
        make(stage.replica(*number), &format!("ReplicatedMergeTree({path})")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_only_named_are_compared_with_what_the_backup_defines() {
    let stage = Stage::set().await;
    let (_, first) = prepare(&stage, 10).await;
    make_many(&stage, MANY, &[]).await;
    make_many(&stage, MANY, &[1, 2]).await;
    // In the second backup no definition lies but that of the new table, and in the third one none at all.
    let second = later(&stage, &first, "second").await;
    let third = later(&stage, &second, "third").await;
    let names = ["runs", "sums", "latest", "latest_mv", "by_day", "plain", "t.é x"];
    let rows = async |names: &[&str]| {
        TablesMatch(names.iter().map(|name| *named(&stage, &third, name)).collect())
            .rows()
            .await
            .expect("they are read")
    };
    let found = rows(&names).await;
    assert_eq!(found.len(), 2 * names.len());
    assert!(found.iter().all(|row| row.differences.is_empty()), "{found:?}");

    let stopped = async |name: &str, words: &str| {
        let ears = Ears::open();
        let answer = named(&stage, &third, name).perform(ears.task_context.clone()).await;
        let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
        assert!(refusal.found.iter().any(|line| line[2].contains(words)), "{words}: {refusal:?}");
        assert!(ears.notes().is_empty(), "nothing was to be sent");
    };
    for replica in &stage.cluster.members {
        stage.run(replica, "DROP TABLE {db}.`t.é x` SYNC").await;
    }
    let other = MANY
        .replace("`DEFAULT` DateTime", "`DEFAULT` DateTime('UTC')")
        .replace("max_dynamic_paths=8", "max_dynamic_paths=9")
        .replace("b Bool", "b Bool, more UInt8")
        .replace("big Decimal(9, 2), ", "");
    make_many(&stage, &other, &[1, 2]).await;
    for words in [
        "column DEFAULT is DateTime('UTC') instead of DateTime",
        "column j is JSON(max_dynamic_paths=9",
        "column more is not in the backup",
        "column big is missing",
    ] {
        stopped("t.é x", words).await;
    }
    for replica in &stage.cluster.members {
        stage.run(replica, "DROP TABLE {db}.sums SYNC").await;
    }
    for replica in &stage.cluster.members {
        let sums = "CREATE TABLE {db}.sums (id UInt64, n UInt64) ENGINE(Replacing, (n)) ORDER BY (id, n)";
        stage.run(replica, &engine(sums, true)).await;
    }
    stopped("sums", "engine ReplicatedReplacingMergeTree instead of SummingMergeTree").await;
    stopped("sums", "sorting key (id, n) instead of (id)").await;
    let mut append = named(&stage, &third, "sums");
    append.into = Into::Append;
    assert!(matches!(append.perform(Ears::open().task_context).await, Answer::Stopped(_)), "it was not stopped");
    let Answer::Acted(output) = named(&stage, &third, "runs").perform(Ears::open().task_context).await else {
        panic!("no")
    };
    assert_eq!(output["notes"], json!([]));

    // A whole database in one statement is looked at as its tables are.
    let mut whole = named(&stage, &third, "any");
    whole.scope = RestoreScope::Database { name: stage.name.clone(), except: Vec::new(), structure_only: false };
    let Answer::Stopped(refusal) = whole.perform(Ears::open().task_context).await else { panic!("it was not stopped") };
    assert!(refusal.found.iter().any(|line| line[2].contains("column big is missing")), "{refusal:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_refused() {
    let stage = Stage::set().await;
    let (inventory, source) = prepare(&stage, 10).await;
    let failed = async |source: &BackupSource, name: &str| {
        let ears = Ears::open();
        let answer = named(&stage, source, name).perform(ears.task_context.clone()).await;
        let Answer::Failed(failure) = answer else { panic!("{answer:?}") };
        assert!(ears.notes().is_empty() && failure.help.is_some(), "{failure:?}");
        failure
    };
    assert_eq!(failed(&source, "unheard_of").await.code, "houseplan::restore::not_in_backup");

    let store = StoreClient::new(&stage.store).expect("a store");
    let key = format!("{}/metadata/{}/sums.sql", source.path, stage.name);
    let text = String::from_utf8(store.get(&key).await.expect("a definition").to_vec()).expect("text");
    for (other, word) in [
        (text.replace("UInt64", "UInt64Novel"), "UInt64Novel"),
        (text.replace("ENGINE", "NOVELTY"), "SYNTAX_ERROR"),
        (text.split("UInt64").next().expect("its beginning").to_owned(), "SYNTAX_ERROR"),
    ] {
        store.put(&key, other.into_bytes()).await.expect("put");
        let failure = failed(&source, "sums").await;
        assert_eq!(failure.code, "houseplan::restore::definition_not_understood");
        assert!(failure.cause.as_ref().is_some_and(|cause| cause.contains(word)), "{failure:?}");
    }
    let archive = BackupSource { path: format!("{}/whole.zip", stage.name), ..source.clone() };
    assert_eq!(failed(&archive, "sums").await.code, "houseplan::restore::definition_not_understood");

    // An inventory has its own definitions.
    let answer =
        restore(&stage, &source, table(&inventory, "runs"), 1, json!({})).perform(Ears::open().task_context).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");

    let later = later(&stage, &source, "later").await;
    store.delete(&format!("{}/.backup", source.path)).await.expect("deleted");
    let failure = failed(&later, "latest").await;
    assert_eq!(failure.code, "houseplan::restore::definition_not_understood");
    assert!(failure.cause.as_ref().is_some_and(|cause| cause.contains("there is no .backup file")), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_whole_database_has_more_than_its_backup_is_told() {
    let stage = Stage::set().await;
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    stage.run(&stage.source, "CREATE TABLE {db}.r (k UInt64) ENGINE MergeTree ORDER BY k").await;
    stage.run(&stage.source, "INSERT INTO {db}.r SELECT number FROM numbers(10)").await;
    let (path, to) = (stage.name.clone(), stage.sandbox.s3(&stage.name));
    stage.run(&stage.source, &format!("BACKUP DATABASE {{db}} TO {to}")).await;
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        stage.run(replica, "CREATE TABLE {db}.r (k UInt64, d UInt8 DEFAULT 7) ENGINE ReplicatedMergeTree('/clickhouse/tables/{shard}/{db}/r', '{replica}') ORDER BY k").await;
    }
    let mut whole = named(&stage, &BackupSource { store: Arc::clone(&stage.store), path }, "any");
    whole.scope = RestoreScope::Database { name: stage.name.clone(), except: Vec::new(), structure_only: false };
    let answer = whole.perform(Ears::open().task_context).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    assert_eq!(output["notes"], json!(["r: column d is not in the backup (DEFAULT)"]));
    let sum = stage.run(stage.replica(1), "SELECT toUInt64(sum(d)) AS n FROM {db}.r").await;
    assert_eq!(sum.0[0]["n"], json!(70));
}
