//! kill -9 at every boundary of the journal: whatever was last on record, what must happen once happens once.

use std::fs;

use serde_json::Value;

use crate::support::operator::Operator;

/// Effects are lines in a file, so that they can be counted.
const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: boundaries }
steps:
  once: { exec: { on: local, command: [sh, -c, \"echo once >> EFFECTS\"], effect: once } }
  again: { needs: [once], exec: { on: local, command: [sh, -c, \"echo again >> EFFECTS\"], effect: idempotent } }
  side: { exec: { on: local, command: [sh, -c, \"echo side >> EFFECTS\"], effect: once } }
  last: { needs: [again, side], exec: { on: local, command: [sh, -c, \"echo last >> EFFECTS\"], effect: once } }
finally:
  close: { exec: { on: local, command: [sh, -c, \"echo close >> EFFECTS\"], effect: idempotent } }
";

#[tokio::test]
async fn what_must_happen_once_happens_once() {
    let operator = Operator::alone();
    let effects = operator.path("effects");
    let plan = operator.write("boundaries.yaml", &PLAN.replace("EFFECTS", effects.as_str()));
    operator.does(&["run", &plan]).await.with(0);
    let run = operator.last_run();
    let journal = operator.journal_file(&run);
    let whole = fs::read_to_string(&journal).expect("the journal");
    let records: Vec<&str> = whole.split_inclusive('\n').collect();
    assert!(records.len() > 25, "{} records", records.len());

    let mut settled = 0;
    for kept in 1..records.len() {
        // Where a task had begun and not ended, its effect may have come about or not: both are tried.
        for came_about in [false, true] {
            let parsed: Vec<Value> =
                records[..kept].iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            let told = |event: &str| -> Vec<&str> {
                let of = parsed.iter().filter(|record| record["event"] == event);
                of.map(|record| record["task"].as_str().expect("a task")).collect()
            };
            let (started, acted) = (told("task_started"), told("task_acted"));
            let in_doubt: Vec<&str> = started.iter().copied().filter(|task| !acted.contains(task)).collect();
            if came_about && in_doubt.is_empty() {
                continue;
            }
            let so_far = acted.iter().chain(in_doubt.iter().filter(|_| came_about));
            fs::write(&effects, so_far.map(|task| format!("{task}\n")).collect::<String>()).expect("the effects");
            // The crash may have torn a record in two.
            let torn = &records[kept][..if came_about { 0 } else { records[kept].len() / 2 }];
            fs::write(&journal, records[..kept].concat() + torn).expect("the journal");

            let mut said = operator.resumes(&[]).await;
            let doubtful: Vec<&str> =
                in_doubt.iter().copied().filter(|task| !["again", "close"].contains(task)).collect();
            if !doubtful.is_empty() {
                said.with(4);
                let verdict = if came_about { "done" } else { "not-done" };
                for task in doubtful {
                    operator.does(&["settle", &run, task, "--as", verdict]).await.with(0);
                    settled += 1;
                }
                said = operator.resumes(&[]).await;
            }
            if records[kept - 1].contains("\"event\":\"run_ended\"") {
                said.with(2).has("houseplan::run::ended");
            } else {
                said.with(0);
            }

            let found = fs::read_to_string(&effects).expect("the effects");
            for (task, most) in [("once", 1), ("side", 1), ("last", 1), ("again", 2), ("close", 2)] {
                let times = found.lines().filter(|line| *line == task).count();
                assert!(
                    (1..=most).contains(&times),
                    "after record {kept}, {}: {task} {times} times",
                    records[kept - 1]
                );
            }
            let end = found.lines().last();
            assert_eq!(end, Some("close"), "after record {kept}");
        }
    }
    assert!(settled >= 6, "each of the three was in doubt, with its effect and without: {settled}");
}
