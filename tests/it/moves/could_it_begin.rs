//! What `render --check` says of a run before there is one.

use houseplan::sandbox::ServerName;

use super::Scene;
use crate::support::{
    operator::{MOVE, Operator},
    sandbox_lease::SandboxLease,
};

#[tokio::test]
async fn it_asks_what_a_run_would_ask_and_changes_nothing() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let check = async |environment: &str, database: &str, more: &[&str]| {
        let set = format!("database={database}");
        operator.does(&[&["render", MOVE, "--env", environment, "--set", &set, "--check"], more].concat()).await
    };
    let said = check(&scene.environment, "langsmith", &[]).await.with(0);
    assert!(said.stdout.contains("✓ the servers are as the plan needs them, and no run has locked them"), "{said:?}");
    assert!(said.stdout.contains("\nchecks, as of now\n"), "they belong to what is asked for: {said:?}");
    assert_eq!(sandbox.claims().await, 0);

    let said = check(&scene.environment, "default", &["--format", "markdown"]).await.with(1);
    assert!(said.stdout.contains("## As of now\n\n```text"), "{said:?}");
    said.has("✗ database `default` on source has the engine").has("(houseplan::database::not_atomic)");

    let unknown = operator.environment_line("unknown", "cluster: default", "cluster: elsewhere");
    let said = check(&unknown, "langsmith", &["--format", "json"]).await.with(1);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("one document");
    assert_eq!(document["checked"]["refused"][0]["code"], "houseplan::world::unknown_cluster", "{document}");
    assert_eq!(document["plan"], MOVE);

    let stops = ("        expect: row.pending == 0\n        within: 30m", "        expect: row.pending == 7");
    let plan = operator.plan(MOVE, &[stops]);
    operator.runs(&plan, &scene.environment, &[]).await.with(3);
    let colleague = Operator::new(sandbox);
    let call = ["render", MOVE, "--env", &scene.environment, "--set", "database=langsmith", "--check"];
    colleague.does(&call).await.with(5).has("✗ source is locked by run").has("(houseplan::claim::held)");
    assert_eq!(sandbox.claims().await, 3, "another run's claims stay");
}

/// What it needs beside its servers, with nothing there of it.
const NEEDS: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: needs }
inputs: { database: { type: identifier }, careful: { type: boolean, default: true } }
targets: { cluster: { kind: clickhouse }, keeper: { kind: keeper }, store: { kind: s3 } }
steps:
  puts: { s3: { on: store, probe: \"needs/{{ run.id }}\", through: cluster } }
  looks: { needs: [puts], inventory: { on: cluster, database: \"{{ inputs.database }}\" } }
  says: { needs: [looks], when: steps.looks.tables | length > 0, approve: { show: \"{{ steps.looks }}\" } }
  asks: { needs: [says], when: inputs.careful, approve: { show: go on } }
  never: { needs: [asks], when: not inputs.careful, exec: { on: local, command: [nobody-has-this], effect: idempotent } }
  helm: { needs: [never], exec: { on: local, command: [\"PROGRAM\", upgrade], effect: idempotent } }
  cleans: { needs: [helm], keeper: { on: keeper, remove: \"{{ steps.looks.zookeeper_paths }}\", through: cluster } }
";

#[tokio::test]
async fn it_asks_every_keeper_store_and_program_and_foretells_approvals() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.write("needs.yaml", &NEEDS.replace("PROGRAM", "true"));
    let check = async |plan: &str, environment: &str, more: &[&str]| {
        let call = ["render", plan, "--env", environment, "--set", "database=langsmith", "--check", "--quiet"];
        operator.does(&[&call[..], more].concat()).await
    };
    // A path that bears the table's UUID is nobody else's: by that replica1 shows which Keeper it uses.
    sandbox.must("replica1", "CREATE DATABASE shown").await;
    let uuid = "0b7c1e5a-7d3f-4a55-9c7e-3a1f0d2b4c6e";
    let engine = format!("ReplicatedMergeTree('/clickhouse/tables/{uuid}/01', '{{replica}}')");
    sandbox
        .must("replica1", &format!("CREATE TABLE shown.t UUID '{uuid}' (a UInt8) ENGINE = {engine} ORDER BY a"))
        .await;
    let said = check(&plan, &scene.environment, &[]).await.with(0);
    insta::assert_snapshot!(after_the_digest(&said.stdout), @"
    whether it could start, as of now
      ✓ the servers are as the plan needs them, and no run has locked them
      ✓ `keeper` answers this machine, and replica1 uses it
      ✓ `store` can be listed by replica1 and replica2; whether they may write there, only writing shows
      ✓ the program is there: `true`
      · whether replica2 uses `keeper` is not shown by reading: no replicated table has a path of its own there

    the run will stop for an approval
      ? says (only if steps.looks.tables | length > 0)
      ? asks

    it could start now
    ");
    let said = check(&plan, &scene.environment, &["--set", "careful=false"]).await.with(1);
    said.has("`nobody-has-this` is in no folder of PATH; `never` needs it").has_not("? asks");

    // Nothing of it is there. Each is told once, with what needs it, by `run` before anything is changed.
    let port = sandbox.ports().keeper();
    let secret = operator.write("secret", "not-the-secret-of-this-store");
    let key = sandbox.layout().secret_access_key_file();
    let changes = [(format!("port: {port}"), "port: 1".to_owned()), (key.to_string(), secret)];
    let changes = changes.each_ref().map(|(from, to)| (from.as_str(), to.as_str()));
    let environment = operator.environment("nothing", &changes);
    let plan = operator.write("needs.yaml", &NEEDS.replace("PROGRAM", "./nobody-has-this"));
    let troubles = [
        ("houseplan::keeper::unreachable", "the Keeper at 127.0.0.1:1 cannot be asked"),
        ("houseplan::store::access_denied", "; `puts` needs it; the same for replica2"),
        ("houseplan::exec::not_found", "nobody-has-this` is not there; `helm` needs it"),
    ];
    let begins = ["run", &plan, "--env", &environment, "--set", "database=langsmith"];
    for said in [check(&plan, &environment, &[]).await.with(1), operator.does(&begins).await.with(1)] {
        for (code, words) in troubles {
            assert_eq!(said.words().matches(code).count(), 1, "{code}: {said:?}");
            assert!(said.words().contains(words), "{words}: {said:?}");
        }
        assert!(!said.words().contains("not-the-secret"), "{said:?}");
    }
    assert!(operator.all_runs().is_empty(), "nothing was started");
    assert_eq!(sandbox.claims().await, 0);
}

#[tokio::test]
async fn a_keeper_that_the_servers_do_not_use_is_told_where_it_shows() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    sandbox.must("replica1", "CREATE DATABASE shown").await;
    let path = "ReplicatedMergeTree('/clickhouse/tables/shown/t', '{replica}')";
    sandbox.must("replica1", &format!("CREATE TABLE shown.t (a UInt8) ENGINE = {path} ORDER BY a")).await;
    let other = SandboxLease::acquire().await;
    let (own, others) = (sandbox.ports().keeper(), other.ports().keeper());
    assert_ne!(own, others, "a sandbox of its own");
    let environment = operator.environment("other", &[(&format!("port: {own}"), &format!("port: {others}"))]);
    let call = ["render", MOVE, "--env", &environment, "--set", "database=langsmith", "--check", "--quiet"];
    let told = "replica1 keeps a table at /clickhouse/tables/shown/t, which is not in `keeper`";
    operator.does(&call).await.with(0).has("`keeper` answers this machine").has(told);
}

#[tokio::test]
async fn a_dead_server_is_told_once_whatever_would_read_it() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let url = format!("http://127.0.0.1:{}", sandbox.ports().http(ServerName::Source));
    let dead = operator.environment("dead", &[(&url, "http://127.0.0.1:1")]);
    let call = ["render", MOVE, "--env", &dead, "--set", "database=langsmith", "--check", "--quiet"];
    let said = operator.does(&call).await.with(1);
    let times = said.words().matches("cannot be reached").count();
    assert_eq!(times, 1, "{said:?}");
    said.has("checks cannot be read without it: of preflight, source_ready/complete, stop_merges_source and migrate")
        .has("? allow_drop (only if steps.look_at_cluster");
}

fn after_the_digest(stdout: &str) -> &str {
    stdout.split_once("\n").map_or("", |(_, rest)| rest).trim_start()
}
