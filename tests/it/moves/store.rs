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
    let said =
        said.has("houseplan::store::access_denied").has("`probe` and `backup` need it").has("nothing was started");
    let said = said.has("; the same for replica1 and replica2").has_not("not-the-secret");
    assert_eq!(
        said.words().matches("houseplan::store::access_denied").count(),
        1,
        "one store is one trouble: {said:?}"
    );
    assert!(operator.all_runs().is_empty(), "it never was");
    assert_eq!((sandbox.claims().await, sandbox.ledger("source").await), (0, scene.before.clone()));

    // The key is exchanged in the middle of a run: secrets are read anew, the plan and the environment are not touched.
    let right = std::fs::read_to_string(sandbox.layout().secret_access_key_file()).expect("the secret");
    operator.write("secret", &right);
    let says = (
        "  migrate:\n    needs: [",
        "  says: { needs: [clean_keeper], approve: { show: go on } }\n  migrate:\n    needs: [says, ",
    );
    let plan = operator.plan(MOVE, &[says]);
    operator.runs(&plan, &wrong, &[]).await.with(4).has("says");
    operator.does(&["approve", &operator.last_run(), "says"]).await.with(0);
    operator.write("secret", "not-the-secret-of-this-store");
    let said = operator.resumes(&[]).await.with(1).has("houseplan::store::access_denied").has_not("`probe`");
    said.has("nothing was done on the servers").has_not("not-the-secret");
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
async fn a_store_that_is_not_there_is_told_before_a_backup_is_read() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan =
        |name| ["run", name, "--env", &scene.environment, "--set", "database=langsmith", "--set", "path=kept/one"];
    operator.does(&plan("backup")).await.with(0);
    sandbox.kill(ServerName::S3).await.expect("killed");
    let restore = [&plan("restore")[..], &["--target", "destination=cluster"]].concat();
    let runs = operator.all_runs().len();
    let said = operator.does(&restore).await.with(1).has("houseplan::store::unreachable").has("`backup`");
    said.has("nothing was started");
    assert_eq!(operator.all_runs().len(), runs);
    sandbox.start(ServerName::S3).await.expect("started");
}
