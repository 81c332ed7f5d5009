//! Inputs: what a person gives, and what becomes of it.

use houseplan::{
    environment::{SecretReader, resolve},
    plan::binding::{Given, bind},
    template::{InputValue, RunFacts},
};
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
    let given = Given {
        set: pairs(&[("count", "many"), ("colour", "gren"), ("token", "hunter2"), ("databse", "x"), ("path", "../x")]),
        ..Given::default()
    };
    insta::assert_snapshot!(printed(&bind(&bundle.plan().document.inputs, &given, &run()).unwrap_err()));
}

#[test]
fn what_counts_most_wins_and_defaults_use_other_inputs() {
    let bundle = Documents::body(INPUTS).valid();
    let file = json!({ "database": "of_file", "count": 5 });
    let given = Given {
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

#[test]
fn a_secret_that_is_not_there_is_named_where_it_is_asked_for() {
    let bundle = Documents::body("steps: {}\n")
        .environment(
            "targets:
  a: { kind: clickhouse, members: { r: { url: \"http://h:8123\", password: { env: HOUSEPLAN_TEST_NOT_SET } } } }
  b: { kind: clickhouse, members: { r: { url: \"http://i:8123\", password: { file: missing } } } }
",
        )
        .valid();
    let environment = bundle.environment().unwrap();
    let reader = SecretReader::From { directory: "/nowhere".into() };
    let problems = resolve(&environment.document, environment.file, &reader).unwrap_err();
    insta::assert_snapshot!(printed(&bundle.report(&problems).unwrap()));
}
