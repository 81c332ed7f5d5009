//! A mutation that is not done: BACKUP holds the rows as they were before it.

use super::Scene;
use crate::support::operator::DATABASE;

#[tokio::test]
async fn no_backup_begins_while_one_is_pending() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    // Merges are held, and mutations with them.
    let delete = format!("ALTER TABLE {DATABASE}.feedbacks DELETE WHERE 1 SETTINGS mutations_sync = 0");
    scene.sandbox.must("source", &delete).await;
    operator.plan("source-ready", &[("within: 30m", "within: 1s")]);
    let impatient = operator.plan("backup", &[("name: source-ready", "name: ./source-ready.yaml")]);
    let said = operator.runs(&impatient, &scene.environment, &[]).await.with(3);
    said.has("all mutations are done").has("feedbacks").has("DELETE WHERE 1").has("KILL MUTATION");
    assert_eq!(operator.count("task_started", "backup"), 0);

    scene.sandbox.must("source", &format!("KILL MUTATION WHERE database = '{DATABASE}'")).await;
    operator.resumes(&[]).await.with(0);
}
