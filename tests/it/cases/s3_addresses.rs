//! The ways to write where a store is, each as people know it from AWS: the servers and this machine find the same bucket by it.
//!
//! The sandbox's servers, and the operator here, ask its S3 server for any host, so a bucket can stand in the host.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

/// Uses what a backup has left, by this machine and through a server, and takes it away.
const USE: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: use, version: 1.0.0, summary: Uses a backup and takes it away. }
inputs: { path: { type: path } }
targets: { store: { kind: s3 }, source: { kind: clickhouse, members: 1 } }
steps:
  probe: { s3: { on: store, probe: \"probes/{{ run.id }}\" } }
  inspect: { inspect: { on: store, backup: \"{{ inputs.path }}\" } }
  same:
    check:
      - { name: listed by this machine, expect: rows | length > 3, s3: { on: store, list: \"{{ inputs.path }}\" } }
      - { name: listed by a server, expect: rows | length > 3, s3: { on: store, list: \"{{ inputs.path }}\", through: source } }
  drop: { needs: [inspect], sql: { on: source, query: DROP DATABASE house SYNC } }
  restore: { needs: [drop], restore: { on: source, from: \"{{ inputs.path }}\", store: store, database: house, into: absent } }
  remove: { needs: [restore, same], s3: { on: store, remove: \"{{ inputs.path }}\" } }
  gone:
    needs: [remove]
    check: [ { name: nothing is listed, expect: rows | length == 0, s3: { on: store, list: \"{{ inputs.path }}\", through: source } } ]
";

async fn sandbox() -> (SandboxLease, Operator) {
    let sandbox = SandboxLease::acquire().await;
    for statement in [
        "CREATE DATABASE house",
        "CREATE TABLE house.runs (id UInt64) ENGINE = MergeTree ORDER BY id",
        "INSERT INTO house.runs SELECT number FROM numbers(100)",
    ] {
        sandbox.must("source", statement).await;
    }
    let operator = Operator::new(&sandbox).behind_proxy(sandbox.ports().s3());
    (sandbox, operator)
}

#[tokio::test]
async fn servers_and_this_machine_find_one_bucket_however_it_is_written() {
    let (sandbox, operator) = sandbox().await;
    let here = format!("http://127.0.0.1:{}", sandbox.ports().s3());
    let plan = operator.write("use.yaml", USE);
    let data = sandbox.layout().dir().join("servers/s3/data/backups");
    for (number, (keys, folder, url)) in [
        (
            "http://backups.s3.us-east-1.amazonaws.com/folder",
            "folder",
            "http://backups.s3.us-east-1.amazonaws.com/folder",
        ),
        ("http://backups.s3.us-east-1.amazonaws.com", "", "http://backups.s3.us-east-1.amazonaws.com"),
        (
            "http://s3.us-east-1.amazonaws.com/backups/folder/",
            "folder",
            "http://s3.us-east-1.amazonaws.com/backups/folder",
        ),
        (
            "http://backups.s3.us-east-1.amazonaws.com/folder\n    force_path_style: true",
            "folder",
            "http://s3.us-east-1.amazonaws.com/backups/folder",
        ),
        (&format!("s3://backups/a/b\n    endpoint: {here}"), "a/b", &format!("{here}/backups/a/b")),
        (
            "s3://backups/folder\n    endpoint: http://s3.example.com\n    force_path_style: false",
            "folder",
            "http://backups.s3.example.com/folder",
        ),
        ("s3://backups\n    endpoint: http://s3.example.com", "", "http://s3.example.com/backups"),
    ]
    .into_iter()
    .enumerate()
    {
        let environment = operator.environment_line("styled", "url: \"http://127.0.0.1", &format!("url: {keys}"));
        let path = format!("path=kept/{number}");
        let arguments = ["run", "backup", "--env", &environment, "--set", "database=house", "--set", &path];
        let rendered = [&["render"], &arguments[1..]].concat();
        operator.does(&rendered).await.with(0).has(&format!("S3('{url}/kept/{number}'"));
        operator.does(&arguments).await.with(0).has(&format!("kept/{number}"));
        assert!(data.join(folder).join(format!("kept/{number}/.backup")).is_file(), "{keys}");
        operator.does(&["run", &plan, "--env", &environment, "--set", &path]).await.with(0);
        assert_eq!(sandbox.must("source", "SELECT count() FROM house.runs").await, "100");
    }
}

#[tokio::test]
async fn a_backup_builds_on_one_that_was_made_by_another_address() {
    let (_sandbox, operator) = sandbox().await;
    let address =
        |name: &str, url: &str| operator.environment_line(name, "url: \"http://127.0.0.1", &format!("url: {url}"));
    let in_path = address("in_path", "http://s3.us-east-1.amazonaws.com/backups/folder");
    let in_host = address("in_host", "http://backups.s3.us-east-1.amazonaws.com/folder");
    let plan = |name: &str, base: &str| {
        let step = format!("backup: {{ on: source, database: house, to: {{ store: store, path: {name} }}{base} }}");
        let text = format!(
            "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: {name}, version: 1.0.0, summary: x }}\ntargets: {{ store: {{ kind: s3 }}, \
             source: {{ kind: clickhouse }} }}\nsteps:\n  backup: {{ {step} }}\n  inspect: {{ needs: [backup], inspect: {{ on: store, backup: \"{{{{ steps.backup }}}}\" }} }}\n"
        );
        operator.write(&format!("{name}.yaml"), &text)
    };
    operator.does(&["run", &plan("first", ""), "--env", &in_path]).await.with(0);
    let second = plan("second", ", base: first");
    let said = operator.does(&["run", &second, "--env", &in_host, "--output", "json"]).await.with(0);
    assert!(said.stdout.contains("\"base\":\"first\""), "{}", said.stdout);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_and_a_store_that_does_not_answer_are_two_troubles() {
    let (sandbox, operator) = sandbox().await;
    let plan = operator.write(
        "probe.yaml",
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: probe, version: 1.0.0, summary: x }\ntargets: { store: { kind: s3 } }\n\
         steps: { probe: { s3: { on: store, probe: x } } }\n",
    );
    let here = format!("http://127.0.0.1:{}", sandbox.ports().s3());
    for (url, code) in [
        (format!("{here}/another"), "houseplan::store::no_such_bucket"),
        ("http://another.s3.us-east-1.amazonaws.com".to_owned(), "houseplan::store::no_such_bucket"),
        ("http://127.0.0.1:1/backups".to_owned(), "houseplan::store::unreachable_from_here"),
    ] {
        let environment = operator.environment_line("wrong", "url: \"http://127.0.0.1", &format!("url: {url}"));
        operator.does(&["run", &plan, "--env", &environment]).await.with(1).has(code);
    }
}
