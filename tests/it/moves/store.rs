//! A store that does not let the servers in, or goes away.

use houseplan::sandbox::ServerName;

use super::{SLOW_BACKUP, Scene};
use crate::support::operator::{MOVE, Operator};

#[tokio::test]
async fn wrong_keys_are_told_before_anything_is_changed() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let file = operator.write("secret", "not-the-secret-of-this-store");
    let wrong =
        operator.environment_line("wrong", "secret_access_key:", &format!("secret_access_key: {{ file: \"{file}\" }}"));

    let said = operator.runs(MOVE, &wrong, &[]).await.with(1);
    said.has("houseplan::store::access_denied")
        .has("`probe` failed")
        .has("Nothing has been changed")
        .has_not("not-the-secret");
    for step in ["stop_writers", "stop_merges_source", "backup", "clean", "migrate"] {
        assert_eq!(operator.count("task_started", step) + operator.count("step_entered", step), 0, "{step}");
    }
    assert_eq!(sandbox.ledger("source").await, scene.before);

    // Secrets are read anew: the file is mended, the plan and the environment are not touched.
    let right = std::fs::read_to_string(sandbox.layout().secret_access_key_file()).expect("the secret");
    operator.write("secret", &right);
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}

#[tokio::test]
async fn a_store_that_goes_away_in_mid_backup_leaves_the_source_and_the_cluster_alone() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let impatient = "max_backup_bandwidth: 120000, backup_restore_s3_retry_attempts: 2, backup_restore_s3_retry_initial_backoff_ms: 10, backup_restore_s3_retry_max_backoff_ms: 50";
    let (from, to) = SLOW_BACKUP;
    let plan = operator.plan(MOVE, &[(from, &to.replace("max_backup_bandwidth: 120000", impatient))]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    sandbox.kill(ServerName::S3).await.expect("killed");
    running.ends().await.with(1).has("houseplan::store::unreachable").has("Nothing irreversible has started");
    assert_eq!(operator.count("step_entered", "clean") + operator.count("step_entered", "migrate"), 0);
    operator.resumes(&[]).await.with(1).has("houseplan::store::unreachable");
    assert_eq!(sandbox.ledger("source").await, scene.before);

    sandbox.start(ServerName::S3).await.expect("started");
    operator.resumes(&[]).await.with(0);
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
    scene.moved_once().await;
}

/// By themselves servers try for so long that a reading looks as if it hung.
#[tokio::test]
async fn a_store_that_is_not_there_is_told_when_a_backup_is_to_be_read() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan =
        |name| ["run", name, "--env", &scene.environment, "--set", "database=langsmith", "--set", "path=kept/one"];
    operator.does(&plan("backup")).await.with(0);
    sandbox.kill(ServerName::S3).await.expect("killed");
    let restore = [&plan("restore")[..], &["--target", "destination=cluster"]].concat();
    operator.does(&restore).await.with(1).has("houseplan::store::unreachable").has("`backup` failed");

    sandbox.start(ServerName::S3).await.expect("started");
    let run = operator.last_run();
    operator.does(&["abandon", &run]).await.with(0);
}
