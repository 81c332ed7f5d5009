//! A plan run again after it has succeeded.

use super::Scene;
use crate::support::operator::{DATABASE, MOVE};

#[tokio::test]
async fn once_the_source_is_gone_nothing_is_begun() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    operator.runs(MOVE, &scene.environment, &["--quiet"]).await.with(0);
    let ended = operator.last_run();

    let said = operator.runs(MOVE, &scene.environment, &[]).await.with(1);
    said.has("houseplan::connect::unreachable").has("(source)").has("nothing was started");
    assert_eq!(operator.all_runs(), [ended], "no run is left behind");
    operator.resumes(&[]).await.with(2).has("houseplan::run::ended").has("succeeded");
    let run = operator.last_run();
    operator.does(&["abandon", &run]).await.with(2).has("houseplan::run::ended");
    scene.moved_once().await;
}

#[tokio::test]
async fn what_the_cluster_holds_falls_only_when_a_person_has_approved_it() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let keep = operator.environment("keep", &[("sandbox, migrate, --dir", "sandbox, migrate, --keep-source, --dir")]);

    // One replica holds a table that nobody has thought of.
    sandbox.must("replica2", &format!("CREATE DATABASE {DATABASE}")).await;
    sandbox
        .must("replica2", &format!("CREATE TABLE {DATABASE}.precious (n UInt8) ENGINE = MergeTree ORDER BY n"))
        .await;
    sandbox.must("replica2", &format!("INSERT INTO {DATABASE}.precious VALUES (1), (2)")).await;
    let rows = format!("SELECT count() FROM {DATABASE}.precious");

    let said = operator.runs(MOVE, &keep, &[]).await.with(4);
    let said = said.has("precious").has("`allow_drop` needs your approval");
    let run = operator.last_run();
    assert_eq!((sandbox.claims().await, sandbox.must("replica2", &rows).await.as_str()), (3, "2"));
    let digest =
        said.words().split("digest ").last().and_then(|rest| rest.split(' ').next()).expect("a digest").to_owned();
    operator.resumes(&[]).await.with(4);
    operator
        .does(&["approve", &run, "allow_drop", "--digest", "0000"])
        .await
        .with(2)
        .has("the approval is for something else than task")
        .has("houseplan::task::other_digest");
    operator.does(&["approve", &run, "allow_dro"]).await.with(2).has("no task `allow_dro`").has("houseplan status");
    operator.does(&["approve", &run, "allow_drop", "--digest", &digest]).await.with(0);

    // It changes after it was approved: it does not fall.
    sandbox.must("replica2", &format!("INSERT INTO {DATABASE}.precious VALUES (3)")).await;
    operator.resumes(&[]).await.with(3).has("what is dropped is what was shown").has("something writes to it");
    assert_eq!(sandbox.must("replica2", &rows).await, "3");
    operator.does(&["abandon", &run]).await.with(0).has("was abandoned");
    assert_eq!((sandbox.claims().await, sandbox.must("replica2", &rows).await.as_str()), (0, "3"));

    // Looked at anew, it may.
    operator.runs(MOVE, &keep, &[]).await.with(4);
    let run = operator.last_run();
    operator.does(&["approve", &run, "allow_drop"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;

    // And the whole move over a whole move, whose leftovers in Keeper have to go too.
    operator.runs(MOVE, &keep, &[]).await.with(4).has("runs_token_counts");
    let run = operator.last_run();
    operator.does(&["approve", &run, "allow_drop"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}
