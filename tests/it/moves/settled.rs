//! A process whose end nobody has seen, and that must not run twice: a person says what became of it.

use crate::support::operator::Operator;

const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: once }
steps:
  effect: { exec: { on: local, command: [sh, -c, \"echo done >> EFFECT; sleep 1\"], effect: once } }
  after: { needs: [effect], exec: { on: local, command: [\"true\"] } }
";

#[tokio::test]
async fn it_is_not_repeated_unless_a_person_says_that_it_was_not_done() {
    let operator = Operator::alone();
    for (verdict, times) in [("done", 1), ("not-done", 2)] {
        let effect = operator.path(verdict);
        let plan = operator.write("once.yaml", &PLAN.replace("EFFECT", effect.as_str()));
        let mut running = operator.begin(&["run", &plan]);
        while !effect.exists() {
            assert!(running.works(), "it has ended: {:?}", running.ends().await);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        running.killed().await;
        let run = operator.last_run();
        for _ in 0..2 {
            operator.resumes(&[]).await.with(4).has("effect").has(&format!("houseplan settle {run} effect"));
        }
        let lines = || std::fs::read_to_string(&effect).expect("the effect").lines().count();
        assert_eq!(lines(), 1, "it is not repeated by itself");
        operator.does(&["settle", &run, "after", "--as", "done"]).await.with(2).has("houseplan::run::refused");
        operator.does(&["settle", &run, "effect", "--as", verdict]).await.with(0);
        operator.does(&["settle", &run, "effect", "--as", "done"]).await.with(2);
        operator.resumes(&[]).await.with(0);
        assert_eq!(lines(), times, "{verdict}");
        assert_eq!(operator.count("task_succeeded", "after"), 1);
    }
}
