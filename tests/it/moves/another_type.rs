//! Migrations of another version than the source's: a column has another type.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn rows_are_not_restored_into_a_column_of_another_type() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let other = scene.other_score("score Nullable(Float32)");

    let said = operator.runs(MOVE, &other, &[]).await.with(3);
    said.has("feedbacks").has("score").has("Float32").has("Float64").has("Nothing has been restored.");
    assert_eq!(operator.count("task_started", "restore"), 0);
    assert_eq!(sandbox.must("replica1", &format!("SELECT count() FROM {DATABASE}.runs")).await, "0");

    for table in ["feedbacks", "feedbacks_rmt"] {
        let mend =
            format!("ALTER TABLE {DATABASE}.{table} MODIFY COLUMN score Nullable(Float64) SETTINGS alter_sync = 2");
        sandbox.must("replica1", &mend).await;
    }
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
