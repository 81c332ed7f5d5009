//! A replica that an earlier cluster has left in Keeper, at the place of a table that the migrations make.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn nothing_is_restored_beside_it_and_the_run_goes_on_when_it_is_gone() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[("        within: 5m\n", "        within: 2s\n")]);
    let path = format!("/clickhouse/tables/01/{DATABASE}/feedbacks");
    let text = std::fs::read_to_string(&scene.environment).expect("the environment");
    let up = text.lines().find(|line| line.trim_start().starts_with("up:")).expect("the migrations").trim();
    // It is made after the migrations, for it needs their table's columns; then its server is gone.
    let stale = format!(
        "{up}
      stale:
        needs: [up]
        sql:
          on: cluster
          effect: idempotent
          query: |
            CREATE DATABASE IF NOT EXISTS earlier;
            CREATE TABLE earlier.feedbacks AS {DATABASE}.feedbacks
              ENGINE = ReplicatedMergeTree('{path}', 'earlier-{{replica}}') ORDER BY (tenant_id, run_id, id);
            DETACH TABLE earlier.feedbacks"
    );
    let environment = operator.environment_line("stale", "up:", &stale);

    let said = operator.runs(&plan, &environment, &[]).await.with(3);
    said.has("the cluster's members, all active, and no others").has("SYSTEM DROP REPLICA");
    assert_eq!(operator.count("task_started", "restore"), 0);
    for replica in ["replica1", "replica2"] {
        let drop = format!("SYSTEM DROP REPLICA 'earlier-{replica}' FROM ZKPATH '{path}'");
        sandbox.must(replica, &drop).await;
    }
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
