//! Files that are not what they were, before a run and in the middle of it.

use std::fs;

use super::Scene;
use crate::support::operator::MOVE;

#[tokio::test]
async fn what_has_begun_stays_as_it_was_and_what_has_not_may_change() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let stops = ("        expect: row.pending == 0\n        within: 30m", "        expect: row.pending == 7");
    let plan = operator.plan(MOVE, &[stops]);
    let text = fs::read_to_string(&plan).expect("the plan");

    // Only what was reviewed is run.
    let render = |environment: &str| {
        ["render", &plan, "--env", environment, "--set", "database=langsmith", "--format", "json"].map(str::to_owned)
    };
    let rendered = render(&scene.environment);
    let rendered = operator.does(&rendered.each_ref().map(String::as_str)).await.with(0).stdout;
    let rendered: serde_json::Value = serde_json::from_str(&rendered).expect("JSON");
    let digest = rendered["digest"].as_str().expect("a digest").to_owned();
    fs::write(&plan, text.replace("timeout: 12h", "timeout: 13h")).expect("another plan");
    operator
        .runs(&plan, &scene.environment, &["--digest", &digest])
        .await
        .with(2)
        .has("houseplan::run::digest_mismatch");
    assert!(operator.all_runs().is_empty());
    fs::write(&plan, &text).expect("the plan again");
    operator.runs(&plan, &scene.environment, &["--digest", &digest]).await.with(3).has("all mutations are done");
    assert_eq!(sandbox.ledger("source").await, scene.before);

    // A step that has begun: never.
    fs::write(&plan, text.replace("SELECT version() AS version", "SELECT 1 AS version")).expect("another plan");
    operator.resumes(&[]).await.with(2).has("houseplan::run::changes_refused").has("preflight");
    operator.resumes(&["--accept-changes"]).await.with(2).has("houseplan::run::steps_changed").has("preflight");
    // As it began, it stops where it stopped.
    operator.resumes(&["--as-begun"]).await.with(3).has("all mutations are done");
    // A step that was entered and has sent nothing may change.
    fs::write(&plan, text.replace("row.pending == 7", "row.pending == 8")).expect("another plan");
    operator.resumes(&[]).await.with(2).has("houseplan::run::files_changed").has("stop_merges_source");
    operator.resumes(&["--accept-changes"]).await.with(3).has("accepted").has("row.pending == 8");
    assert_eq!(operator.count("task_started", "stop_merges_source"), 0);
    // One that has not begun may change; only when asked for.
    let stopped = text.replace("row.pending == 7", "row.pending == 8");
    fs::write(&plan, stopped.replace("timeout: 12h", "timeout: 13h")).expect("another plan");
    operator.resumes(&[]).await.with(2).has("houseplan::run::files_changed").has("verify");
    operator.resumes(&["--accept-changes"]).await.with(3).has("accepted").has("all mutations are done");
    assert_eq!(operator.count("task_started", "preflight"), 1);
    assert_eq!(sandbox.ledger("source").await, scene.before);
}
