//! Migrations of a newer version than the source's: a table has one column more, with a default.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn what_passes_the_comparison_before_the_restore_passes_the_restore_too() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let newer = scene.other_score("score Nullable(Float64), weight UInt8 DEFAULT 7");

    let said = operator.runs(MOVE, &newer, &[]).await.with(0);
    said.has("feedbacks: column weight is not in the inventory (DEFAULT)");
    for member in ["replica1", "replica2"] {
        let other = format!("SELECT countIf(weight != 7) FROM {DATABASE}.feedbacks");
        assert_eq!(sandbox.must(member, &other).await, "0");
    }
    // Without it all is as it was.
    for table in ["feedbacks", "feedbacks_rmt"] {
        let drop = format!("ALTER TABLE {DATABASE}.{table} DROP COLUMN weight SETTINGS alter_sync = 2");
        sandbox.must("replica1", &drop).await;
    }
    scene.moved_once().await;
}
