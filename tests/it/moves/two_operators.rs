//! Two people, or one with two terminals, on the same servers.

use std::time::Duration;

use camino::Utf8Path;
use houseplan::{
    engine::event::Event,
    journal::{self, Journal, Record},
};

use super::{SLOW_BACKUP, STANDS_STILL, Scene};
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
    said.has(&format!("locked by run {run}"))
        .has("nothing has been changed")
        .has(&format!("houseplan abandon {run} --env"))
        .has_not("--under");
    assert!(colleague.all_runs().is_empty(), "no run is left behind");
    operator
        .runs(MOVE, &scene.environment, &[])
        .await
        .with(5)
        .has("houseplan::run::locked")
        .has("is in use by process");
    operator.does(&["resume", &run]).await.with(5).has("houseplan::run::locked");
    operator.does(&["abandon", &run]).await.with(5).has("houseplan::run::locked");
    assert!(running.works(), "the first one goes on");

    // While it stands still, it is the claim that keeps others away.
    running.killed().await;
    operator.runs(MOVE, &scene.environment, &[]).await.with(5).has(&format!("houseplan resume {run}"));
    assert_eq!(operator.all_runs(), [run]);
    operator.resumes(&[]).await.with(0);
    scene.moved_once().await;
}

/// A copy of a run's folder on another machine: the claim says which machine has the run.
#[tokio::test]
async fn a_run_that_another_machine_has_is_taken_over_only_when_that_one_is_said_to_be_gone() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let plan = operator.write("still.yaml", STANDS_STILL);
    operator.does(&["run", &plan, "--env", &scene.environment]).await.with(1);
    let run = operator.last_run();
    operator.resumes(&[]).await.with(1);
    let comment = format!(
        "{{\"houseplan\":\"{run}\",\"who\":\"ada\",\"host\":\"other-desk\",\"since\":\"2026-11-22T14:30:00Z\"}}"
    );
    sandbox.must("source", &format!("ALTER DATABASE houseplan_claim MODIFY COMMENT '{comment}'")).await;

    let refused =
        operator.resumes(&[]).await.with(5).has("belongs to the machine other-desk").has("since 2026-11-22T14:30:00Z");
    refused.has(&format!("houseplan resume {run} --gone-from other-desk"));
    operator.resumes(&["--gone-from", "a-third-desk"]).await.with(5);
    // Giving it up is refused for the same reason, and then nothing of it is on record.
    let refused = operator.does(&["abandon", &run]).await.with(5);
    refused.has("belongs to the machine other-desk").has("--gone-from other-desk");
    assert!(operator.events().iter().all(|it| it["event"] != "run_abandoned"), "{:?}", operator.events().last());
    assert_eq!(operator.count("task_started", "fails"), 2, "nothing was done");
    operator.resumes(&["--gone-from", "other-desk"]).await.with(1);
    assert_eq!(operator.count("task_started", "fails"), 3);
    operator.resumes(&[]).await.with(1);
    operator.does(&["abandon", &run]).await.with(0);
    assert_eq!(sandbox.claims().await, 0);
}

const REPEATABLE: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: repeatable }
steps:
  upgrade: { exec: { on: local, command: [sh, -c, \"echo in >> LOG; sleep 1; echo out >> LOG\"], effect: idempotent } }
";

/// Whether a process still runs on the machine that the run was taken over from, this one cannot see.
#[tokio::test]
async fn a_process_that_another_machine_has_started_is_for_a_person_to_settle() {
    let operator = Operator::alone();
    let log = operator.path("log");
    let plan = operator.write("repeatable.yaml", &REPEATABLE.replace("LOG", log.as_str()));
    let running = operator.begin(&["run", &plan]);
    operator.sees("task_started", "upgrade").await;
    while !log.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.killed().await;
    let run = operator.last_run();
    begun_on(&operator.journal_file(&run), "other-desk");

    let said = operator.resumes(&[]).await.with(4).has("it was started on other-desk");
    said.has("this machine cannot see whether it still runs there")
        .has(&format!("houseplan settle {run} 'upgrade' --attempt 1 --as not-done"));
    assert_eq!(operator.count("task_started", "upgrade"), 1);
    operator.does(&["settle", &run, "upgrade", "--attempt", "1", "--as", "not-done"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    assert_eq!(std::fs::read_to_string(&log).expect("it has run"), "in\nout\nin\nout\n");
}

/// Writes a journal anew, as if the run's processes had been on this machine.
fn begun_on(journal: &Utf8Path, machine: &str) {
    let records = journal::read::<Event>(journal).expect("the journal").records;
    std::fs::remove_file(journal).expect("the journal");
    let moved = |record: Record<Event>| match record.event {
        Event::RunResumed { process, user, .. } => {
            (record.at, Event::RunResumed { process, host: machine.to_owned(), user })
        }
        event => (record.at, event),
    };
    let events: Vec<_> = records.into_iter().map(moved).collect();
    Journal::create(journal).expect("a journal").append(&events).expect("it is written");
}
