//! A process whose end nobody has seen, and that must not run twice: a person says what became of it.

use crate::support::operator::{Operator, Running};

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
            operator
                .resumes(&[])
                .await
                .with(4)
                .has("effect")
                .has(&format!("houseplan settle {run} effect --attempt 1"));
        }
        let lines = || std::fs::read_to_string(&effect).expect("the effect").lines().count();
        assert_eq!(lines(), 1, "it is not repeated by itself");
        operator.does(&["settle", &run, "after", "--as", "done"]).await.with(2).has("houseplan::task::unknown");
        operator.does(&["settle", &run, "effect", "--attempt", "2", "--as", verdict]).await.with(2).has("at attempt 1");
        operator.does(&["settle", &run, "effect", "--as", verdict]).await.with(0);
        operator.does(&["settle", &run, "effect", "--as", "done"]).await.with(2);
        operator.resumes(&[]).await.with(0);
        assert_eq!(lines(), times, "{verdict}");
        assert_eq!(operator.count("task_succeeded", "after"), 1);
    }
}

/// What somebody has seen of the first attempt says nothing of the second.
#[tokio::test]
async fn a_word_is_for_the_attempt_that_was_looked_at() {
    let operator = Operator::alone();
    let effect = operator.path("effect");
    let plan = operator.write("once.yaml", &PLAN.replace("EFFECT", effect.as_str()));
    let killed_in_attempt = async |mut running: Running, attempt: usize| {
        while std::fs::read_to_string(&effect).is_ok_and(|lines| lines.lines().count() < attempt) || !effect.exists() {
            assert!(running.works(), "it has ended: {:?}", running.ends().await);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        running.killed().await;
        operator.resumes(&[]).await.with(4).has(&format!("effect --attempt {attempt} --as done"));
    };
    killed_in_attempt(operator.begin(&["run", &plan]), 1).await;
    let run = operator.last_run();
    operator.does(&["settle", &run, "effect", "--attempt", "1", "--as", "not-done"]).await.with(0);
    killed_in_attempt(operator.begin(&["resume", &run]), 2).await;

    let late = ["settle", &run, "effect", "--as", "done"];
    operator.does(&late).await.with(2).has("at attempt 2").has("`--attempt 2`");
    operator.does(&[&late[..], &["--attempt", "1"]].concat()).await.with(2).has("is at attempt 2; the command gives 1");
    assert_eq!(operator.count("task_settled", "effect"), 1);
    operator.does(&[&late[..], &["--attempt", "2"]].concat()).await.with(0);
    operator.resumes(&[]).await.with(0);
}

/// A clean-up that cannot succeed any more would keep the run, and its claim, for ever.
#[tokio::test]
async fn what_failed_in_finally_a_person_may_do_by_hand() {
    let operator = Operator::alone();
    let plan = operator.write(
        "tidy.yaml",
        "apiVersion: houseplan/v1
kind: Plan
metadata: { name: tidy }
steps:
  work: { exec: { on: local, command: [\"true\"] } }
finally:
  writers: { exec: { on: local, command: [\"false\"], effect: idempotent } }
  after: { needs: [writers], exec: { on: local, command: [\"true\"] } }
",
    );
    let said = operator.does(&["run", &plan]).await;
    let run = operator.last_run();
    let by_hand = format!("houseplan settle {run} writers --attempt 1 --as done");
    said.with(1).has("once you have done it by hand").has(&by_hand);
    operator.resumes(&[]).await.with(1).has("writers --attempt 2 --as done");
    operator.does(&["settle", &run, "work", "--as", "done"]).await.with(2).has("is not in doubt");
    operator.does(&["settle", &run, "writers", "--attempt", "2", "--as", "not-done"]).await.with(2);
    operator.does(&["settle", &run, "writers", "--attempt", "2", "--as", "done"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    assert_eq!(operator.count("task_succeeded", "after"), 1);
}
