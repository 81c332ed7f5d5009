//! What is written where, for people, for scripts and for files.

use serde_json::Value;

use crate::support::operator::Operator;

const PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: words }
steps:
  speak: { exec: { on: local, command: [echo, hello] } }
  after: { needs: [speak], exec: { on: local, command: [\"true\"] } }
";

#[tokio::test]
async fn machines_get_the_journal_and_people_plain_lines() {
    let operator = Operator::alone();
    let plan = operator.write("words.yaml", PLAN);

    let said = operator.does(&["run", &plan, "--output", "json"]).await.with(0);
    let lines: Vec<Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let told: Vec<&Value> = lines.iter().filter(|line| line.get("n").is_some()).collect();
    let kept = operator.events();
    // A view joins when the run is on record already; from there on nothing is missing.
    let first = told[0]["n"].as_u64().expect("a number");
    let expected: Vec<&Value> = kept.iter().filter(|record| record["n"].as_u64() >= Some(first)).collect();
    assert!(told.len() > 10 && told.len() == expected.len(), "{} of {}", told.len(), expected.len());
    for (told, kept) in told.iter().zip(expected) {
        let mut kept = kept.clone();
        kept.as_object_mut().expect("an object").shift_remove("crc");
        assert_eq!(**told, kept);
    }
    assert_eq!(told[0]["n"], 1, "the whole journal is told");
    assert!(lines.iter().any(|line| line["event"] == "progress" && line["line"] == "hello"), "what a process prints");

    let said = operator.does(&["run", &plan]).await.with(0).has("✓ speak").has("speak hello").has("words succeeded");
    assert!(!said.stderr.contains('\u{1b}') && !said.stdout.contains('\u{1b}') && !said.stderr.contains('\r'));
    assert!(
        said.stdout.contains("succeeded") && !said.stderr.contains("words succeeded"),
        "results on stdout, the rest on stderr"
    );

    let said = operator.does(&["run", &plan, "--quiet"]).await.with(0);
    assert_eq!(said.stderr, "");
    for command in [&["status"][..], &["status", &operator.last_run()]] {
        let said = operator.does(&[command, &["--output", "json"]].concat()).await.with(0);
        for line in said.stdout.lines() {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{command:?}: {line}: {error}"));
        }
        assert!(!said.stdout.is_empty(), "{command:?}");
    }
}
