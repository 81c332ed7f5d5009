//! Two people, or one with two terminals, on the same servers.

use super::{SLOW_BACKUP, Scene};
use crate::support::operator::{MOVE, Operator};

#[tokio::test]
async fn the_second_one_is_told_whose_the_servers_are_and_changes_nothing() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.plan(MOVE, &[SLOW_BACKUP]);
    let mut running = operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
    scene.sees("source", "CREATING_BACKUP", "backup/").await;
    let run = operator.last_run();

    let colleague = Operator::new(sandbox);
    let said = colleague.runs(MOVE, &scene.environment, &[]).await.with(5);
    said.has(&format!("claimed by the run {run}"))
        .has("nothing has been changed")
        .has(&format!("houseplan abandon {run} --env"));
    assert!(colleague.all_runs().is_empty(), "no run is left behind");
    operator.runs(MOVE, &scene.environment, &[]).await.with(5).has("houseplan::run::locked").has("is held by process");
    operator.does(&["resume", &run]).await.has("houseplan::run::locked");
    operator.does(&["abandon", &run]).await.has("houseplan::run::locked");
    assert!(running.works(), "the first one goes on");

    // While it stands still, it is the claim that keeps others away.
    running.killed().await;
    operator.runs(MOVE, &scene.environment, &[]).await.with(5).has(&format!("houseplan resume {run}"));
    assert_eq!(operator.all_runs(), [run]);
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
