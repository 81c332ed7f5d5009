//! The shipped plan `restore`, through the binary, on the real engine.

use std::process::Output;

use tokio::process::Command;

use crate::support::sandbox_lease::{SandboxLease, program};

const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plans/restore.yaml");

struct House {
    lease: SandboxLease,
    state: tempfile::TempDir,
}

impl House {
    /// A source with two tables and a view, backed up at `kept`; and the migrations' own table.
    async fn new() -> Self {
        let lease = SandboxLease::acquire().await;
        for statement in [
            "CREATE DATABASE house",
            "CREATE TABLE house.runs (id UInt64, n UInt32) ENGINE = ReplacingMergeTree(n) ORDER BY id",
            "CREATE TABLE house.schema_migrations (version Int64) ENGINE = MergeTree ORDER BY version",
            "CREATE VIEW house.recent AS SELECT id FROM house.runs",
            "INSERT INTO house.runs SELECT number, 1 FROM numbers(100)",
            "INSERT INTO house.schema_migrations VALUES (7)",
            &format!("BACKUP DATABASE house TO {}", lease.s3("kept")),
        ] {
            lease.must("source", statement).await;
        }
        Self { lease, state: tempfile::tempdir().expect("a folder") }
    }

    /// Runs the plan into the sandbox's target `target`.
    async fn restore(&self, target: &str, mode: &str, path: &str) -> Output {
        self.restore_with(target, mode, path, &[]).await
    }

    async fn restore_with(&self, target: &str, mode: &str, path: &str, more: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.args(["run", PLAN, "--set", "database=house", "--set", &format!("mode={mode}")]);
        command.args(["--target", &format!("destination={target}"), "--set", &format!("path={path}"), "--env"]);
        command.arg(self.lease.layout().environment_file()).args(more);
        command.env("HOUSEPLAN_STATE_DIR", self.state.path().join("runs")).kill_on_drop(true);
        command.output().await.expect("it runs")
    }

    /// Resumes the only run.
    async fn resume(&self) -> Output {
        self.of_the_run("resume", &[]).await
    }

    async fn approve(&self, step: &str) {
        let output = self.of_the_run("approve", &[step]).await;
        assert!(output.status.success(), "{}", words(&output));
    }

    async fn of_the_run(&self, command: &str, more: &[&str]) -> Output {
        let runs = self.state.path().join("runs");
        let mut names = std::fs::read_dir(runs.join("runs")).expect("runs").map(|it| it.expect("a run").file_name());
        let mut program = Command::new(program());
        program.arg(command).arg(names.next().expect("a run")).args(more);
        program.env("HOUSEPLAN_STATE_DIR", runs).kill_on_drop(true);
        program.output().await.expect("it runs")
    }

    async fn everywhere(&self, statements: &[&str]) {
        for member in ["replica1", "replica2"] {
            for statement in statements {
                self.lease.must(member, statement).await;
            }
        }
    }
}

/// What was printed, as one line: a screen wraps its words.
fn words(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn tables_that_migrations_made_are_filled_and_their_own_is_left_alone() {
    let house = House::new().await;
    let path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
    house
        .everywhere(&[
            "CREATE DATABASE house",
            &format!("CREATE TABLE house.runs (id UInt64, n UInt32) ENGINE = ReplicatedReplacingMergeTree({path}, n) ORDER BY id"),
            &format!("CREATE TABLE house.schema_migrations (version Int64) ENGINE = ReplicatedMergeTree({path}) ORDER BY version"),
            "CREATE VIEW house.recent AS SELECT id FROM house.runs",
        ])
        .await;
    house.lease.must("replica1", "INSERT INTO house.schema_migrations VALUES (9)").await;
    let output = house.restore("cluster", "existing", "kept").await;
    assert!(output.status.success(), "{}", words(&output));
    for member in ["replica1", "replica2"] {
        assert_eq!(house.lease.must(member, "SELECT count() FROM house.runs").await, "100");
        assert_eq!(house.lease.must(member, "SELECT groupArray(version) FROM house.schema_migrations").await, "[9]");
    }
    assert!(words(&output).contains("3 tables, 101 rows"), "{}", words(&output));
}

#[tokio::test]
async fn one_table_that_does_not_fit_stops_all_of_them_and_a_column_more_with_a_default_is_told() {
    let house = House::new().await;
    house
        .lease
        .must("source", "CREATE TABLE house.traces (id UInt64, cost Float64) ENGINE = MergeTree ORDER BY id")
        .await;
    house.lease.must("source", "INSERT INTO house.traces SELECT number, 1.5 FROM numbers(50)").await;
    let backup = format!("BACKUP DATABASE house TO {}", house.lease.s3("both"));
    house.lease.must("source", &backup).await;
    // `schema_migrations` is left alone in this mode, so it need not be there.
    let path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
    house
        .everywhere(&[
            "CREATE DATABASE house",
            &format!("CREATE TABLE house.runs (id UInt64, n UInt32, spot UInt8 DEFAULT 3) ENGINE = ReplicatedReplacingMergeTree({path}, n) ORDER BY id"),
            &format!("CREATE TABLE house.traces (id UInt64, cost Float32) ENGINE = ReplicatedMergeTree({path}) ORDER BY id"),
            "CREATE VIEW house.recent AS SELECT id FROM house.runs",
        ])
        .await;
    let output = house.restore("cluster", "existing", "both").await;
    let said = words(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("column cost is Float32 instead of Float64"), "{said}");
    assert_eq!(house.lease.must("replica1", "SELECT count() FROM house.runs").await, "0");

    house.lease.must("replica1", "ALTER TABLE house.traces MODIFY COLUMN cost Float64 SETTINGS alter_sync = 2").await;
    let output = house.resume().await;
    let said = words(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("runs: column spot is not in the backup (DEFAULT)"), "{said}");
    for member in ["replica1", "replica2"] {
        let found = "SELECT concat(toString(count()), ' ', toString(sum(spot))) FROM house.runs";
        assert_eq!(house.lease.must(member, found).await, "100 300");
        assert_eq!(house.lease.must(member, "SELECT sum(cost) FROM house.traces").await, "75");
    }
}

#[tokio::test]
async fn tables_that_come_back_on_each_replica_by_itself_are_told() {
    let house = House::new().await;
    let output = house.restore("cluster", "empty", "kept").await;
    let words = words(&output);
    assert_eq!(output.status.code(), Some(3), "{words}");
    assert!(words.contains("replicated on all of them"), "{words}");
}

#[tokio::test]
async fn one_server_takes_plain_tables() {
    let house = House::new().await;
    house.lease.must("source", "DROP DATABASE house SYNC").await;
    let output = house.restore("source", "empty", "kept").await;
    assert!(output.status.success(), "{}", words(&output));
    assert_eq!(house.lease.must("source", "SELECT count() FROM house.runs").await, "100");
}

#[tokio::test]
async fn a_backup_without_the_database_is_told_before_anything_falls() {
    let house = House::new().await;
    house.lease.must("source", "CREATE DATABASE other").await;
    let backup = format!("BACKUP DATABASE other TO {}", house.lease.s3("other"));
    house.lease.must("source", &backup).await;
    let output = house.restore("source", "replace", "other").await;
    assert_eq!(output.status.code(), Some(3), "{}", words(&output));
    assert!(words(&output).contains("the backup holds tables of the database"), "{}", words(&output));
    assert_eq!(house.lease.must("source", "SELECT count() FROM house.runs").await, "100");
}

/// Nothing is stored but what the backup holds, and that is known of each table: also where a merge would drop rows at once.
#[tokio::test]
async fn every_table_is_compared_with_the_backup_and_no_merge_drops_rows_before() {
    let house = House::new().await;
    let ttl =
        "TTL at + INTERVAL 1 SECOND SETTINGS merge_with_ttl_timeout = 0, merge_with_recompression_ttl_timeout = 0";
    for statement in [
        &format!("CREATE TABLE house.expired (k UInt64, at DateTime) ENGINE = MergeTree ORDER BY k {ttl}"),
        "SYSTEM STOP MERGES house.expired",
        "INSERT INTO house.expired SELECT number, now() - 3600 FROM numbers(70)",
        "CREATE TABLE house.noted (k UInt64) ENGINE = Log",
        "INSERT INTO house.noted SELECT number FROM numbers(7)",
        "CREATE TABLE house.tiny (k UInt64) ENGINE = TinyLog",
        "INSERT INTO house.tiny SELECT number FROM numbers(7)",
        "CREATE TABLE house.nothing (k UInt64) ENGINE = Null",
        "CREATE MATERIALIZED VIEW house.inside ENGINE = MergeTree ORDER BY k AS SELECT k FROM house.nothing",
        "INSERT INTO house.nothing SELECT number FROM numbers(9)",
        &format!("BACKUP DATABASE house TO {}", house.lease.s3("all")),
        "DROP DATABASE house SYNC",
    ] {
        house.lease.must("source", statement).await;
    }
    let said = words(&house.restore("source", "empty", "all").await);
    assert!(said.contains("✓ restore succeeded"), "{said}");
    for line in ["expired 70 =", "noted 7 =", "inside 9 =", "runs 100 =", "schema_migrations 1 =", "tiny not compared"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(said.contains("tiny not compared: a backup does not say how many rows it holds of TinyLog"), "{said}");

    // The merges have started again.
    let expired = "SELECT count() FROM house.expired";
    for _ in 0..100 {
        if house.lease.must("source", expired).await == "0" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("merges are still stopped");
}

#[tokio::test]
async fn rows_that_are_added_are_compared_with_those_of_before_and_of_the_backup() {
    let house = House::new().await;
    assert_eq!(house.restore("source", "append", "kept").await.status.code(), Some(4));
    house.approve("allow_append").await;
    let said = words(&house.resume().await);
    assert!(said.contains("✓ restore succeeded"), "{said}");
    // In a ReplacingMergeTree all 200 stand beside one another until a merge may run again.
    assert!(said.contains("runs 200 =") && said.contains("schema_migrations 2 ="), "{said}");
}

#[tokio::test]
async fn rows_that_the_backup_does_not_have_are_told_and_so_are_missing_ones() {
    let house = House::new().await;
    let plan = house.state.path().join("held.yaml");
    let text = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: held }
targets: { destination: { kind: clickhouse }, store: { kind: s3 } }
steps:
  held: { inspect: { on: store, backup: kept, database: house, contents: true } }
  same: { needs: [held], compare: { left: '{{ steps.held }}', right: destination, by: [rows] } }
";
    std::fs::write(&plan, text).expect("a plan");
    let run = async || {
        let mut command = Command::new(program());
        command.arg("run").arg(&plan).args(["--target", "destination=source", "--env"]);
        command.arg(house.lease.layout().environment_file());
        command.env("HOUSEPLAN_STATE_DIR", house.state.path().join("held")).kill_on_drop(true);
        command.output().await.expect("it runs")
    };
    let output = run().await;
    assert!(output.status.success(), "{}", words(&output));

    house.lease.must("source", "INSERT INTO house.schema_migrations VALUES (8)").await;
    house.lease.must("source", "CREATE TABLE house.newer (k UInt64) ENGINE = MergeTree ORDER BY k").await;
    house.lease.must("source", "DROP VIEW house.recent SYNC").await;
    let output = run().await;
    let said = words(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("schema_migrations 2 rows instead of 1"), "{said}");
    assert!(said.contains("newer not in the backup") && said.contains("recent missing"), "{said}");
}

#[tokio::test]
async fn a_restore_of_nothing_is_refused() {
    let house = House::new().await;
    let everything = "left_out=[\"runs\", \"schema_migrations\", \"recent\"]";
    let output = house.restore_with("source", "replace", "kept", &["--set", everything]).await;
    assert_eq!(output.status.code(), Some(3), "{}", words(&output));
    assert!(words(&output).contains("tables that are not left out"), "{}", words(&output));
    assert_eq!(house.lease.must("source", "SELECT count() FROM house.runs").await, "100");
}

/// Retried inserts make parts of equal content; some versions drop those (`versions::known_bugs`), this one does not.
#[tokio::test]
async fn parts_of_equal_content_all_come_back() {
    let house = House::new().await;
    house.lease.must("source", "SYSTEM STOP MERGES house.schema_migrations").await;
    house.lease.must("source", "INSERT INTO house.schema_migrations VALUES (7)").await;
    house.lease.must("source", &format!("BACKUP DATABASE house TO {}", house.lease.s3("equal"))).await;
    let path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
    house
        .everywhere(&[
            "CREATE DATABASE house",
            &format!("CREATE TABLE house.runs (id UInt64, n UInt32) ENGINE = ReplicatedReplacingMergeTree({path}, n) ORDER BY id"),
            &format!("CREATE TABLE house.schema_migrations (version Int64) ENGINE = ReplicatedMergeTree({path}) ORDER BY version"),
            "CREATE VIEW house.recent AS SELECT id FROM house.runs",
        ])
        .await;
    let output = house.restore_with("cluster", "existing", "equal", &["--set", "except=[]"]).await;
    let said = words(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 known bug looked for, none is met"), "{said}");
    for member in ["replica1", "replica2"] {
        assert_eq!(house.lease.must(member, "SELECT count() FROM house.schema_migrations").await, "2");
    }
}
