//! What a command runs is part of what was reviewed: its bytes count, before a run and in the middle of it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use crate::support::operator::Operator;

const PLAN: &str = r#"apiVersion: houseplan/v1
kind: Plan
metadata: { name: scripted, version: 1.0.0, summary: "Runs two scripts." }
targets: { local: { kind: local } }
steps:
  first: { exec: { on: local, command: [sh, -e, first.sh], effect: idempotent } }
  second: { needs: [first], exec: { on: local, command: [./second.sh], directory: scripts, effect: idempotent } }
  third: { needs: [second], exec: { on: local, command: [sh, "{{ steps.first.stdout }}"], effect: idempotent } }
finally:
  tidy: { exec: { on: local, command: [sh, tidy.sh], effect: idempotent } }
"#;

struct Desk {
    operator: Operator,
    plan: String,
}

impl Desk {
    fn new() -> Self {
        let operator = Operator::alone();
        let plan = operator.write("scripted.yaml", PLAN);
        let desk = Self { operator, plan };
        desk.script("first.sh", "echo third.sh");
        desk.script("third.sh", "true");
        desk.script("tidy.sh", "true");
        desk
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.operator.write(name, &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a program");
    }

    async fn rendered(&self) -> String {
        self.operator.does(&["render", &self.plan]).await.with(0).stdout
    }

    async fn digest(&self) -> String {
        let rendered = self.rendered().await;
        let digest = rendered.lines().find_map(|line| line.strip_prefix("digest "));
        digest.expect("a digest").to_owned()
    }
}

#[tokio::test]
async fn one_byte_of_a_script_is_another_digest() {
    let desk = Desk::new();
    let absent = desk.digest().await;
    assert!(desk.rendered().await.contains("not in the digest: scripts/second.sh, which is not there"));
    desk.script("scripts/second.sh", "exit 3");
    let reviewed = desk.digest().await;
    assert_ne!(reviewed, absent);
    let rendered = desk.rendered().await;
    for line in [
        "in the digest: first.sh, sha256 ",
        "in the digest: scripts/second.sh, sha256 ",
        "not in the digest: a file that is known only during the run: {{ steps.first.stdout }}",
    ] {
        assert!(rendered.contains(line), "{rendered}");
    }
    desk.script("scripts/second.sh", "exit 4");
    assert_ne!(desk.digest().await, reviewed);
    desk.script("scripts/second.sh", "exit 3");
    desk.script("first.sh", "echo third.sh;");
    assert_ne!(desk.digest().await, reviewed);

    let run = ["run", &desk.plan, "--digest", &reviewed];
    desk.operator.does(&run).await.with(2).has("houseplan::run::digest_mismatch");
    assert!(desk.operator.all_runs().is_empty());
    desk.script("first.sh", "echo third.sh");
    desk.operator.does(&run).await.with(1).has("`second` failed");
}

#[tokio::test]
async fn a_resume_tells_of_a_script_that_is_another() {
    let desk = Desk::new();
    let operator = &desk.operator;
    desk.script("scripts/second.sh", "exit 3");
    operator.does(&["run", &desk.plan]).await.with(1).has("ended with code 3");

    // What is done and what nothing names before the run may change.
    desk.script("first.sh", "false");
    desk.script("third.sh", "echo hello");
    operator.resumes(&[]).await.with(1).has("ended with code 3");

    desk.script("scripts/second.sh", "exit 4");
    let told = "local: scripts/second.sh: changed since then";
    operator.resumes(&[]).await.with(2).has("houseplan::run::scripts_changed").has(told);
    operator.resumes(&["--as-begun"]).await.with(2).has(told);
    assert_eq!(operator.count("task_started", "second"), 2);
    // It is how a step that has failed is mended. What was accepted is not told again.
    operator.resumes(&["--accept-changes"]).await.with(1).has(told).has("ended with code 4");
    operator.resumes(&[]).await.with(1).has("ended with code 4");
    std::fs::remove_file(operator.path("scripts/second.sh")).expect("it was there");
    operator.resumes(&[]).await.with(2).has("local: scripts/second.sh: no longer there");
    desk.script("scripts/second.sh", "true");
    operator.resumes(&["--accept-changes"]).await.with(0);
    assert_eq!(operator.count("task_started", "first"), 1);
}

/// A script is mended, and the plan has meanwhile become one that this run cannot go on with.
#[tokio::test]
async fn one_is_taken_beside_the_plan_as_it_began() {
    let desk = Desk::new();
    let operator = &desk.operator;
    desk.script("scripts/second.sh", "exit 3");
    operator.does(&["run", &desk.plan]).await.with(1).has("ended with code 3");

    desk.script("scripts/second.sh", "true");
    operator.write("scripted.yaml", &PLAN.replace("sh, -e, first.sh", "sh, first.sh"));
    let both = format!("`houseplan resume {} --as-begun --accept-changes`", operator.last_run());
    operator.resumes(&[]).await.with(2).has("houseplan::run::changes_refused").has(&both);
    operator.resumes(&["--as-begun"]).await.with(2).has("houseplan::run::scripts_changed").has(&both);
    operator.resumes(&["--accept-changes"]).await.with(2).has("houseplan::run::steps_changed").has(&both);
    operator.write("scripted.yaml", "not a plan");
    operator.resumes(&["--accept-changes"]).await.with(2).has("now have mistakes").has(&both);
    let said = operator.resumes(&["--as-begun", "--accept-changes"]).await.with(0);
    said.has("accepted:").has("local: scripts/second.sh: changed since then").has_not("scripted.yaml");
    let events = operator.events();
    let accepted = events.iter().find(|it| it["event"] == "changes_accepted").expect("it is on record");
    assert!(accepted["files"].to_string().contains("second.sh"), "{accepted}");
    assert_eq!((&accepted["steps"], operator.count("task_started", "first")), (&serde_json::json!([]), 1));
}

#[tokio::test]
async fn what_is_given_up_takes_them_as_they_are_and_says_so() {
    let desk = Desk::new();
    let operator = &desk.operator;
    desk.script("scripts/second.sh", "exit 3");
    operator.does(&["run", &desk.plan]).await.with(1);
    desk.script("scripts/second.sh", "exit 4");
    desk.script("tidy.sh", "echo tidied");
    let run = operator.last_run();
    let said = operator.does(&["abandon", &run]).await.with(0);
    let said = said.has("accepted:").has("local: tidy.sh: changed since then");
    assert!(!said.stderr.contains("second.sh: not"), "{}", said.stderr);
    assert_eq!(operator.count("step_succeeded", "tidy"), 1);
}
