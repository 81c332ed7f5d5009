//! Paths in a store: what would mean one thing to a server and another to this machine is refused before anything is written, and
//! what is taken means one thing to both.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

async fn sandbox() -> (SandboxLease, Operator) {
    let sandbox = SandboxLease::acquire().await;
    for statement in [
        "CREATE DATABASE house",
        "CREATE TABLE house.runs (id UInt64) ENGINE = MergeTree ORDER BY id",
        "INSERT INTO house.runs SELECT number FROM numbers(100)",
    ] {
        sandbox.must("source", statement).await;
    }
    let operator = Operator::new(&sandbox);
    (sandbox, operator)
}

/// What lies in the sandbox's bucket.
fn written(sandbox: &SandboxLease) -> Vec<String> {
    let bucket = sandbox.layout().dir().join("servers/s3/data/backups");
    let entries = bucket.read_dir_utf8().expect("the bucket");
    entries.map(|entry| entry.expect("an entry").file_name().to_owned()).collect()
}

const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: paths, version: 1.0.0, summary: x }
inputs: { folder: { type: string } }
targets: { store: { kind: s3 }, source: { kind: clickhouse, members: 1 } }
steps:
  ask: { sql: { on: source, query: \"SELECT {{ inputs.folder }} AS folder\", effect: read }, outputs: { folder: \"result.rows[0].folder\" } }
  backup: { needs: [ask], backup: { on: source, database: house, to: { store: store, path: \"PATH\" } } }
";

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anything_is_written() {
    let (sandbox, operator) = sandbox().await;
    for (path, reason) in [
        ("a#b", "`#` cannot stand in a path"),
        ("a%41", "`%` cannot stand in a path"),
        ("{a,b}/c", "`{` cannot stand in a path"),
        ("a?versionId=1", "`?` cannot stand in a path"),
        ("a b", "a path has no blanks"),
        ("a//b", "a path has no `//`"),
        ("a/../b", "`..` cannot be a part of a path"),
        ("a\u{7}b", "a path has no control characters"),
    ] {
        let (as_path, as_text) = (format!("path={path}"), format!("folder={path}"));
        for command in ["run", "render"] {
            operator.does(&[command, "backup", "--set", "database=house", "--set", &as_path]).await.with(2).has(reason);
        }
        // A text that becomes a part of a path, too.
        let plan = operator.write("paths.yaml", &PLAN.replace("PATH", "kept/{{ inputs.folder }}"));
        operator.does(&["run", &plan, "--set", &as_text]).await.with(2).has(reason);
    }
    // What only the run tells is seen when the step's turn comes.
    let plan = operator.write("paths.yaml", &PLAN.replace("PATH", "kept/{{ steps.ask.folder }}"));
    let said = operator.does(&["run", &plan, "--set", "folder=a%41"]).await.with(1);
    said.has("houseplan::store::path").has("`%` cannot stand in a path");
    assert_eq!(written(&sandbox), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_taken_means_one_thing_to_servers_and_to_this_machine() {
    let (sandbox, operator) = sandbox().await;
    let path = "a=b+c@d:e,f~g!h&i;j(k)'l/größe";
    operator.does(&["run", "backup", "--set", "database=house", "--set", &format!("path={path}")]).await.with(0);
    let bucket = sandbox.layout().dir().join("servers/s3/data/backups");
    assert!(bucket.join(path).join(".backup").is_file(), "{:?}", written(&sandbox));
    let steps = format!(
        "  here: {{ inspect: {{ on: store, backup: \"{path}\" }} }}
  there: {{ inspect: {{ on: store, backup: \"{path}\", through: source }} }}
  drop: {{ needs: [here, there], sql: {{ on: source, query: DROP DATABASE house SYNC }} }}
  restore: {{ needs: [drop], restore: {{ on: source, from: \"{path}\", store: store, database: house, into: absent }} }}
  remove: {{ needs: [restore], s3: {{ on: store, remove: \"{path}\" }} }}
"
    );
    let head = PLAN.split("steps:").next().expect("a head").replace("inputs: { folder: { type: string } }\n", "");
    let plan = operator.write("paths.yaml", &format!("{head}steps:\n{steps}"));
    operator.does(&["run", &plan]).await.with(0);
    assert_eq!(sandbox.must("source", "SELECT count() FROM house.runs").await, "100");
    assert!(!bucket.join(path).join(".backup").exists());
}
