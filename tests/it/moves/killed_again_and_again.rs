//! kill -9 again and again: wherever a process was when it died, the next one goes on from there.

use std::fs;

use houseplan::sandbox::SourceState;

use super::Scene;
use crate::support::operator::{MOVE, Operator, Said};

/// How many records a process may add before it is killed, so that kills fall at ever other places. Each may add one more than
/// the one before it, for it needs some to find out what became of the last one's tasks.
const LIVES: [usize; 6] = [4, 11, 6, 15, 8, 22];

#[tokio::test]
async fn a_run_whose_every_process_is_killed_still_moves_all_of_it_once() {
    let scene = Scene::small().await;
    let operator = &scene.operator;
    let begin = Operator::run_arguments(MOVE, &scene.environment, &[]);
    let mut said = lives(operator, &begin, LIVES[0]).await;
    let run = operator.last_run();
    let mut kills = 0;
    while said.code != Some(0) {
        match said.code {
            None => kills += 1,
            // A process that must run once was at work: what became of it stands in the world.
            Some(4) => {
                let migrated = scene.sandbox.state().expect("a state").source == SourceState::Removed;
                let verdict = if migrated { "done" } else { "not-done" };
                operator.does(&["settle", &run, "migrate/up", "--as", verdict]).await.with(0);
            }
            // It was killed between the run's end and giving the claims back; this one gave back what can be.
            Some(2) if said.words().contains("houseplan::run::ended") => break,
            _ => panic!("{said:?}"),
        }
        said = lives(operator, &["resume", &run], LIVES[kills % LIVES.len()] + kills).await;
    }
    assert!(kills >= 10, "it was killed {kills} times only");

    scene.moved_once().await;
    assert_eq!(operator.all_runs(), [run]);
    for once in ["backup", "clean[replica1]", "clean[replica2]", "migrate/up", "verify"] {
        assert_eq!(operator.count("task_succeeded", once), 1, "{once}");
    }
    for table in scene.before.keys() {
        assert_eq!(operator.count("task_succeeded", &format!("restore[{table}@")), 1, "{table}");
    }
}

/// A process that is killed once it has added as many records.
async fn lives(operator: &Operator, arguments: &[&str], records: usize) -> Said {
    let last = operator.all_runs().pop();
    let written = || {
        let run = last.clone().or_else(|| operator.all_runs().pop());
        let journal = run.and_then(|run| fs::read(operator.journal_file(&run)).ok()).unwrap_or_default();
        journal.iter().filter(|byte| **byte == b'\n').count()
    };
    let until = written() + records;
    operator.begin(arguments).ends_or_is_killed(|| written() >= until).await
}
