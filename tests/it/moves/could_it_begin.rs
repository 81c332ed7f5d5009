//! What `render --check` says of a run before there is one.

use super::Scene;
use crate::support::operator::{MOVE, Operator};

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
