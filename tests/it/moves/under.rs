//! `run --under`: a mending plan works under the claim of a run that stands still.

use super::Scene;
use crate::support::operator::MOVE;

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
