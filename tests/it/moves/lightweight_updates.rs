//! Rows changed by a lightweight UPDATE: BACKUP holds them as they were, until the update is in the table's parts.

use std::time::{Duration, Instant};

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

/// The copy beside it, in place of the shipped plan.
const OWN: (&str, &str) = ("name: source-ready,", "name: ./source-ready.yaml,");

#[tokio::test]
async fn neither_backup_nor_move_begins_while_one_is_not_taken_in() {
    let mut scene = Scene::small().await;
    let run = async |scene: &Scene, sql: &str| scene.sandbox.must("source", &sql.replace("DATABASE", DATABASE)).await;
    for sql in [
        "CREATE TABLE DATABASE.again AS DATABASE.feedbacks",
        "ALTER TABLE DATABASE.again MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1, \
         cleanup_delay_period = 1, max_cleanup_delay_period = 1",
        "INSERT INTO DATABASE.again SELECT * FROM DATABASE.feedbacks",
        "EXCHANGE TABLES DATABASE.again AND DATABASE.feedbacks",
        "DROP TABLE DATABASE.again SYNC",
        "UPDATE DATABASE.feedbacks SET comment = 'changed' WHERE key != ''",
    ] {
        run(&scene, sql).await;
    }
    scene.before = scene.sandbox.ledger("source").await;

    // As shipped it waits for minutes, for what merges take in by themselves.
    let short = |name| {
        let shipped = format!("{}/plans/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(shipped).expect("the plan");
        let (before, check) = text.split_once("all lightweight updates").expect("the check");
        let check = check.replacen("within: 10m", "within: 1s", 1);
        scene.operator.write(&format!("{name}.yaml"), &format!("{before}all lightweight updates{check}"))
    };
    short("source-ready");
    let (backup, moving) = (scene.operator.plan("backup", &[OWN]), short(MOVE));
    let operator = &scene.operator;
    operator.runs(&backup, &scene.environment, &[]).await.with(3).has("feedbacks").has("APPLY PATCHES");
    assert_eq!(operator.count("task_started", "backup"), 0);
    operator.does(&["abandon", &operator.last_run()]).await.with(0);
    operator.runs(&moving, &scene.environment, &[]).await.with(3).has("feedbacks").has("APPLY PATCHES");
    assert_eq!(operator.count("task_started", "stop_merges_source"), 0);

    run(&scene, "SYSTEM START MERGES DATABASE.feedbacks").await;
    run(&scene, "ALTER TABLE DATABASE.feedbacks APPLY PATCHES SETTINGS mutations_sync = 1").await;
    let patches =
        "SELECT count() FROM system.parts WHERE database = 'DATABASE' AND active AND startsWith(name, 'patch-')";
    let begun = Instant::now();
    while run(&scene, patches).await != "0" {
        assert!(begun.elapsed() < Duration::from_secs(90), "the patches stay");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
