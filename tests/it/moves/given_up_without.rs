//! A run that is given up while one of its servers is dead, or another one stands in its place.

use houseplan::sandbox::ServerName;

use super::Scene;
use crate::support::{
    doorway::{Doorway, Manner},
    operator::Operator,
};

/// `finally` cannot do without the source, and one of its steps has nothing to do with any server.
const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: freezes }
targets: { source: { kind: clickhouse }, cluster: { kind: clickhouse } }
steps:
  slow: { sql: { on: source, query: SELECT sleepEachRow(SECONDS) FROM numbers(1), effect: once } }
  fails: { needs: [slow], exec: { on: local, command: [\"false\"], effect: read } }
  fills: { needs: [fails], sql: { on: cluster, query: SYSTEM FLUSH LOGS, effect: idempotent } }
finally:
  thaw: { sql: { on: [source, cluster], query: SYSTEM FLUSH LOGS, effect: idempotent } }
  looks:
    needs: [thaw]
    check:
      - { name: the source answers, sql: { on: source, query: SELECT 1 AS n }, expect: row.n == 1 }
  guarded:
    needs: [looks]
    preconditions:
      - { name: the source answers, sql: { on: source, query: SELECT 1 AS n }, expect: row.n == 1 }
    exec: { on: local, command: [cp, GUARDED.from, GUARDED], effect: idempotent }
  tidies: { needs: [guarded], exec: { on: local, command: [touch, TIDIED], effect: idempotent } }
";

/// The plan, and an environment that reaches the source through a doorway.
async fn through_a_doorway(scene: &Scene, seconds: u32) -> (Doorway, String, String) {
    let operator = &scene.operator;
    let port = scene.sandbox.ports().http(ServerName::Source);
    let doorway = Doorway::with(Manner::Opens { after: 0, port }).await;
    let direct = format!("http://127.0.0.1:{port}");
    let environment = operator.environment("proxied", &[(&direct, &doorway.url())]);
    let plan = PLAN
        .replace("SECONDS", &seconds.to_string())
        .replace("GUARDED", operator.path("guarded").as_str())
        .replace("TIDIED", operator.path("tidied").as_str());
    (doorway, operator.write("freezes.yaml", &plan), environment)
}

fn words_of_abandoning(operator: &Operator) -> usize {
    operator.events().iter().filter(|it| it["event"] == "run_abandoned").count()
}

#[tokio::test]
async fn a_dead_one_is_passed_over_with_its_claim_and_its_doubt() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let (doorway, plan, environment) = through_a_doorway(&scene, 2).await;
    let running = operator.begin(&["run", &plan, "--env", &environment]);
    operator.sees("task_started", "slow").await;
    running.killed().await;
    doorway.becomes(Manner::Refuses);

    let run = operator.last_run();
    let said = operator.does(&["abandon", &run]).await.with(1);
    said.has(&format!("houseplan abandon {run} --without source`"));
    assert_eq!(words_of_abandoning(operator), 0, "what was refused is not on record");
    operator.does(&["abandon", &run, "--without", "sauce"]).await.with(2).has("cluster/replica1");
    assert_eq!((words_of_abandoning(operator), sandbox.claims().await), (0, 3));

    let said = operator.does(&["abandon", &run, "--without", "source"]).await.with(0);
    let said = said
        .has("without source")
        .has("its outcome stays unknown, for the run was abandoned without its server")
        .has("skipped: the run was abandoned without source")
        .has("the lock on source is not released, for the run was abandoned without it")
        .has("do by hand what `finally` has skipped there (`thaw`, `guarded`); then `houseplan abandon")
        .has("NOT DONE: `guarded` of `finally` was skipped the run was abandoned without source by hand")
        .has_not("NOT DONE: `looks`");
    assert_eq!(said.words().matches("the lock on source is not released").count(), 1, "{said:?}");
    assert!(operator.path("tidied").exists(), "the rest of `finally` has run");
    assert!(!operator.path("guarded").exists(), "nothing is done on the word of a check that cannot be read");
    assert_eq!(sandbox.claims().await, 1);
    assert_eq!(operator.count("step_succeeded", ""), 4, "{:?}", operator.events());
    assert_eq!(operator.count("settlement_begun", ""), 0);
    operator.does(&["report", &run]).await.with(0).has("without source");

    // It comes back, and what was in doubt has come to its end there.
    let at_work = "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(2)%' AND query_id != queryID()";
    while sandbox.must("source", at_work).await != "0" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    doorway.becomes(Manner::Opens { after: 0, port: sandbox.ports().http(ServerName::Source) });
    operator.does(&["abandon", &run, "--env", &environment]).await.with(0).has("the lock is released");
    assert_eq!(sandbox.claims().await, 0);
}

#[tokio::test]
async fn one_that_is_there_is_not_passed_over() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let (doorway, plan, environment) = through_a_doorway(&scene, 0).await;
    operator.does(&["run", &plan, "--env", &environment]).await.with(1);
    let run = operator.last_run();
    let command = format!("houseplan abandon {run}");

    let said = operator.does(&["abandon", &run, "--without", "source"]).await.with(2);
    said.has("houseplan::run::member_reachable").has("source can be reached").has(&format!("`{command}`"));
    doorway.becomes(Manner::Refuses);
    let said = operator.does(&["abandon", &run, "--without", "source,replica1"]).await.with(2);
    said.has("replica1 can be reached").has(&format!("`{command} --without source`"));
    assert_eq!((words_of_abandoning(operator), sandbox.claims().await), (0, 3), "what was refused is not on record");
}

#[tokio::test]
async fn so_is_one_that_was_replaced_in_the_middle_of_finally() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let (doorway, plan, environment) = through_a_doorway(&scene, 0).await;
    operator.does(&["run", &plan, "--env", &environment]).await.with(1);
    let run = operator.last_run();
    let said = operator.does(&["abandon", &run]).await.with(1);
    said.has("guarded");
    assert_eq!((operator.count("step_succeeded", "looks"), operator.count("task_failed", "guarded")), (1, 1));
    let port = sandbox.ports().http(ServerName::Source);
    let moved = Manner::Says { port, instead_of: "\\/source\\/".to_owned(), this: "\\/sauces\\/".to_owned() };
    doorway.becomes(moved);

    let command = format!("houseplan abandon {run} --without source`");
    operator.does(&["abandon", &run]).await.with(1).has("houseplan::world::changed").has(&command);
    operator.resumes(&[]).await.with(1).has("houseplan::world::changed").has(&command);
    let said = operator.does(&["abandon", &run, "--without", "source/source"]).await.with(0);
    said.has("skipped: the run was abandoned without source");
    assert!(operator.path("tidied").exists(), "the rest of `finally` has run");
    assert_eq!(sandbox.claims().await, 1);
}
