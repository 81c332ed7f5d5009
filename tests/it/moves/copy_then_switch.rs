//! The move that deletes nothing before the copy is proved, the way back, and the old server's end.

use houseplan::sandbox::SourceState;

use super::Scene;
use crate::support::operator::DATABASE;

const PLAN: &str = "copy-then-switch";
/// Nothing writes here but the tests, so that nobody need wait for silence, and no row comes by itself.
const QUIET: [&str; 4] = ["--set", "quiet_seconds=0", "--set", "expect_rows=false"];

#[tokio::test]
async fn the_source_lives_until_it_is_retired_and_there_is_a_way_back_until_then() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    operator.runs(PLAN, &scene.environment, &QUIET).await.with(0).has("the same on replica1 and replica2");
    sandbox.holds(&scene.before).await;
    assert_eq!(sandbox.ledger("source").await, scene.before);
    assert_eq!(sandbox.state().expect("a state").source, SourceState::Present);

    // Back again: what was written to the cluster meanwhile is shown, and somebody has to say that it may be lost.
    let back = "switch-back";
    let insert = format!("INSERT INTO {DATABASE}.runs_history SELECT * FROM {DATABASE}.runs_history LIMIT 3");
    sandbox.must("replica1", &insert).await;
    operator
        .runs(back, &scene.environment, &[])
        .await
        .with(4)
        .has("allow_loss")
        .has("runs_history")
        .has_not("feedbacks");
    operator.does(&["approve", &operator.last_run(), "allow_loss"]).await.with(0);
    sandbox.must("replica1", &format!("OPTIMIZE TABLE {DATABASE}.runs_history FINAL")).await;
    operator.resumes(&[]).await.with(0);
    assert_eq!(sandbox.ledger("source").await, scene.before);

    // What is not on the cluster keeps the old server alive; what is lost is shown and approved.
    let retire = "retire-source";
    sandbox.must("source", &format!("CREATE TABLE {DATABASE}.late (n UInt8) ENGINE = MergeTree ORDER BY n")).await;
    let idle = ["--set", "idle_hours=0"];
    operator.runs(retire, &scene.environment, &idle).await.with(4).has("allow_loss");
    operator.does(&["approve", &operator.last_run(), "allow_loss"]).await.with(0);
    operator.resumes(&[]).await.with(3).has("the cluster has all tables of the old server").has("late");
    operator.does(&["abandon", &operator.last_run()]).await.with(0);
    sandbox.must("source", &format!("DROP TABLE {DATABASE}.late SYNC")).await;
    operator.runs(retire, &scene.environment, &idle).await.with(4);
    operator.does(&["approve", &operator.last_run(), "allow_loss"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    assert_eq!(sandbox.state().expect("a state").source, SourceState::Removed);
}

#[tokio::test]
async fn a_row_that_comes_after_the_copy_stops_the_switch_and_nothing_is_lost() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let (started, insert) = (operator.path("started"), operator.path("insert"));
    // A writer that starts again while the rows are copied.
    std::fs::write(&insert, "").expect("a file");
    let writes = format!(
        "keep_source: {{ steps: {{ write: {{ exec: {{ on: local, effect: idempotent, command: [rm, {insert}] }} }} }} }}"
    );
    let start =
        format!("start_writers: {{ steps: {{ up: {{ exec: {{ on: local, command: [touch, {started}] }} }} }} }}");
    let changes = [("keep_source: { steps: {} }", writes.as_str()), ("start_writers: { steps: {} }", start.as_str())];
    let environment = operator.environment("writes", &changes);
    // The copy stands; then the row comes, and the run is taken up.
    std::fs::remove_file(&insert).expect("a file");
    operator.runs(PLAN, &environment, &QUIET).await.with(1).has("keep_source");
    std::fs::write(&insert, "").expect("a file");
    let row = format!("INSERT INTO {DATABASE}.feedbacks SELECT * FROM {DATABASE}.feedbacks LIMIT 1");
    sandbox.must("source", &row).await;
    let run = operator.last_run();
    let said = operator.resumes(&[]).await.with(3);
    said.has("the source still holds what was copied").has("feedbacks").has("starts the writers on the old server");
    assert_eq!(operator.count("task_started", "switch"), 0);
    assert!(!started.exists());

    operator.does(&["abandon", &run]).await.with(0).has("was abandoned");
    assert!(started.exists(), "the writers work on the old server again");
    let now = sandbox.ledger("source").await;
    assert_eq!(now["feedbacks"].0, scene.before["feedbacks"].0 + 1);
    assert_eq!(sandbox.claims().await, 0);
}
