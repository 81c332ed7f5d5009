//! Inputs: what a person gives, and what becomes of it.

use houseplan::{
    environment::resolve,
    plan::binding::{InputSources, bind},
    targets::{LocatedTarget, secret::Secrets},
    template::{InputValue, RunFacts},
};
use indexmap::IndexMap;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{Documents, printed};

const INPUTS: &str = "inputs:
  database: { type: identifier, description: The database to move. }
  path: { type: path, default: \"backups/{{ run.id }}/{{ inputs.database }}\" }
  count: { type: integer, default: 3 }
  tables: { type: list, default: [] }
  colour: { type: enum, values: [blue, green], default: blue }
  token: { type: secret }
steps: {}
";

fn run() -> RunFacts {
    RunFacts { id: "r1".to_owned(), started: "2026-11-22T14:30:00Z".to_owned() }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn everything_wrong_is_told_at_once_and_no_value_is_shown() {
    let bundle = Documents::body(INPUTS).valid();
    let given = InputSources {
        set: pairs(&[("count", "many"), ("colour", "gren"), ("token", "hunter2"), ("databse", "x"), ("path", "../x")]),
        ..InputSources::default()
    };
    insta::assert_snapshot!(printed(&bind(&bundle.plan().document.inputs, &given, &run()).unwrap_err()));
}

#[test]
fn what_counts_most_wins_and_defaults_use_other_inputs() {
    let bundle = Documents::body(INPUTS).valid();
    let file = json!({ "database": "of_file", "count": 5 });
    let given = InputSources {
        set: pairs(&[("database", "of_set"), ("tables", "a, b")]),
        file: Some(("inputs.yaml".to_owned(), file.as_object().unwrap().clone())),
        variables: pairs(&[
            ("HOUSEPLAN_INPUT_TOKEN", "hunter2"),
            ("HOUSEPLAN_INPUT_COUNT", "7"),
            ("HOUSEPLAN_INPUT_X", "1"),
        ]),
    };
    let bound = bind(&bundle.plan().document.inputs, &given, &run()).unwrap();
    let plain = |name: &str| match &bound[name] {
        InputValue::Plain(value) => value.clone(),
        InputValue::Secret(_) => panic!("{name} is secret"),
    };
    assert_eq!(plain("database"), "of_set");
    assert_eq!(plain("count"), 5);
    assert_eq!(plain("path"), "backups/r1/of_set");
    assert_eq!(plain("tables"), json!(["a", "b"]));
    assert!(matches!(&bound["token"], InputValue::Secret(secret) if secret.expose_secret() == "hunter2"));
}

/// What is said of the secrets of an environment whose relative paths are beside `directory`.
async fn said_of_secrets(targets: &str, directory: &str) -> String {
    let bundle = Documents::body("steps: {}\n").environment(targets).valid();
    let environment = bundle.environment().unwrap();
    let targets = resolve(&environment.document, environment.file, directory.into()).unwrap();
    let refs: Vec<_> = targets.values().flat_map(LocatedTarget::secrets).collect();
    printed(&bundle.report(&Secrets::read(&refs, &IndexMap::new()).await.err().unwrap()).unwrap())
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_named_where_it_is_asked_for() {
    let said = said_of_secrets(
        "targets:
  a: { kind: clickhouse, members: { r: { url: \"http://h:8123\", password: { env: HOUSEPLAN_TEST_NOT_SET } } } }
  b: { kind: clickhouse, members: { r: { url: \"http://i:8123\", password: { file: missing } } } }
",
        "/nowhere",
    );
    insta::assert_snapshot!(said.await);
}

#[tokio::test]
async fn secrets_that_no_header_can_hold_are_all_told_by_their_source_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = camino::Utf8Path::from_path(folder.path()).unwrap();
    for (name, content) in [
        ("two_ends", "hunter2\n\n"),
        ("two_lines", "hunter2\nhunter3\n"),
        ("blank", "hunter2 \n"),
        ("bell", "hunter2\u{7}"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let said = said_of_secrets(
        "targets:
  a: { kind: clickhouse, members: { r: { url: \"http://h:8123\", password: { file: two_ends } } } }
  b: { kind: clickhouse, members: { r: { url: \"http://i:8123\", password: { file: two_lines } } } }
  c: { kind: clickhouse, members: { r: { url: \"http://j:8123\", password: { file: bell } } } }
  s: { kind: s3, url: \"http://s/b\", access_key_id: { file: two_ends }, secret_access_key: { file: blank } }
",
        folder.as_str(),
    );
    let said = said.await.replace(folder.as_str(), "…");
    assert!(!said.contains("hunter"), "{said}");
    insta::assert_snapshot!(said);
}
