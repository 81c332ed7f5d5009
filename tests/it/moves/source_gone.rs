//! The process dies when the migrations have deleted the source: there is no way back, only forward.

use houseplan::sandbox::{ServerName, SourceState};

use super::Scene;

use crate::support::{
    doorway::{Doorway, Manner},
    operator::{MOVE, Operator},
};

#[tokio::test]
async fn it_goes_on_without_the_source() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let running = operator.begin(&Operator::run_arguments(MOVE, &scene.environment, &[]));
    operator.sees("task_started", "migrate/up").await;
    while sandbox.state().expect("a state").source == SourceState::Present {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    running.killed().await;
    assert_eq!(operator.count("step_succeeded", "verify"), 0, "it was killed before its end");
    let in_doubt = operator.count("task_acted", "migrate/up") == 0;

    let said = operator.resumes(&[]).await;
    if in_doubt {
        // Whether a process has done what it was to do, only a person can say.
        said.with(4).has("migrate/up");
        let run = operator.last_run();
        operator.does(&["settle", &run, "migrate/up", "--as", "done"]).await.with(0);
        operator.resumes(&[]).await.with(0);
    } else {
        said.with(0);
    }
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
    scene.moved_once().await;
}

#[tokio::test]
async fn killed_between_the_migrations_and_the_restore_it_needs_the_source_no_more() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    // A check that holds the run between the two.
    let held = (
        "  stop_merges_cluster:\n    needs: [migrate, allow_differences]\n",
        "  wait:\n    needs: [migrate]\n    exec: { on: local, command: [sleep, \"3\"], effect: idempotent }\n  stop_merges_cluster:\n    needs: [wait, allow_differences]\n",
    );
    let plan = operator.plan(MOVE, &[held]);
    let running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    operator.sees("task_started", "wait").await;
    running.killed().await;
    assert_eq!(sandbox.state().expect("a state").source, SourceState::Removed);
    let said = operator.resumes(&[]).await.with(0).has("source cannot be reached");
    // Its claim is gone with it, and that is no failure.
    let run = operator.last_run();
    let back = format!("houseplan abandon {run} --env");
    assert_eq!(said.words().matches("the lock on source").count(), 1, "it is said once: {said:?}");
    said.has("the lock on source is not released").has("there is nothing to do").has(&back);
    let dir = sandbox.layout().dir().to_string();
    let status = operator.does(&["sandbox", "status", "--dir", &dir]).await.with(0);
    status.has("The source was removed by a migration").has(&format!("houseplan sandbox reset --dir {dir}"));
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
    assert_eq!(operator.count("task_started", "backup"), 1);
    scene.moved_once().await;
}

#[tokio::test]
async fn behind_a_proxy_that_outlives_it_it_is_passed_over_too() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let port = sandbox.ports().http(ServerName::Source);
    let proxy = Doorway::with(Manner::Opens { after: 0, port }).await;
    let direct = format!("http://127.0.0.1:{port}");
    let environment = operator.environment("proxied", &[(&direct, &proxy.url())]);
    let said = operator.runs(MOVE, &environment, &[]).await.with(0);
    said.has("start_merges_source skipped: source cannot be reached").has("the lock on source is not released");
    scene.moved_once().await;
}
