//! Processes: what they print, how they fail, and what is left of them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use houseplan::{
    action::{Attempt, exec::ExecTask},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskRun},
    },
    failure::Failure,
    name::{StepId, TaskId},
    plan::actions::Effect,
};
use indexmap::IndexMap;
use serde_json::json;

use crate::support::stage::Ears;

fn exec(command: &[&str]) -> ExecTask {
    ExecTask {
        begun_on: None,
        attempt: Attempt {
            run: format!("run-{}", uuid::Uuid::new_v4().simple()),
            task: TaskId::new(&StepId::new("exec"), None, None),
            number: 1,
            stalled_after: None,
        },
        command: command.iter().map(|part| (*part).to_owned()).collect(),
        env: IndexMap::new(),
        directory: None,
        effect: Effect::Once,
        withheld: Vec::new(),
        is_read: Arc::new(|| false),
        secrets: vec!["topsecret".into()],
        redact: Arc::new(|line: &str| line.replace("topsecret", "[HIDDEN]")),
    }
}

async fn fails(mut task: ExecTask) -> Failure {
    // What must happen once is in doubt instead.
    task.effect = Effect::Idempotent;
    match Box::new(task).perform(Ears::open().task_context).await {
        Answer::Failed(failure) => failure,
        answer => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn lines_are_shown_as_they_come_without_secrets() {
    let ears = Ears::open();
    let mut task = exec(&["sh", "-c", "echo \"$PASSWORD\"; echo oops >&2; pwd; echo $HOUSEPLAN_TASK"]);
    task.env = IndexMap::from([("PASSWORD".to_owned(), "topsecret".to_owned())]);
    task.directory = Some("/".into());
    let mark = task.attempt.operation_id();
    let answer = Box::new(task).perform(ears.task_context.clone()).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    assert_eq!(output, json!({ "stdout": format!("[HIDDEN]\n/\n{mark}"), "code": 0 }));
    let lines: Vec<String> = ears.progress().into_iter().filter_map(|progress| progress.line).collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.contains(&"oops".to_owned()) && !lines.iter().any(|line| line.contains("topsecret")), "{lines:?}");
    assert!(ears.notes().is_empty(), "a note would cost every step a sync");
}

#[tokio::test]
async fn what_fails_says_why() {
    let failure = fails(exec(&["sh", "-c", "echo out; echo 'no such thing' >&2; exit 3"])).await;
    assert_eq!(failure.code, "houseplan::exec::failed");
    assert!(failure.message.contains("ended with code 3"), "{failure:?}");
    assert!(failure.cause.expect("a cause").contains("no such thing"));

    let failure = fails(exec(&["sh", "-c", "kill -9 $$"])).await;
    assert!(failure.message.contains("signal"), "{failure:?}");

    let failure = fails(exec(&["no-such-program-anywhere"])).await;
    assert_eq!(failure.code, "houseplan::exec::not_found");

    let mut task = exec(&["true"]);
    task.directory = Some("/no/such/folder".into());
    assert!(fails(task).await.message.contains("/no/such/folder"));

    let failure = fails(exec(&["echo", "--password=topsecret"])).await;
    assert_eq!(failure.code, "houseplan::exec::secret_in_arguments");
    assert!(!format!("{failure:?}").contains("topsecret"));

    let failure = fails(exec(&["sh", "-c", "echo 'Dirty database version 7. Fix and force version.'; exit 1"])).await;
    assert!(failure.code.starts_with("houseplan::migration::"), "{failure:?}");
}

#[tokio::test]
async fn what_holds_the_pipes_open_is_not_waited_for() {
    let begun = Instant::now();
    let answer = Box::new(exec(&["sh", "-c", "sleep 30 & echo started"])).perform(Ears::open().task_context).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    assert_eq!(output["stdout"], "started");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_process_that_was_let_go_is_waited_for_and_then_judged_by_its_effect() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    for effect in [Effect::Once, Effect::Idempotent] {
        let command = ["sh", "-c", "sleep 1; echo done > \"$0\"", &path];
        let make = |attempt: &Attempt| {
            let mut task = exec(&command);
            (task.attempt, task.effect) = (attempt.clone(), effect);
            Box::new(task)
        };
        let attempt = exec(&command).attempt;
        // As the scheduler does when its time is up: the future is dropped.
        let dropped =
            tokio::time::timeout(Duration::from_millis(300), make(&attempt).perform(Ears::open().task_context)).await;
        assert!(dropped.is_err(), "it still runs");
        let settlement = make(&attempt).settle(Ears::open().task_context, vec![]).await;
        assert_eq!(std::fs::read_to_string(&path).expect("a text"), "done\n", "it went on, and was waited for");
        std::fs::write(&path, "").expect("emptied");
        match effect {
            Effect::Once => assert!(matches!(settlement, Settlement::Unsettled(_)), "{settlement:?}"),
            _ => assert!(matches!(settlement, Settlement::Settled(Verdict::NotDone)), "{settlement:?}"),
        }
    }
}

#[tokio::test]
async fn what_was_cut_or_redacted_is_not_given_to_a_step_that_reads_it() {
    let long = "yes | head -c 100000";
    for (script, code) in [(long, "exec::output_cut"), ("echo $PASSWORD", "task::secret_in_output")] {
        let answer = |effect, read| {
            let mut task = exec(&["sh", "-c", script]);
            task.env = IndexMap::from([("PASSWORD".to_owned(), "topsecret".to_owned())]);
            (task.effect, task.is_read) = (effect, Arc::new(move || read));
            Box::new(task).perform(Ears::open().task_context)
        };
        match answer(Effect::Idempotent, true).await {
            Answer::Failed(failure) => assert_eq!(failure.code, format!("houseplan::{code}")),
            other => panic!("{other:?}"),
        }
        assert!(matches!(answer(Effect::Once, true).await, Answer::Unknown(_)), "it has done its work");
        let Answer::Acted(output) = answer(Effect::Once, false).await else { panic!("nobody reads it") };
        let printed = output["stdout"].as_str().expect("a text");
        assert!(
            printed.starts_with(if script == long { "[not all that was printed" } else { "[HIDDEN]" }),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn variables_that_hold_secrets_are_not_handed_on() {
    for (given, expected) in [(None, "gone"), (Some("anew"), "anew")] {
        let mut task = exec(&["sh", "-c", "echo ${PATH:-gone}"]);
        task.command[0] = "/bin/sh".to_owned();
        task.withheld = vec!["PATH".to_owned()];
        task.env.extend(given.map(|value| ("PATH".to_owned(), value.to_owned())));
        let Answer::Acted(output) = Box::new(task).perform(Ears::open().task_context).await else {
            panic!("it ends well")
        };
        // A shell has a PATH of its own where it is given none.
        let printed = output["stdout"].as_str().expect("a text");
        match expected {
            "gone" => assert_ne!(printed, std::env::var("PATH").expect("a PATH")),
            expected => assert_eq!(printed, expected),
        }
    }
}
