//! `run --under`: a mending plan works under the claim of a run that stands still.

use houseplan::journal::lock::this_host;

use camino::Utf8PathBuf;

use super::Scene;
use crate::support::operator::{MOVE, Operator};

const MEND: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: mend }
targets: { source: { kind: clickhouse } }
steps:
  mend: { sql: { on: source, query: CREATE DATABASE IF NOT EXISTS mended, effect: idempotent } }
";

#[tokio::test]
async fn only_the_run_that_is_named_lends_its_claim_and_keeps_it() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let stops = ("        expect: row.pending == 0\n        within: 30m", "        expect: row.pending == 7");
    let plan = operator.plan(MOVE, &[stops]);
    operator.runs(&plan, &scene.environment, &[]).await.with(3);
    let run = operator.last_run();
    let mend = operator.write("mend.yaml", MEND);
    let mending = ["run", &mend, "--env", &scene.environment];
    let mended = "SELECT count() FROM system.databases WHERE name = 'mended'";

    operator.does(&mending).await.with(5).has(&run).has("--under");
    let other = [&mending[..], &["--under", "2026-01-01_000000-zzzz"]].concat();
    assert_ne!(operator.does(&other).await.code, Some(0));
    assert_eq!(sandbox.must("source", mended).await, "0");
    let under = [&mending[..], &["--under", &run]].concat();
    operator.does(&under).await.with(0);
    assert_eq!(sandbox.must("source", mended).await, "1");
    assert_eq!(sandbox.claims().await, 3, "the claim is still the first run's");
    operator.does(&["abandon", &run]).await.with(0);
    assert_eq!(sandbox.claims().await, 0);

    // An ended run has no claim to lend.
    assert_ne!(operator.does(&under).await.code, Some(0));
}

const STANDS_STILL: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: NAME }
steps:
  fails: { exec: { on: local, command: [\"false\"], effect: read } }
finally:
  tidies: { exec: { on: local, command: [touch, TIDIED], effect: idempotent } }
";

/// Two runs that stand still, the second under the claim of the first; and what the second one's `finally` makes.
async fn one_under_another(operator: &Operator) -> (String, String, Utf8PathBuf) {
    let tidied = operator.path("tidied");
    let plan = |name: &str, tidied: &Utf8PathBuf| {
        let text = STANDS_STILL.replace("NAME", name).replace("TIDIED", tidied.as_str());
        operator.write(&format!("{name}.yaml"), &text)
    };
    let (lender, plan) = (plan("lender", &operator.path("other")), plan("under", &tidied));
    operator.does(&["run", &lender]).await.with(1);
    let lender = operator.last_run();
    operator.does(&["run", &plan, "--under", &lender]).await.with(1);
    let borrower = operator.last_run();
    assert_ne!(lender, borrower);
    (lender, borrower, tidied)
}

#[tokio::test]
async fn a_run_waits_until_the_one_under_it_has_ended() {
    let operator = Operator::alone();
    let (lender, borrower, tidied) = one_under_another(&operator).await;
    let is_under = format!("run {borrower} works under the lock of run {lender}");
    operator.does(&["resume", &lender]).await.with(2).has(&is_under).has(&format!("houseplan abandon {borrower}"));
    operator.does(&["abandon", &lender]).await.with(2).has(&is_under);
    let plan = operator.path("under.yaml").into_string();
    operator.does(&["run", &plan, "--under", &lender]).await.with(2).has(&format!("run {borrower} works under it"));

    operator.does(&["abandon", &borrower]).await.with(0);
    assert!(tidied.exists());
    operator.does(&["resume", &lender]).await.with(1);
    operator.does(&["abandon", &lender]).await.with(0);
}

#[tokio::test]
async fn a_run_whose_lender_has_ended_can_still_be_ended() {
    let operator = Operator::alone();
    let (lender, borrower, tidied) = one_under_another(&operator).await;
    let (folder, aside) = (operator.state().join("runs").join(&borrower), operator.path("aside"));
    std::fs::rename(&folder, &aside).expect("put aside");
    operator.does(&["abandon", &lender]).await.with(0);
    std::fs::rename(&aside, &folder).expect("put back");

    operator.does(&["resume", &borrower]).await.with(1);
    operator.does(&["abandon", &borrower]).await.with(0);
    assert!(tidied.exists(), "its `finally` has run");
}

#[tokio::test]
async fn a_run_that_ended_without_giving_its_claim_back_gives_it_back_when_asked() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let mend = operator.write("mend.yaml", MEND);
    let mending = ["run", &mend, "--env", &scene.environment];
    operator.does(&mending).await.with(0);
    let run = operator.last_run();
    let host = this_host();
    let claim = format!(
        "CREATE DATABASE houseplan_claim ENGINE = Atomic COMMENT '{{\"houseplan\":\"{run}\",\"who\":\"ada\",\"host\":\"{host}\",\"since\":\"2026-11-22T14:30:00Z\"}}'"
    );
    for ask in ["abandon", "resume"] {
        // As a crash right after `run_ended` leaves it.
        let journal = operator.journal_file(&run);
        let text = std::fs::read_to_string(&journal).expect("the journal");
        let end = text.find("\"run_ended\"").expect("it has ended");
        let end = end + text[end..].find('\n').expect("a whole line") + 1;
        assert!(text[end..].contains("\"released\""), "{text}");
        std::fs::write(&journal, &text[..end]).expect("the journal");
        sandbox.must("source", &claim).await;

        operator
            .does(&mending)
            .await
            .with(5)
            .has("it has ended")
            .has(&format!("houseplan abandon {run}"))
            .has_not("--under");
        operator.does(&[ask, &run]).await.with(0).has("the lock is released");
        assert_eq!(sandbox.claims().await, 0);
    }
    operator.does(&["abandon", &run]).await.with(2).has("has ended");
    operator.does(&["resume", &run]).await.with(2).has("houseplan::run::ended");

    // As on a server that came back later. That nothing of the run lives on this machine is on record here.
    sandbox.must("source", &claim).await;
    operator.does(&["abandon", &run, "--env", &scene.environment]).await.with(0).has("the lock is released");
    assert_eq!(sandbox.claims().await, 0);
}
