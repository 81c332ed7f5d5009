//! kill -9, and worse, while the server restores.

use houseplan::sandbox::ServerName;
use rustix::process::Signal;

use super::{SLOW_RESTORE, Scene};
use crate::support::operator::{MOVE, Operator};

#[tokio::test]
async fn the_same_restores_are_followed_to_their_end() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let plan = operator.plan(MOVE, &[SLOW_RESTORE]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("replica1", "RESTORING", "restore[").await;
    running.killed().await;
    assert_ne!(
        scene.operations("replica1", "RESTORING", "restore[").await,
        0,
        "it was killed while tables were restored"
    );

    operator.resumes(&[]).await.with(0).has("in doubt");
    scene.moved_once().await;
    for table in scene.before.keys() {
        let restored = format!("restore[{table}@");
        assert_eq!(operator.count("task_succeeded", &restored), 1, "{table}");
    }
    assert_eq!(operator.count("task_started", "backup"), 1);
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
}

#[tokio::test]
async fn after_the_server_was_restarted_too_no_table_is_doubled() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW_RESTORE]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("replica1", "RESTORING", "restore[").await;
    running.killed().await;
    assert_ne!(scene.operations("replica1", "RESTORING", "restore[").await, 0);
    sandbox.kill(ServerName::Replica(1)).await.expect("killed");
    sandbox.start(ServerName::Replica(1)).await.expect("started");
    // A server that starts forgets that its merges are held; what they do is not what is tested here.
    sandbox.must("replica1", "SYSTEM STOP MERGES").await;

    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
    assert_eq!(operator.count("task_started", "backup"), 1);
}

#[tokio::test]
async fn asked_to_end_it_lets_go_and_says_so() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW_RESTORE]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("replica1", "RESTORING", "restore[").await;
    let said = running.told_to_end(Signal::TERM).await.with(130);
    said.has(&format!("houseplan resume {}", operator.last_run()));
    assert_ne!(
        scene.operations("replica1", "RESTORING", "restore[").await,
        0,
        "the server goes on with what it was given"
    );
    assert_ne!(sandbox.claims().await, 0, "the run keeps its claim");

    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
