//! Migrations of a newer version than the source's: a table has one column more, with a default.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn what_passes_the_comparison_before_the_restore_passes_the_restore_too() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/migrations");
    for entry in std::fs::read_dir(folder).expect("the migrations") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let text = std::fs::read_to_string(&path).expect("a migration");
        let newer = text.replace("score Nullable(Float64)", "score Nullable(Float64), weight UInt8 DEFAULT 7");
        assert_eq!(newer != text, name == "002_feedbacks.up.sql", "{name}");
        operator.write(&format!("migrations/{name}"), &newer);
    }
    let migrations = operator.path("migrations");
    let newer = operator.environment(
        "newer",
        &[("sandbox, migrate, --dir", &format!("sandbox, migrate, --migrations, \"{migrations}\", --dir"))],
    );

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
