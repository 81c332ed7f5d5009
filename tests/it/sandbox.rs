//! The sandbox itself: its life, and that its servers behave as real ones where plans depend on it.

mod as_the_real_one;
mod engines;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use houseplan::sandbox::{
    LoadOptions, MigrateOptions, Sandbox, SandboxError, ServerName, ServerState, SourceState, UpOptions,
};

use crate::support::sandbox_lease::{SandboxLease, program};

const WITHIN: Duration = Duration::from_secs(20);

/// Asks until the answer is the expected one: replication takes its time.
#[track_caller]
fn eventually<'a>(
    sandbox: &'a SandboxLease,
    member: &'a str,
    sql: &'a str,
    expected: &'a str,
) -> impl Future<Output = ()> + 'a {
    let place = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + WITHIN;
        loop {
            let answer = sandbox.query(member, sql).await;
            if answer.as_deref().is_ok_and(|answer| answer == expected) {
                return;
            }
            assert!(Instant::now() < deadline, "{place}: {member}: {sql}: {answer:?}, not {expected:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn running(sandbox: &Sandbox) -> usize {
    let status = sandbox.status().expect("a sandbox");
    status.servers.iter().filter(|server| server.state == ServerState::Running).count()
}

fn no_progress(_: &str) {}

/// A test that fails must not leave its servers behind.
struct EndOnPanic(Utf8PathBuf);

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let down = ["sandbox", "down", "--purge", "--dir", self.0.as_str()];
            // The panic is what is reported; a second one would hide it.
            let _ = std::process::Command::new(program()).args(down).status();
        }
    }
}

#[tokio::test]
async fn its_life_from_up_to_purge() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = Utf8PathBuf::from_path_buf(folder.path().join("sandbox")).expect("UTF-8");
    let _end = EndOnPanic(dir.clone());
    let one_replica = UpOptions { replicas: Some(1), ..UpOptions::new(&dir, program()) };
    let sandbox = Sandbox::up(one_replica.clone(), &mut no_progress).await.expect("it comes up");
    assert_eq!(running(&sandbox), 4);

    let mut said = Vec::new();
    Sandbox::up(one_replica, &mut |line: &str| said.push(line.to_owned())).await.expect("it is up");
    assert_eq!(said, ["already up"]);
    let two_replicas = UpOptions { replicas: Some(2), ..UpOptions::new(&dir, program()) };
    let error = Sandbox::up(two_replicas, &mut no_progress).await.expect_err("it has one");
    assert!(matches!(error, SandboxError::Differs { .. }), "{error}");
    let error = sandbox.stop(ServerName::Replica(2)).await.expect_err("it has one");
    assert!(matches!(error, SandboxError::UnknownServer { .. }), "{error}");

    let create = "CREATE TABLE kept ENGINE = MergeTree ORDER BY a AS SELECT 42 AS a";
    sandbox.query(ServerName::Source, create).await.expect("a table");
    sandbox.down().await.expect("it goes down");
    assert_eq!(running(&sandbox), 0);
    Sandbox::up(UpOptions::new(&dir, program()), &mut no_progress).await.expect("it comes up again");
    assert_eq!(sandbox.query(ServerName::Source, "SELECT a FROM kept").await.expect("the table"), "42\n");

    sandbox.purge().await.expect("it can be removed");
    assert!(!dir.exists());
    assert!(matches!(Sandbox::open(&dir), Err(SandboxError::NotFound { .. })));
}

#[tokio::test]
async fn an_insert_on_one_replica_reaches_the_other_with_its_projections() {
    let sandbox = SandboxLease::acquire().await;
    let database = sandbox.fresh_name();
    sandbox.must("replica1", &format!("CREATE DATABASE {database} ON CLUSTER default")).await;
    sandbox
        .must(
            "replica1",
            &format!(
                "CREATE TABLE {database}.t ON CLUSTER default (a UInt64, s String, PROJECTION by_s (SELECT * ORDER BY s))
                ENGINE = ReplicatedMergeTree ORDER BY a SETTINGS min_bytes_for_wide_part = 0"
            ),
        )
        .await;
    sandbox
        .must("replica1", &format!("INSERT INTO {database}.t SELECT number, toString(number) FROM numbers(100000)"))
        .await;
    eventually(&sandbox, "replica2", &format!("SELECT count() FROM {database}.t"), "100000").await;
    let parts = format!("SELECT sum(rows) FROM system.projection_parts WHERE active AND database = '{database}'");
    eventually(&sandbox, "replica2", &parts, "100000").await;
    let checked = sandbox
        .must("replica2", &format!("CHECK TABLE {database}.t SETTINGS check_query_single_value_result = 1"))
        .await;
    assert_eq!(checked, "1");
}

#[tokio::test]
async fn a_database_moves_to_the_cluster_and_the_source_is_gone() {
    let sandbox = SandboxLease::acquire().await;
    let report = sandbox.load(LoadOptions::rows(20_000), &mut no_progress).await.expect("it loads");
    let runs = report.tables.iter().find(|table| table.name == "runs").expect("table runs");
    assert_eq!(runs.rows, 20_000);
    let project = "SELECT dictGet('langsmith.projects_dictionary', 'name', 7::UInt64)";
    assert_eq!(sandbox.must("source", project).await, "project-7");
    let again = sandbox.load(LoadOptions::rows(1), &mut no_progress).await.expect_err("there are data");
    assert!(matches!(again, SandboxError::AlreadyLoaded { .. }), "{again}");

    let content = "SELECT count(), sum(cityHash64(tuple(*))) FROM langsmith.runs";
    sandbox.must("source", "SYSTEM STOP MERGES").await;
    let before = sandbox.must("source", content).await;
    let store = sandbox.s3("moved");
    let backup = format!("BACKUP DATABASE langsmith EXCEPT TABLES langsmith.schema_migrations TO {store}");
    assert!(sandbox.must("source", &backup).await.ends_with("BACKUP_CREATED"));

    let migrated = sandbox.migrate(MigrateOptions::default(), &mut no_progress).await.expect("it migrates");
    assert_eq!(migrated.applied, (1..=8).collect::<Vec<i64>>());
    assert_eq!(sandbox.state().expect("a sandbox").source, SourceState::Removed);
    assert!(matches!(sandbox.start(ServerName::Source).await, Err(SandboxError::SourceRemoved)));
    let repeated = sandbox.migrate(MigrateOptions::default(), &mut no_progress).await.expect("it can be repeated");
    assert!(repeated.applied.is_empty());

    for replica in ["replica1", "replica2"] {
        sandbox.must(replica, "SYSTEM STOP MERGES").await;
    }
    let restore = format!(
        "RESTORE DATABASE langsmith FROM {store} SETTINGS allow_different_table_def = 1, create_table = 'must exist'"
    );
    assert!(sandbox.must("replica1", &restore).await.ends_with("RESTORED"));
    for replica in ["replica1", "replica2"] {
        eventually(&sandbox, replica, content, &before).await;
        eventually(&sandbox, replica, "SELECT sum(runs) FROM langsmith.runs_by_type", "20000").await;
        let missing = "SELECT count() FROM system.tables WHERE database = 'langsmith' AND engine LIKE '%MergeTree' AND engine NOT LIKE 'Replicated%'";
        assert_eq!(sandbox.must(replica, missing).await, "0");
    }
    sandbox.must("replica1", "SYSTEM RELOAD DICTIONARY langsmith.projects_dictionary").await;
    assert_eq!(sandbox.must("replica1", project).await, "project-7");
}

#[tokio::test]
async fn the_same_seed_loads_the_same_rows() {
    let sandbox = SandboxLease::acquire().await;
    let content = "SELECT count(), sum(cityHash64(tuple(*))) FROM langsmith.runs FINAL";
    let mut contents = Vec::new();
    for seed in [1, 1, 2] {
        sandbox.query("source", "DROP DATABASE IF EXISTS langsmith SYNC").await.expect("dropped");
        sandbox.load(LoadOptions { seed, ..LoadOptions::rows(2_000) }, &mut no_progress).await.expect("it loads");
        contents.push(sandbox.must("source", content).await);
    }
    assert_eq!(contents[0], contents[1]);
    assert_ne!(contents[0], contents[2]);
}

#[tokio::test]
async fn a_dirty_version_is_refused_unless_our_own_crash_left_it() {
    let sandbox = SandboxLease::acquire().await;
    let options = MigrateOptions { keep_source: true, ..MigrateOptions::default() };
    sandbox.migrate(options.clone(), &mut no_progress).await.expect("it migrates");
    let dirty = "INSERT INTO langsmith.schema_migrations VALUES (8, 1, toUInt64(toUnixTimestamp64Nano(now64(9))))";
    sandbox.must("replica1", dirty).await;
    let error = sandbox.migrate(options.clone(), &mut no_progress).await.expect_err("it is dirty");
    assert_eq!(error.to_string(), "Dirty database version 8. Fix and force version.");

    let note = sandbox.layout().dir().join("migrating-replica1.json");
    std::fs::write(note, r#"{"database": "langsmith", "version": 8}"#).expect("the note can be written");
    let report = sandbox.migrate(options, &mut no_progress).await.expect("it goes on");
    assert_eq!(report.applied, [8]);
    eventually(&sandbox, "replica2", "SELECT count() FROM langsmith.runs_archive", "0").await;
}

#[tokio::test]
async fn a_migration_that_is_killed_goes_on_when_it_is_run_again() {
    let sandbox = SandboxLease::acquire().await;
    let migrate = || {
        let mut command = tokio::process::Command::new(program());
        command.args(["sandbox", "migrate", "--keep-source", "--dir", sandbox.layout().dir().as_str()]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for milliseconds in [150, 350, 600] {
        let mut child = migrate().spawn().expect("started");
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        child.kill().await.expect("killed");
    }
    let output = migrate().output().await.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for replica in ["replica1", "replica2"] {
        let tables = "SELECT count() FROM system.tables WHERE database = 'langsmith' AND name NOT LIKE '.inner%'";
        assert_eq!(sandbox.must(replica, tables).await, "24");
        eventually(&sandbox, replica, "SELECT min(active_replicas) FROM system.replicas", "2").await;
    }
}

#[tokio::test]
async fn the_command_line_shows_and_breaks_and_mends() {
    let sandbox = SandboxLease::acquire().await;
    let run = async |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(program());
        command.arg("sandbox").args(arguments).env("HOUSEPLAN_SANDBOX", sandbox.layout().dir());
        let output = command.output().await.expect("it runs");
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        (output.status.success(), stdout, String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let s3 = async || {
        let (_, json, _) = run(&["status", "--output", "json"]).await;
        let status: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        status["servers"][1].clone()
    };
    let running = s3().await;
    assert_eq!((&running["name"], &running["state"]), (&"s3".into(), &"running".into()));
    assert!(run(&["kill", "s3"]).await.0);
    assert_eq!(s3().await["state"], "dead");
    assert!(run(&["start", "s3"]).await.0);
    assert!(run(&["stop", "s3"]).await.0);
    assert_eq!(s3().await["state"], "stopped");
    let (_, _, said) = run(&["up"]).await;
    assert_eq!(said, "s3 is up\n");
    let (succeeded, _, said) = run(&["stop", "replica7"]).await;
    assert!(!succeeded && said.contains("there is no server `replica7` in this sandbox"), "{said}");
    let (_, environment, _) = run(&["status", "--environment"]).await;
    assert_eq!(environment.trim_end(), sandbox.layout().environment_file());
}

#[tokio::test]
async fn a_killed_replica_catches_up_when_it_is_started() {
    let sandbox = SandboxLease::acquire().await;
    let database = sandbox.fresh_name();
    sandbox.must("replica1", &format!("CREATE DATABASE {database} ON CLUSTER default")).await;
    let create =
        format!("CREATE TABLE {database}.t ON CLUSTER default (a UInt64) ENGINE = ReplicatedMergeTree ORDER BY a");
    sandbox.must("replica1", &create).await;
    sandbox.kill(ServerName::Replica(2)).await.expect("it can be killed");
    let unreachable = sandbox.query("replica2", "SELECT 1").await.expect_err("it is dead");
    assert!(matches!(unreachable, SandboxError::Unreachable { .. }), "{unreachable}");
    assert_eq!(running(&sandbox), 4);
    sandbox.must("replica1", &format!("INSERT INTO {database}.t SELECT number FROM numbers(1000)")).await;
    sandbox.start(ServerName::Replica(2)).await.expect("it can be started");
    eventually(&sandbox, "replica2", &format!("SELECT count() FROM {database}.t"), "1000").await;
}

#[tokio::test]
async fn cleaning_mends_what_was_done_to_it() {
    let sandbox = SandboxLease::acquire().await;
    let database = sandbox.fresh_name();
    sandbox.must("replica1", &format!("CREATE DATABASE {database} ON CLUSTER default")).await;
    let create =
        format!("CREATE TABLE {database}.t ON CLUSTER default (a UInt64) ENGINE = ReplicatedMergeTree ORDER BY a");
    sandbox.must("replica1", &create).await;
    // Without SYNC: the trap that deletes the next table's nodes in Keeper eight minutes later.
    sandbox.must("replica1", &format!("DROP TABLE {database}.t")).await;
    sandbox.kill(ServerName::S3).await.expect("it can be killed");
    // A process that hangs: it neither answers nor ends when asked to.
    let status = sandbox.status().expect("a sandbox");
    let hung = status.servers.iter().find(|server| server.name == ServerName::Replica(2));
    let pid = hung.and_then(|server| server.pid).and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(pid.expect("it runs"), rustix::process::Signal::STOP).expect("stopped");

    sandbox.clean(&mut no_progress).await.expect("it can be cleaned");
    assert_eq!(running(&sandbox), 5);
    let begun = Instant::now();
    sandbox.clean(&mut no_progress).await.expect("it can be cleaned");
    assert!(begun.elapsed() < Duration::from_secs(3), "cleaning a clean one took {:?}", begun.elapsed());
    for member in ["source", "replica1", "replica2"] {
        let left = "SELECT count() FROM system.databases WHERE name NOT IN ('default', 'system', 'information_schema', 'INFORMATION_SCHEMA')";
        assert_eq!(sandbox.must(member, left).await, "0");
    }
    sandbox.must("replica1", &format!("CREATE DATABASE {database} ON CLUSTER default")).await;
    sandbox.must("replica1", &create).await;
    eventually(&sandbox, "replica2", "SELECT active_replicas FROM system.replicas", "2").await;
}

#[tokio::test]
async fn the_http_interface_answers_as_the_real_one() {
    let sandbox = SandboxLease::acquire().await;
    let port = sandbox.ports().http(ServerName::Replica(1));

    let refused = get(port, "/?query=SELECT+1&user=default&password=wrong");
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    assert!(refused.contains("X-ClickHouse-Exception-Code: 516"), "{refused}");
    assert!(refused.contains("Authentication failed: password is incorrect"), "{refused}");
    assert!(get(port, "/ping").ends_with("Ok.\n"));

    for (sql, expected) in [
        ("SELECT * FROM nowhere.nothing", 81),
        ("SELECT 1; SELECT 2", 62),
        ("CREATE DATABASE d ON CLUSTER nowhere", 701),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115),
    ] {
        let error = sandbox.query("replica1", sql).await.expect_err(sql);
        assert!(matches!(error, SandboxError::Refused { code, .. } if code == expected), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_running_statement_shows_its_comment_and_many_run_at_once() {
    let sandbox = SandboxLease::acquire().await;
    let slow = "/* houseplan run-1/step/2 */ SELECT count() FROM numbers(20) WHERE NOT ignore(sleepEachRow(0.1)) SETTINGS max_block_size = 1";
    let slow = futures::future::join_all((0..8).map(|_| sandbox.query("source", slow)));
    let seen = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let running = "SELECT count() FROM system.processes WHERE startsWith(query, '/* houseplan run-1/step/2 */')";
        sandbox.must("source", running).await
    };
    let begun = Instant::now();
    let (slow, seen) = futures::future::join(slow, seen).await;
    assert!(slow.iter().all(|answer| answer.as_deref().is_ok_and(|answer| answer == "20")), "{slow:?}");
    assert_eq!(seen, "8");
    assert!(begun.elapsed() < Duration::from_secs(10), "they waited for one another: {:?}", begun.elapsed());
}

/// One request by hand, for answers a client of ours would hide.
fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in UTF-8");
    answer
}
