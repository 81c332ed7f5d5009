//! A server that is patched in the middle of a run: the same server, with another version.

use houseplan::sandbox::ServerName;

use super::Scene;
use crate::support::{
    doorway::{Doorway, Manner},
    operator::{MOVE, Operator},
};

const OLD: &str = "26.9.2.1";
const NEW: &str = "26.9.3.7";

/// A doorway before the first replica, and the environment that leads through it.
async fn doorway(scene: &Scene) -> (Doorway, u16, String) {
    let port = scene.sandbox.ports().http(ServerName::Replica(1));
    let doorway = Doorway::with(Manner::Opens { after: 0, port }).await;
    let direct = format!("http://127.0.0.1:{port}");
    let environment = scene.operator.environment("patched", &[(&direct, &doorway.url())]);
    (doorway, port, environment)
}

fn upgraded(port: u16) -> Manner {
    Manner::Says { port, instead_of: OLD.to_owned(), this: NEW.to_owned() }
}

#[tokio::test]
async fn it_is_told_and_taken_when_a_person_says_so() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let (doorway, port, environment) = doorway(&scene).await;
    let held = (
        "  stop_merges_cluster:\n    needs: [migrate, allow_differences]\n",
        "  wait:\n    needs: [migrate]\n    exec: { on: local, command: [sleep, \"2\"], effect: idempotent }\n  stop_merges_cluster:\n    needs: [wait, allow_differences]\n",
    );
    let plan = operator.plan(MOVE, &[held]);
    let running = operator.begin(&Operator::run_arguments(&plan, &environment, &[]));
    operator.sees("task_started", "wait").await;
    running.killed().await;

    doorway.becomes(upgraded(port));
    let words = format!("replica1 runs ClickHouse {NEW}; the run started with {OLD}");
    for flags in [&[][..], &["--as-begun"]] {
        let said = operator.resumes(flags).await.with(1).has("houseplan::world::other_version").has(&words);
        let run = operator.last_run();
        said.has(&format!("`houseplan resume {run} --accept-changes`"))
            .has(&format!("nothing was done on the servers; fix that, then `houseplan resume {run}`"))
            .has_not("nothing was started");
    }
    let pins =
        || operator.events().iter().filter(|it| it["event"] == "member_pinned" && it["member"] == "replica1").count();
    assert_eq!((pins(), operator.count("task_started", "stop_merges_cluster")), (1, 0));

    operator.resumes(&["--accept-changes"]).await.with(0).has(&format!("accepted: {words}"));
    let events = operator.events();
    let accepted = events.iter().find(|it| it["event"] == "changes_accepted").expect("it is on record");
    assert_eq!((accepted["servers"][0].as_str(), pins()), (Some(words.as_str()), 2));
    assert!(accepted["by"].as_str().is_some_and(|by| by.contains('@')), "{accepted}");
    scene.moved_once().await;
}

#[tokio::test]
async fn a_run_that_is_given_up_takes_it_as_it_is() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let (doorway, port, environment) = doorway(&scene).await;
    let stops = ("        expect: row.pending == 0\n        within: 30m", "        expect: row.pending == 7");
    let plan = operator.plan(MOVE, &[stops]);
    operator.runs(&plan, &environment, &[]).await.with(3);
    doorway.becomes(upgraded(port));
    let run = operator.last_run();
    operator.does(&["abandon", &run]).await.with(0).has(&format!("accepted: replica1 runs ClickHouse {NEW}"));
    assert_eq!(scene.sandbox.claims().await, 0);
}
