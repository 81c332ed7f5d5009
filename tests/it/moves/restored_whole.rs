//! A backup restored in one piece into a server that has nothing of it: everything, or one database.

use super::Scene;
use crate::support::operator::DATABASE;

const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: back }
targets: { source: { kind: clickhouse }, store: { kind: s3 } }
steps:
  backup: { backup: { on: source, database: langsmith, to: { store: store, path: \"whole/{{ run.id }}\" } } }
  drop: { needs: [backup], sql: { on: source, query: DROP DATABASE langsmith SYNC, effect: idempotent } }
  back: { needs: [backup, drop], restore: { on: source, WHAT, from: \"{{ steps.backup }}\", into: absent } }
";

#[tokio::test]
async fn what_it_held_is_there_again() {
    let scene = Scene::small().await;
    for what in ["all: {}", "database: langsmith"] {
        let plan = scene.operator.write("back.yaml", &PLAN.replace("WHAT", what));
        scene.operator.does(&["run", &plan, "--env", &scene.environment]).await.with(0);
        assert_eq!(scene.sandbox.ledger("source").await, scene.before, "{what} of {DATABASE}");
    }
}
