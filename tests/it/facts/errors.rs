//! The catalogue against the engine: its numbers are the engine's, and what the engine says is recognised.

use houseplan::{
    catalogue,
    connect::{
        clickhouse::{Client, HttpConnection, QueryError, Statement},
        store::StoreClient,
    },
    diagnose::{Activity, Context, diagnose},
    sandbox::ServerName,
};
use std::time::Duration;

use super::{becomes, cell};
use crate::support::stage::Stage;

/// Numbers and names as plans, texts and tests use them.
const NAMES: &[(i32, &str)] = &[
    (6, "CANNOT_PARSE_TEXT"),
    (36, "BAD_ARGUMENTS"),
    (42, "NUMBER_OF_ARGUMENTS_DOESNT_MATCH"),
    (47, "UNKNOWN_IDENTIFIER"),
    (57, "TABLE_ALREADY_EXISTS"),
    (60, "UNKNOWN_TABLE"),
    (81, "UNKNOWN_DATABASE"),
    (115, "UNKNOWN_SETTING"),
    (159, "TIMEOUT_EXCEEDED"),
    (164, "READONLY"),
    (225, "NO_ZOOKEEPER"),
    (236, "ABORTED"),
    (242, "TABLE_IS_READ_ONLY"),
    (243, "NOT_ENOUGH_SPACE"),
    (244, "UNEXPECTED_ZOOKEEPER_ERROR"),
    (253, "REPLICA_ALREADY_EXISTS"),
    (305, "TABLE_WAS_NOT_DROPPED"),
    (319, "UNKNOWN_STATUS_OF_INSERT"),
    (344, "SUPPORT_IS_DISABLED"),
    (359, "TABLE_SIZE_EXCEEDS_MAX_DROP_SIZE_LIMIT"),
    (392, "QUERY_IS_PROHIBITED"),
    (394, "QUERY_WAS_CANCELLED"),
    (452, "SETTING_CONSTRAINT_VIOLATION"),
    (497, "ACCESS_DENIED"),
    (499, "S3_ERROR"),
    (516, "AUTHENTICATION_FAILED"),
    (598, "BACKUP_ALREADY_EXISTS"),
    (599, "BACKUP_NOT_FOUND"),
    (600, "BACKUP_VERSION_NOT_SUPPORTED"),
    (601, "BACKUP_DAMAGED"),
    (602, "NO_BASE_BACKUP"),
    (603, "WRONG_BASE_BACKUP"),
    (605, "BACKUP_ENTRY_NOT_FOUND"),
    (607, "CANNOT_RESTORE_DATABASE"),
    (608, "CANNOT_RESTORE_TABLE"),
    (653, "CANNOT_PARSE_BACKUP_SETTINGS"),
    (655, "FAILED_TO_SYNC_BACKUP_OR_RESTORE"),
    (669, "NAMED_COLLECTION_DOESNT_EXIST"),
    (701, "CLUSTER_DOESNT_EXIST"),
    (705, "TABLE_NOT_EMPTY"),
    (999, "KEEPER_EXCEPTION"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_the_catalogue_are_the_engines() {
    let stage = Stage::set().await;
    let mut wrong = Vec::new();
    for (code, name) in NAMES {
        let told = cell(&stage, &stage.source, &format!("SELECT toString(errorCodeToName({code}))")).await;
        if told != *name {
            wrong.push(format!("{code} is {told}, not {name}"));
        }
    }
    let mut named: Vec<(i32, String)> = Vec::new();
    for code in catalogue::all().flat_map(|entry| entry.exceptions()) {
        let told = cell(&stage, &stage.source, &format!("SELECT toString(errorCodeToName({code}))")).await;
        if told.is_empty() {
            wrong.push(format!("{code} is no error of the engine"));
        }
        named.push((code, told));
    }
    named.sort();
    named.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}\n{named:?}");
}

/// Statements that go wrong, and what they are recognised as.
struct Provoked<'a> {
    stage: &'a Stage,
    wrong: Vec<String>,
    seen: Vec<String>,
}

impl Provoked<'_> {
    async fn on(&mut self, replica: bool, action: Activity, sql: &str, expected: &str) {
        let member = if replica { self.stage.replica(1) } else { &self.stage.source };
        let answer = member.client.query(&Statement::write(sql.replace("{db}", &self.stage.name))).await;
        self.judge(answer.err(), action, sql, expected);
    }

    fn judge(&mut self, error: Option<QueryError>, action: Activity, sql: &str, expected: &str) {
        let Some(error) = error else {
            self.wrong.push(format!("{sql}\n    was accepted, not {expected}"));
            return;
        };
        let failure = diagnose(&error, &Context::new(action).with_table(&self.stage.name, "r"));
        let code = failure.code.strip_prefix("houseplan::").unwrap_or(&failure.code);
        if code == expected {
            self.seen.push(format!("{expected}: {}", failure.message));
        } else {
            self.wrong.push(format!("{sql}\n    {error}\n    is {code}, not {expected}"));
        }
        let words = format!("{} {:?} {:?}", failure.message, failure.cause, failure.help);
        if words.contains("Stack trace") || words.contains("{table}") || words.contains("{member}") {
            self.wrong.push(format!("{sql}\n    reads badly: {words}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_guide_lists_is_recognised_when_the_engine_says_it() {
    let stage = Stage::set().await;
    let (source, first) = (&stage.source, stage.replica(1));
    stage.run(source, "CREATE DATABASE {db}").await;
    stage.run(source, "CREATE TABLE {db}.r (k UInt64) ENGINE MergeTree ORDER BY k").await;
    stage.run(source, "INSERT INTO {db}.r SELECT number FROM numbers(10)").await;
    stage.run(source, "CREATE TABLE {db}.typed (k UInt64, s String) ENGINE MergeTree ORDER BY k").await;
    stage.run(source, "INSERT INTO {db}.typed SELECT number, 'x' FROM numbers(10)").await;
    let whole = stage.sandbox.s3(&format!("{}/whole", stage.name));
    let id = format!("id-{}", stage.name);
    stage.run(source, &format!("BACKUP DATABASE {{db}} TO {whole} SETTINGS id = '{id}'")).await;
    let url = format!("http://127.0.0.1:{}/backups/{}", stage.sandbox.ports().s3(), stage.name);
    let nowhere = stage.sandbox.s3(&format!("{}/nowhere", stage.name));
    let archive = |ending: &str| stage.sandbox.s3(&format!("{}/archive{ending}", stage.name));
    let replica = "ReplicatedMergeTree('/clickhouse/tables/{shard}/{db}/r', '{replica}')";
    stage.run(first, "CREATE DATABASE {db}").await;
    stage.run(first, &format!("CREATE TABLE {{db}}.r (k UInt64) ENGINE {replica} ORDER BY k")).await;
    stage.run(first, "CREATE TABLE {db}.typed (k UInt64, s UInt32) ENGINE MergeTree ORDER BY k").await;

    let mut it = Provoked { stage: &stage, wrong: Vec::new(), seen: Vec::new() };
    let quick = "SETTINGS backup_restore_s3_retry_attempts = 2, backup_restore_s3_retry_max_backoff_ms = 50";
    use Activity::{Backup, Claim, Compare, Keeper, Restore, Sql};
    for (action, sql, expected) in [
        (Backup, format!("BACKUP DATABASE {{db}} TO S3('{url}/x', 'nobody', 'wrong')"), "store::access_denied"),
        (
            Backup,
            format!("BACKUP DATABASE {{db}} TO S3('http://127.0.0.1:1/backups/x', 'a', 'b') {quick}"),
            "store::unreachable",
        ),
        (Backup, format!("BACKUP DATABASE {{db}} TO {whole}"), "backup::already_exists"),
        (Backup, format!("BACKUP DATABASE {{db}} TO S3('{url}/x', 'a', 'b', 'token')"), "backup::s3_arguments"),
        (Backup, format!("BACKUP DATABASE {{db}} TO S3('{url}/x', 'a')"), "backup::s3_arguments"),
        (
            Backup,
            format!("BACKUP DATABASE {{db}} TO {nowhere} SETTINGS s3_session_token = 'x'"),
            "backup::session_token",
        ),
        (Backup, format!("BACKUP DATABASE {{db}} TO {nowhere} ASYNC SETTINGS id = 'x'"), "backup::settings_order"),
        (Backup, format!("BACKUP DATABASE {{db}} TO {nowhere} SETTINGS no_such = 1"), "clickhouse::unknown_setting"),
        (Backup, format!("BACKUP DATABASE {{db}} TO {nowhere} SETTINGS id = '{id}'"), "backup::id_taken"),
        (Backup, "BACKUP DATABASE {db} TO S3('not a url', 'a', 'b')".to_owned(), "backup::destination"),
        (Backup, "BACKUP DATABASE {db} TO S3('http://127.0.0.1:1/b/x', 'a', 'b')".to_owned(), "backup::destination"),
        (Backup, "BACKUP DATABASE {db} TO S3(no_such_collection, 'x')".to_owned(), "backup::named_collection"),
        (Backup, format!("BACKUP DATABASE {{db}} TO {}", archive(".zip")), "backup::archive"),
        (Backup, format!("BACKUP DATABASE {{db}} TO {nowhere} SETTINGS password = 'p'"), "backup::password"),
        (
            Backup,
            format!("BACKUP DATABASE {{db}} TO {} SETTINGS password = 'p'", archive(".tar.gz")),
            "backup::password",
        ),
        (Backup, "BACKUP DATABASE {db} TO File('/etc/nope')".to_owned(), "backup::place_not_allowed"),
        (Backup, "BACKUP DATABASE {db} TO Disk('nope', 'x')".to_owned(), "backup::place_not_allowed"),
        (Backup, format!("BACKUP DATABASE nowhere TO {nowhere}"), "backup::no_such_database"),
        (Backup, format!("BACKUP TABLE {{db}}.nothing TO {nowhere}"), "clickhouse::unknown_table"),
        (Backup, "BACKUP nonsense".to_owned(), "backup::unknown_statement"),
        (Restore, format!("RESTORE DATABASE {{db}} FROM {nowhere}"), "backup::not_found"),
        (Restore, format!("RESTORE TABLE {{db}}.nothing FROM {whole}"), "backup::entry_not_found"),
        (Restore, format!("RESTORE DATABASE nodb FROM {whole}"), "backup::entry_not_found"),
        (Restore, format!("RESTORE TABLE {{db}}.r FROM {whole}"), "restore::table_not_empty"),
        (
            Restore,
            format!("RESTORE TABLE {{db}}.r FROM {whole} SETTINGS create_table = 'create'"),
            "restore::table_exists",
        ),
        (Restore, format!("RESTORE TABLE {{db}}.r FROM {whole} SETTINGS create_table = false"), "backup::settings"),
        (Sql, "CREATE TABLE {db}.r (k UInt64) ENGINE MergeTree ORDER BY k".to_owned(), "clickhouse::table_exists"),
        (Sql, "SELECT * FROM {db}.nothing".to_owned(), "clickhouse::unknown_table"),
        (Sql, "SELECT * FROM nowhere.nothing".to_owned(), "clickhouse::unknown_database"),
        (
            Sql,
            "CREATE TABLE nowhere.t (k UInt64) ENGINE MergeTree ORDER BY k".to_owned(),
            "clickhouse::unknown_database",
        ),
        (Sql, "SELEC 1".to_owned(), "clickhouse::syntax"),
        (Sql, "SELECT nothing".to_owned(), "clickhouse::syntax"),
        (Sql, "SELECT 1 SETTINGS no_such = 1".to_owned(), "clickhouse::unknown_setting"),
        (Sql, "DROP TABLE {db}.typed SETTINGS max_table_size_to_drop = 1".to_owned(), "clickhouse::too_large_to_drop"),
        (
            Sql,
            "SELECT groupArray(randomPrintableASCII(1000)) FROM numbers(1000000) SETTINGS max_memory_usage = 10000000"
                .to_owned(),
            "clickhouse::memory",
        ),
        (
            Sql,
            "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(rand()) SETTINGS max_execution_time = 1"
                .to_owned(),
            "clickhouse::timeout",
        ),
        (Sql, "SELECT * FROM cluster('no_such_cluster', system.one)".to_owned(), "clickhouse::unknown_cluster"),
        (Claim, "CREATE TABLE nowhere.t (k UInt64) ENGINE Memory".to_owned(), "clickhouse::unknown_database"),
    ] {
        it.on(false, action, &sql, expected).await;
    }
    for (action, sql, expected) in [
        (Restore, format!("RESTORE TABLE {{db}}.r FROM {whole}"), "restore::different_definition"),
        (
            Restore,
            format!("RESTORE TABLE {{db}}.r AS {{db}}.other FROM {whole} SETTINGS create_table = 'must exist'"),
            "restore::table_missing",
        ),
        (Sql, format!("CREATE TABLE {{db}}.second (k UInt64) ENGINE {replica} ORDER BY k"), "keeper::replica_exists"),
        (
            Keeper,
            "SYSTEM DROP REPLICA 'replica1' FROM ZKPATH '/clickhouse/tables/01/{db}/r'".to_owned(),
            "keeper::replica_alive",
        ),
    ] {
        it.on(true, action, &sql, expected).await;
    }
    // Another type of a column restores without a word, and breaks when it is read.
    stage.run(first, &format!("RESTORE TABLE {{db}}.typed FROM {whole} SETTINGS allow_different_table_def = 1")).await;
    it.on(true, Compare, "SELECT sum(s) FROM {db}.typed", "restore::wrong_column_type").await;

    let denied = source.client.query(&Statement::read("CREATE TABLE x.y (k UInt8) ENGINE Memory")).await;
    it.judge(denied.err(), Sql, "CREATE, sent to only read", "clickhouse::readonly");
    let stranger = Client::http(HttpConnection {
        url: format!("http://127.0.0.1:{}", stage.sandbox.ports().http(ServerName::Source)),
        user: "default".to_owned(),
        password: Some("wrong".to_owned().into()),
        ca: None,
        connect_timeout: Duration::from_secs(5),
    });
    let refused = stranger.expect("a client").query(&Statement::read("SELECT 1")).await;
    it.judge(refused.err(), Sql, "a wrong password (the sandbox's own words)", "access::authentication");

    // A database of another kind, and a table's file that is gone.
    stage.run(stage.replica(2), "CREATE DATABASE {db} ENGINE Memory").await;
    let restored =
        stage.replica(2).client.query(&Statement::write(format!("RESTORE DATABASE {} FROM {whole}", stage.name))).await;
    it.judge(restored.err(), Restore, "RESTORE into a database of another engine", "restore::cannot_restore_database");
    let store = StoreClient::new(&stage.store).expect("a store");
    for object in store.list(&format!("{}/whole", stage.name)).await.expect("a list") {
        if object.key.ends_with("data.bin") || object.key.ends_with("k.bin") {
            store.delete(&object.key).await.expect("deleted");
        }
    }
    it.on(true, Restore, &format!("RESTORE TABLE {{db}}.r AS {{db}}.again FROM {whole}"), "backup::damaged").await;

    // A killed BACKUP.
    stage
        .run(source, "CREATE TABLE {db}.big (k UInt64, s String) ENGINE MergeTree ORDER BY k PARTITION BY k % 20")
        .await;
    stage.run(source, "INSERT INTO {db}.big SELECT number, randomPrintableASCII(100) FROM numbers(60000)").await;
    let killed = format!("killed-{id}");
    stage
        .run(
            source,
            &format!(
                "BACKUP TABLE {{db}}.big TO {nowhere} SETTINGS id = '{killed}', max_backup_bandwidth = 1000000 ASYNC"
            ),
        )
        .await;
    becomes(&stage, source, &format!("SELECT toUInt8(num_entries > 0) FROM system.backups WHERE id = '{killed}'"), "1")
        .await;
    stage.run(source, "KILL QUERY WHERE query LIKE 'BACKUP TABLE%' ASYNC").await;
    becomes(
        &stage,
        source,
        &format!("SELECT toString(status) FROM system.backups WHERE id = '{killed}'"),
        "BACKUP_CANCELLED",
    )
    .await;
    let text = cell(&stage, source, &format!("SELECT error FROM system.backups WHERE id = '{killed}'")).await;
    let error = houseplan::connect::clickhouse::Exception::parse(&text, None);
    it.judge(Some(QueryError::Exception(error)), Backup, "KILL QUERY of a BACKUP", "backup::cancelled");

    println!("{}", it.seen.join("\n"));
    assert!(it.wrong.is_empty(), "{}", it.wrong.join("\n\n"));
}
