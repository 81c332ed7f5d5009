//! kill -9, and worse, while the server restores.

use std::time::Duration;

use houseplan::sandbox::ServerName;
use rustix::process::Signal;

use super::Scene;
use crate::support::operator::{MOVE, Operator, Said};

/// A scene whose move has got this signal while the server restored, and goes on restoring; and what the move has said.
///
/// The restores are slowed down. Where a busy machine was slower still and missed them at work, the scene is set again with
/// slower ones.
async fn signalled(signal: Signal) -> (Scene, Said) {
    for bytes_a_second in [60_000, 15_000, 4_000] {
        let scene = Scene::small().await;
        let into = "      into: existing\n";
        let slow = format!("{into}      settings: {{ max_backup_bandwidth: {bytes_a_second} }}\n");
        let plan = scene.operator.plan(MOVE, &[(into, &slow)]);
        let mut running = scene.operator.begin(&Operator::run_arguments(&plan, &scene.environment, &[]));
        while running.works() && !restores(&scene).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if running.works() {
            let said = running.told_to_end(signal).await;
            if said.code != Some(0) && restores(&scene).await {
                return (scene, said);
            }
        }
    }
    panic!("the server was never met at its restores");
}

async fn restores(scene: &Scene) -> bool {
    scene.operations("replica1", "RESTORING", "restore[").await > 0
}

#[tokio::test]
async fn the_same_restores_are_followed_to_their_end() {
    let (scene, _) = signalled(Signal::KILL).await;
    let operator = &scene.operator;

    operator.resumes(&[]).await.with(0).has("in doubt");
    scene.moved_once().await;
    for table in scene.before.keys() {
        let restored = format!("restore[{table}@");
        assert_eq!(operator.count("task_succeeded", &restored), 1, "{table}");
    }
    assert_eq!(operator.count("task_started", "backup"), 1);
    assert_eq!(operator.count("task_started", "migrate/up"), 1);
}

#[tokio::test]
async fn after_the_server_was_restarted_too_no_table_is_doubled() {
    let (scene, _) = signalled(Signal::KILL).await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    sandbox.kill(ServerName::Replica(1)).await.expect("killed");
    sandbox.start(ServerName::Replica(1)).await.expect("started");
    // A server that starts forgets that its merges are held; what they do is not what is tested here.
    sandbox.must("replica1", "SYSTEM STOP MERGES").await;

    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
    assert_eq!(operator.count("task_started", "backup"), 1);
}

#[tokio::test]
async fn asked_to_end_it_lets_go_and_says_so() {
    let (scene, said) = signalled(Signal::TERM).await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    said.with(130).has(&format!("houseplan resume {}", operator.last_run()));
    assert_ne!(sandbox.claims().await, 0, "the run keeps its claim");

    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
