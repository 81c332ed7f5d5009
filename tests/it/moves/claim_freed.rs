//! A run's claim that somebody frees before the run has ended.

use houseplan::journal::lock::this_host;

use super::{STANDS_STILL, Scene};
use crate::support::operator::Operator;

/// Nothing of a run that stands still is to be seen on any server, so only a person can say that it is dead.
#[tokio::test]
async fn a_lost_run_is_taken_for_dead_only_on_the_word_of_who_names_its_machine() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.write("still.yaml", STANDS_STILL);
    operator.does(&["run", &plan, "--env", &scene.environment]).await.with(1);
    let run = operator.last_run();
    let colleague = Operator::new(sandbox);
    let lost = ["abandon", &run, "--env", &scene.environment];
    for host in [this_host().as_str(), "other-desk"] {
        let comment = format!(
            "{{\"houseplan\":\"{run}\",\"who\":\"ada@{host}\",\"host\":\"{host}\",\"since\":\"2026-11-22T14:30:00Z\"}}"
        );
        sandbox.must("source", "DROP DATABASE IF EXISTS houseplan_claim SYNC").await;
        sandbox.must("source", &format!("CREATE DATABASE houseplan_claim COMMENT '{comment}'")).await;
        for more in [&[][..], &["--gone-from", "a-third-desk"], &["--leave-at-work"]] {
            let said = colleague.does(&[&lost[..], more].concat()).await.with(5).has("houseplan::claim::may_be_in_use");
            said.has(&format!("run {run} of ada@{host} may still be in use on {host}"))
                .has("since 2026-11-22T14:30:00Z")
                .has(&format!("houseplan {} --gone-from {host}", lost.join(" ")));
            assert_eq!(sandbox.claims().await, 1);
        }
        let said = colleague.does(&[&lost[..], &["--gone-from", host]].concat()).await.with(0);
        said.has(&format!("source.source: the lock is released (ada@{host}, since 2026"));
        assert_eq!(sandbox.claims().await, 0);
    }
}

#[tokio::test]
async fn it_is_claimed_again_only_when_a_person_says_that_nothing_has_changed() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.write("still.yaml", STANDS_STILL);
    operator.does(&["run", &plan, "--env", &scene.environment]).await.with(1);
    let run = operator.last_run();
    operator.resumes(&[]).await.with(1);
    let colleague = Operator::new(sandbox);
    let freed = ["abandon", &run, "--env", &scene.environment, "--gone-from", &this_host()];
    colleague.does(&freed).await.with(0);
    // Another run comes and goes, and meets no claim.
    colleague.does(&["run", &plan, "--env", &scene.environment]).await.with(1);
    operator.resumes(&["--claim-again"]).await.with(5).has("is locked by run");
    colleague.does(&["abandon", &colleague.last_run()]).await.with(0);

    let said = operator.resumes(&[]).await.with(1).has("houseplan::claim::gone");
    said.has(&format!("the lock of run {run} on source is gone")).has(&format!("houseplan resume {run} --claim-again"));
    assert_eq!((operator.count("task_started", "fails"), sandbox.claims().await), (2, 0), "nothing was done");
    operator.resumes(&["--claim-again"]).await.with(1).has("the lock on source was gone");
    assert_eq!((operator.count("task_started", "fails"), sandbox.claims().await), (3, 1));
    let events = operator.events();
    let accepted = events.iter().find(|it| it["event"] == "changes_accepted").expect("it is on record");
    assert_eq!(accepted["servers"][0], "the lock on source was gone");
    operator.resumes(&[]).await.with(1);

    colleague.does(&freed).await.with(0);
    operator.resumes(&[]).await.with(1).has("houseplan::claim::gone");
    operator.does(&["abandon", &run]).await.with(0).has("the lock on source was gone");
    assert_eq!(sandbox.claims().await, 0);
}

#[tokio::test]
async fn a_run_under_anothers_claim_misses_that_one() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.write("still.yaml", STANDS_STILL);
    let begin = ["run", &plan, "--env", &scene.environment];
    operator.does(&begin).await.with(1);
    let lender = operator.last_run();
    operator.does(&[&begin[..], &["--under", &lender]].concat()).await.with(1);
    operator.resumes(&[]).await.with(1);
    assert_eq!(operator.count("task_started", "fails"), 2);
    sandbox.must("source", "DROP DATABASE houseplan_claim SYNC").await;
    operator.resumes(&[]).await.with(1).has("houseplan::claim::gone");
    assert_eq!((operator.count("task_started", "fails"), sandbox.claims().await), (2, 0), "nothing was done");
}
