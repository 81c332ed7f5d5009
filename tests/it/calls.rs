//! What the command line says to a call that begins nothing.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::operator::{Operator, Said};

#[tokio::test]
async fn without_arguments_it_shows_its_help_also_where_the_state_folder_is_set() {
    let operator = Operator::alone();
    for call in [&[][..], &["sandbox"]] {
        operator.does(call).await.with(2).has("Usage: houseplan").has("Commands:");
    }
}

#[tokio::test]
async fn a_target_that_the_environment_does_not_have_is_no_mistake_of_the_plan() {
    let operator = Operator::alone();
    let said = operator.does(&["validate", "verify"]).await.with(2);
    said.has("houseplan::environment::mismatch")
        .has("plans/verify.yaml (shipped) does not fit the environment")
        .has("the environment `nowhere` has no target")
        .has_not("mistake");
}

#[tokio::test]
async fn a_run_that_is_not_here_may_have_lost_its_folder() {
    let said = Operator::alone().does(&["resume", "2026-11-22_143000-k7q2"]).await.with(2);
    said.has("houseplan::run::unknown")
        .has("`houseplan abandon 2026-11-22_143000-k7q2 --env ENVIRONMENT` releases its lock");
}

#[tokio::test]
async fn a_plan_that_is_yours_is_not_written_over() {
    let operator = Operator::alone();
    operator.does(&["plans", "copy", "verify"]).await.with(0);
    operator.does(&["plans", "copy", "verify"]).await.with(2).has("./verify.yaml exists already").has("--to DIR");
}

#[tokio::test]
async fn a_copy_works_with_the_shipped_plan_that_it_includes_and_with_a_copy_of_that() {
    let operator = Operator::alone();
    let targets = "targets:
  source: { kind: clickhouse, members: { a: { url: \"http://127.0.0.1:1\" } } }
  store: { kind: s3, url: \"http://127.0.0.1:1/bucket\" }
";
    operator.environment("environment", &[("targets: { local: { kind: local } }\n", targets)]);
    operator.does(&["plans"]).await.with(0).has("source-ready");
    operator.does(&["plans", "copy", "backup"]).await.with(0).has("It includes the shipped plan `source-ready`");
    operator.does(&["graph", "backup.yaml"]).await.with(0).has("source_ready/complete").has("source_ready/at_rest");
    operator.does(&["plans", "copy", "source-ready"]).await.with(0).has_not("It includes");
    let copy = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(operator.path(name)).expect("the copy");
        assert!(text.contains(from), "{text}");
        operator.write(name, &text.replace(from, to));
    };
    copy("source-ready.yaml", "  complete:\n", "  whole:\n");
    operator.does(&["graph", "backup.yaml"]).await.with(0).has_not("source_ready/whole");
    copy("backup.yaml", "name: source-ready", "name: ./source-ready.yaml");
    operator.does(&["graph", "backup.yaml"]).await.with(0).has("source_ready/whole");
}

/// A plan whose lint says something.
fn untidy(operator: &Operator) -> String {
    let plan = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: untidy }
targets: { one: { kind: clickhouse } }
steps:
  gone:
    sql:
      on: one
      query: DROP TABLE a.b
      effect: idempotent
";
    let environment = "apiVersion: houseplan/v1
kind: Environment
metadata: { name: here }
targets: { one: { kind: clickhouse, members: { a: { url: \"http://127.0.0.1:1\" } } } }
";
    operator.write("environment.yaml", environment);
    operator.write("untidy.yaml", plan)
}

#[tokio::test]
async fn a_warning_bears_its_code_and_is_no_mistake() {
    let operator = Operator::alone();
    let plan = untidy(&operator);
    let said = operator.does(&["validate", &plan]).await.with(0).has("houseplan::lint::warnings ⚠");
    said.has("untidy.yaml has a warning").has("[destroys_without_check]").has_not("houseplan::plan::invalid");
}

#[tokio::test]
async fn a_program_is_told_of_every_problem_in_one_object() {
    let operator = Operator::alone();
    let plan = untidy(&operator);
    let object = |said: &Said| serde_json::from_str::<serde_json::Value>(&said.stdout).expect("one object");

    let said = operator.does(&["validate", &plan, "--output", "json"]).await.with(0);
    let found = object(&said);
    assert_eq!((&found["valid"], &found["plan"]), (&true.into(), &"untidy".into()), "{found}");
    let problem = &found["problems"][0];
    assert_eq!(problem["code"], "houseplan::lint::destroys_without_check", "{found}");
    assert_eq!((&problem["line"], &problem["column"], &problem["warning"]), (&9.into(), &14.into(), &true.into()));
    assert!(problem["file"].as_str().is_some_and(|file| file.ends_with("untidy.yaml")), "{found}");
    assert!(said.stderr.is_empty(), "{said:?}");
    operator.does(&["validate", &plan, "--output", "json", "--strict"]).await.with(2).has("\"valid\":false");

    let found = object(&operator.does(&["validate", "nowhere.yaml", "--output", "json"]).await.with(2));
    assert!(
        found["valid"] == false && found["error"].as_str().is_some_and(|it| it.contains("nowhere.yaml")),
        "{found}"
    );

    let text = std::fs::read_to_string(&plan).expect("the plan").replace("query:", "querry:");
    let broken = operator.write("untidy.yaml", &text);
    let found = object(&operator.does(&["validate", &broken, "--output", "json"]).await.with(2));
    let problem = &found["problems"][1];
    assert_eq!((&found["valid"], &problem["warning"]), (&false.into(), &false.into()), "{found}");
    assert_eq!((&problem["code"], &problem["line"]), (&"houseplan::plan::invalid".into(), &9.into()), "{found}");
}

#[tokio::test]
async fn a_code_is_found_by_its_end_its_area_and_clickhouses_number() {
    let operator = Operator::alone();
    let explains = async |code: &str| operator.does(&["explain", code]).await.with(0).stdout;
    let whole = explains("houseplan::restore::table_not_empty").await;
    for other in ["restore::table_not_empty", "table_not_empty"] {
        assert_eq!(explains(other).await, whole, "{other}");
    }
    assert!(explains("appends").await.starts_with("houseplan::lint::appends\n"));
    assert!(explains("497").await.contains("houseplan::access::denied"));
    let restore = explains("restore").await;
    assert!(
        restore.lines().count() > 3 && restore.lines().all(|it| it.starts_with("houseplan::restore::")),
        "{restore}"
    );
    operator.does(&["explain", "restore::table_not_emtpy"]).await.with(2).has("did you mean");
    operator.does(&["explain", "99999"]).await.with(2).has("there is no code `99999`");
}

#[tokio::test]
async fn a_copy_may_be_called_otherwise_and_names_no_schema_that_is_not_there() {
    let operator = Operator::alone();
    operator.does(&["plans", "copy", "verify", "--as", "verify-daily"]).await.with(0).has("verify-daily.yaml is yours");
    let text = std::fs::read_to_string(operator.path("verify-daily.yaml")).expect("the copy");
    assert!(text.starts_with("# Compares a database") && text.contains("\n  name: verify-daily\n"), "{text}");
    let said = operator.does(&["validate", "verify-daily.yaml", "--output", "json"]).await;
    said.has_not("houseplan::plan::invalid");
    operator.does(&["plans", "copy", "verify", "--as", "../x"]).await.with(2).has("lowercase letters");
}

#[tokio::test]
async fn help_is_helped_with_itself() {
    let operator = Operator::alone();
    let help = operator.does(&["--help"]).await.with(0);
    assert_eq!(operator.does(&["help", "--help"]).await.with(0).stdout, help.stdout);
}

#[tokio::test]
async fn an_environment_that_is_not_there_is_no_missing_plan() {
    let said = Operator::alone().does(&["validate", "verify", "--env", "nowhere.yaml"]).await.with(2);
    said.has("houseplan::environment::unreadable")
        .has("nowhere.yaml")
        .has("HOUSEPLAN_ENV")
        .has("houseplan sandbox up")
        .has_not("shipped plan");
}

const STEPS: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: p }
steps:
";

#[tokio::test]
async fn a_template_that_fails_before_anything_is_sent_can_be_mended_as_it_says() {
    let operator = Operator::alone();
    let text = format!(
        "{STEPS}  first: {{ exec: {{ on: local, command: [echo, one], effect: read }} }}
  second:
    needs: [first]
    exec: {{ on: local, command: [echo, \"{{{{ steps.first.stdout.nothing }}}}\"], effect: read }}
"
    );
    let plan = operator.write("p.yaml", &text);
    let said = operator.does(&["run", &plan]).await.with(1).has("houseplan::template::failed");
    said.has("nothing was sent for this step").has("this expression").has("--accept-changes");
    operator.write("p.yaml", &text.replace("stdout.nothing", "stdout"));
    operator.resumes(&[]).await.with(2).has("houseplan::run::files_changed").has("second");
    operator.resumes(&["--accept-changes"]).await.with(0);
    assert_eq!((operator.count("task_started", "first"), operator.count("task_started", "second")), (1, 1));
}

#[tokio::test]
async fn a_step_that_has_sent_nothing_is_not_changed_into_other_tasks() {
    let operator = Operator::alone();
    let text = format!(
        "{STEPS}  each:
    for_each: \"['a', 'b']\"
    exec: {{ on: local, command: [echo, \"{{{{ item.nothing }}}}\"], effect: read }}
"
    );
    let plan = operator.write("p.yaml", &text);
    operator.does(&["run", &plan]).await.with(1).has("houseplan::template::failed");
    operator.write("p.yaml", &text.replace("'b'", "'c'").replace("item.nothing", "item"));
    operator.resumes(&[]).await.with(2).has("houseplan::run::changes_refused").has("each");
    operator.resumes(&["--accept-changes"]).await.with(2).has("houseplan::run::steps_changed");
    operator.write("p.yaml", &text.replace("item.nothing", "item"));
    operator.resumes(&["--accept-changes"]).await.with(0);
}

#[tokio::test]
async fn a_template_that_fails_after_its_step_has_started_offers_no_change() {
    let operator = Operator::alone();
    let text = format!(
        "{STEPS}  first:
    exec: {{ on: local, command: [echo, one], effect: read }}
    outputs: {{ word: result.stdout.nothing }}
"
    );
    let plan = operator.write("p.yaml", &text);
    let said = operator.does(&["run", &plan]).await.with(1).has("houseplan::template::failed_after_start");
    let said = said
        .has("this step has started")
        .has("this expression")
        .has_not("nothing was sent")
        .has_not("--accept-changes");
    said.has("if the plan is right, go on").has("a fixed plan needs a new one").has_not("fix it, then go on");
}

#[tokio::test]
async fn the_second_interruption_leaves_at_once_and_says_how_to_go_on() {
    let operator = Operator::alone();
    let text = format!("{STEPS}  waits: {{ exec: {{ on: local, command: [sleep, \"6\"], effect: read }} }}\n");
    let plan = operator.write("p.yaml", &text);
    let running = operator.begin(&["run", &plan]);
    operator.sees("task_started", "waits").await;
    let pid = Pid::from_raw(running.pid()).expect("a process");
    kill_process(pid, Signal::INT).expect("a signal");
    let begun = Instant::now();
    while !operator.events().iter().any(|event| event["event"] == "interrupt_requested") {
        assert!(begun.elapsed() < Duration::from_secs(30), "the first was not heard");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said = running.told_to_end(Signal::INT).await.with(130);
    let run = operator.last_run();
    said.has("again to leave at once")
        .has(&format!("run {run} was left at once after an interruption (SIGINT)"))
        .has(&format!("houseplan resume {run}"));
    operator.does(&["status"]).await.with(0).has("interrupted");
}
