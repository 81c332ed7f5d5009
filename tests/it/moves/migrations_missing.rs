//! The one mistake that the move is made for: rows restored before the migrations have run.

use houseplan::sandbox::MigrateOptions;

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn nothing_is_restored_before_the_migrations_have_run_and_then_everything_is() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let nothing =
        operator.environment_line("nothing", "up: { exec:", "up: { exec: { on: local, command: [\"true\"] } }");

    let said = operator.runs(MOVE, &nothing, &[]).await.with(3);
    let said = said.has("every table is there, replicated, with the same columns").has("Nothing has been restored.");
    let said = said.has("The migrations have not run on every replica.").has("replica1 runs missing");
    said.has(&format!("houseplan resume {}", operator.last_run()));
    for replica in ["replica1", "replica2"] {
        let tables = format!("SELECT count() FROM system.tables WHERE database = '{DATABASE}'");
        assert_eq!(sandbox.must(replica, &tables).await, "0", "{replica} holds what nobody has migrated");
        assert_eq!(scene.operations(replica, "%", "restore").await, 0);
    }
    assert_eq!(operator.count("task_started", "restore"), 0);
    assert_eq!(sandbox.ledger("source").await, scene.before, "the source is as it was");

    // Resumed without them, it stops in the same place, and `migrate` is not run again.
    operator.resumes(&[]).await.with(3).has("Nothing has been restored.");
    assert_eq!(operator.count("task_started", "migrate/up"), 1);

    // Another way to migrate is no longer accepted: it has begun.
    let mended = operator.environment("nothing", &[]);
    assert_eq!(mended, nothing);
    operator
        .resumes(&[])
        .await
        .with(2)
        .has("have changed since it started")
        .has("--as-begun")
        .has_not("--accept-changes");
    operator
        .resumes(&["--accept-changes"])
        .await
        .with(2)
        .has("cannot accept changes of what has started")
        .has("migrate/up");
    assert_eq!(sandbox.ledger("source").await, scene.before, "the source is as it was");

    // By hand, then, as it says.
    sandbox
        .migrate(MigrateOptions { database: DATABASE.to_owned(), ..MigrateOptions::default() }, &mut |_| {})
        .await
        .expect("migrations");
    operator.resumes(&["--as-begun"]).await.with(0).has("the same on replica1 and replica2");
    scene.moved_once().await;
    assert_eq!(operator.count("task_started", "backup"), 1, "the backup is made once");
}
