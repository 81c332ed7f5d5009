//! kill -9 while the server writes the backup.

use houseplan::sandbox::ServerName;

use super::{SLOW_BACKUP, Scene};
use crate::support::operator::{MOVE, Operator};

#[tokio::test]
async fn the_same_backup_is_followed_to_its_end() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let plan = operator.plan(MOVE, &[SLOW_BACKUP]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    running.killed().await;
    assert_eq!(
        scene.operations("source", "CREATING_BACKUP", "backup/").await,
        1,
        "it was killed while the backup was written"
    );

    operator.resumes(&[]).await.with(0).has("in doubt").has("backup");
    scene.moved_once().await;
    assert_eq!(operator.count("task_started", "backup"), 1, "no second backup");
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
}

#[tokio::test]
async fn after_the_server_was_restarted_too_a_new_one_is_made_elsewhere() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW_BACKUP]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    running.killed().await;
    assert_eq!(scene.operations("source", "CREATING_BACKUP", "backup/").await, 1);
    sandbox.kill(ServerName::Source).await.expect("killed");
    sandbox.start(ServerName::Source).await.expect("started");

    operator.resumes(&[]).await.with(0);
    assert_eq!(operator.count("task_started", "backup"), 2, "a new attempt: what the first one left is not whole");
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
    scene.moved_once().await;
}
