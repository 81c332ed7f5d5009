//! Checks grow old: what destroys, or cannot be taken back, is not sent on the word of what was so long ago.

use std::fs;

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

/// A table whose rows must not be lost, and a plan that empties it once there are none.
const TRUNCATE: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: empty }
targets: { source: { kind: clickhouse } }
steps:
  empty:
    preconditions:
      - name: nothing is in it
        sql: { on: source, query: SELECT count() AS n FROM TBL }
        expect: row.n == 0
    sql: { on: source, effect: idempotent, query: TRUNCATE TABLE TBL }
";

/// A plan whose procedure has harmless steps before the one that cannot be undone.
const SWITCH: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: switch }
targets: { source: { kind: clickhouse } }
procedures: [switch_over]
steps:
  switch:
    irreversible: true
    preconditions:
      - name: nothing is in it
        sql: { on: source, query: SELECT count() AS n FROM TBL }
        expect: row.n == 0
    procedure: switch_over
";

const PROCEDURE: &str = "
  switch_over:
    steps:
      prepare: { exec: { on: local, command: [\"true\"], effect: idempotent } }
      look: { needs: [prepare], approve: { show: it is prepared } }
      up: { needs: [look], irreversible: true, exec: { on: local, command: [sh, -c, \"echo up >> EFFECT\"] } }
";

async fn table(sandbox: &SandboxLease) -> String {
    let table = format!("{}.t", sandbox.fresh_name());
    let (database, _) = table.split_once('.').expect("two names");
    sandbox.must("source", &format!("CREATE DATABASE {database}")).await;
    sandbox.must("source", &format!("CREATE TABLE {table} (a UInt64) ENGINE = MergeTree ORDER BY a")).await;
    table
}

#[tokio::test]
async fn a_truncate_in_doubt_is_not_repeated_over_rows_that_have_come_since() {
    let sandbox = SandboxLease::acquire().await;
    let (operator, table) = (Operator::new(&sandbox), table(&sandbox).await);
    let plan = operator.write("empty.yaml", &TRUNCATE.replace("TBL", &table));
    operator.does(&["run", &plan]).await.with(0);

    // As if houseplan had died before its statement reached the server.
    let (run, started) = (operator.last_run(), "\"event\":\"task_started\"");
    let journal = operator.journal_file(&run);
    let whole = fs::read_to_string(&journal).expect("the journal");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let until = lines.iter().position(|line| line.contains(started)).expect("it has started");
    fs::write(&journal, lines[..=until].concat()).expect("the journal");
    sandbox.must("source", &format!("INSERT INTO {table} SELECT number FROM numbers(1000)")).await;
    let rows = async || sandbox.must("source", &format!("SELECT count() FROM {table}")).await;

    // The whole run had given its claim back.
    operator
        .resumes(&["--claim-again"])
        .await
        .with(4)
        .has("either it was done, or something else has changed: `nothing is in it` no longer holds");
    assert_eq!(rows().await, "1000");
    operator.does(&["settle", &run, "empty", "--as", "not-done"]).await.with(0);
    operator.resumes(&[]).await.with(3).has("nothing is in it");
    assert_eq!(rows().await, "1000", "not even a person's word lets it be sent while its precondition does not hold");

    sandbox.must("source", &format!("ALTER TABLE {table} DELETE WHERE 1 SETTINGS mutations_sync = 2")).await;
    operator.resumes(&[]).await.with(0);
    assert_eq!(operator.count("task_started", "empty"), 2);
}

#[tokio::test]
async fn an_irreversible_step_reads_again_what_was_to_hold_before_all_of_it() {
    let sandbox = SandboxLease::acquire().await;
    let (operator, table) = (Operator::new(&sandbox), table(&sandbox).await);
    let effect = operator.path("effect");
    let procedure = PROCEDURE.replace("EFFECT", effect.as_str());
    let environment = operator.environment("slow", &[("procedures:", &format!("procedures:{procedure}"))]);
    let plan = operator.write("switch.yaml", &SWITCH.replace("TBL", &table));
    operator.does(&["run", &plan, "--env", &environment]).await.with(4);
    let run = operator.last_run();

    // While it waited for the person, rows have come.
    sandbox.must("source", &format!("INSERT INTO {table} VALUES (1)")).await;
    operator.does(&["approve", &run, "switch/look"]).await.with(0);
    operator.resumes(&[]).await.with(3).has("nothing is in it");
    assert!(!effect.exists(), "what cannot be taken back was not begun");

    sandbox.must("source", &format!("TRUNCATE TABLE {table}")).await;
    operator.resumes(&[]).await.with(0);
    assert_eq!(fs::read_to_string(&effect).expect("the effect"), "up\n");
}

/// A person's word that it was not done is not taken to mean that nothing was begun: `finally` asks whether it ever started.
#[tokio::test]
async fn what_was_once_sent_has_started_whatever_is_said_of_it_later() {
    let sandbox = SandboxLease::acquire().await;
    let (operator, table) = (Operator::new(&sandbox), table(&sandbox).await);
    let (effect, writers) = (operator.path("effect"), operator.path("writers"));
    let procedure = format!(
        "\n  switch_over:\n    steps:\n      up: {{ exec: {{ on: local, effect: once, command: [sh, -c, \"echo up >> {effect}; sleep 5\"] }} }}\n"
    );
    let environment = operator.environment("slow", &[("procedures:", &format!("procedures:{procedure}"))]);
    let finally = format!(
        "finally:\n  writers:\n    when: not steps.switch.started\n    exec: {{ on: local, command: [touch, \"{writers}\"] }}\n"
    );
    let plan = operator.write("switch.yaml", &format!("{}{finally}", SWITCH.replace("TBL", &table)));
    let mut running = operator.begin(&["run", &plan, "--env", &environment]);
    while !effect.exists() {
        assert!(running.works(), "it has ended: {:?}", running.ends().await);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    running.killed().await;
    let run = operator.last_run();
    operator.resumes(&[]).await.with(4);
    operator.does(&["settle", &run, "switch/up", "--as", "not-done"]).await.with(0);
    sandbox.must("source", &format!("INSERT INTO {table} VALUES (1)")).await;
    operator.resumes(&[]).await.with(3).has("nothing is in it");

    operator.does(&["abandon", &run]).await.with(0);
    assert!(!writers.exists(), "writers were started on what a migration has begun to change");
}
