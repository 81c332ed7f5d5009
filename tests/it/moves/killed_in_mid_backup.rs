//! kill -9 while the server writes the backup.

use houseplan::sandbox::ServerName;

use super::Scene;
use crate::support::operator::{MOVE, Operator};

/// The backup slowed down, so that it is seen at work.
const SLOW: (&str, &str) = ("      to: { store: store, path: \"{{ inputs.path }}\" }\n", "      to: { store: store, path: \"{{ inputs.path }}\" }\n      settings: { max_backup_bandwidth: 120000 }\n");

#[tokio::test]
async fn the_same_backup_is_followed_to_its_end() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    sandbox.is_seen("source", "CREATING_BACKUP").await;
    running.is_killed().await;
    assert_eq!(sandbox.operations("source", "CREATING_BACKUP").await, 1, "it was killed while the backup was written");

    operator.resumes(&[]).await.with(0).has("in doubt").has("backup");
    scene.moved_once().await;
    assert_eq!(operator.count("task_started", "backup"), 1, "no second backup");
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
}

#[tokio::test]
async fn after_the_server_was_restarted_too_a_new_one_is_made_elsewhere() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    sandbox.is_seen("source", "CREATING_BACKUP").await;
    running.is_killed().await;
    assert_eq!(sandbox.operations("source", "CREATING_BACKUP").await, 1);
    sandbox.kill(ServerName::Source).await.expect("killed");
    sandbox.start(ServerName::Source).await.expect("started");

    operator.resumes(&[]).await.with(0);
    assert_eq!(operator.count("task_started", "backup"), 2, "a new attempt: what the first one left is not whole");
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
    scene.moved_once().await;
}
