//! Good documents: what they are expanded into.

use houseplan::{
    bundle::{Bundle, Role, expand},
    document::Limits,
    graph::Format,
    plan::{
        binding::InputSources,
        expanded::{Action, ExpandedPlan},
    },
    render::drawing,
    run,
};

use super::Documents;

/// One line a step: what it is, and what it needs.
fn lines(plan: &ExpandedPlan) -> String {
    plan.steps
        .iter()
        .map(|step| {
            let needs: Vec<&str> = step.needs.iter().map(|need| plan.steps[*need].id.as_str()).collect();
            let marks =
                [(step.finally, " finally"), (step.irreversible, " irreversible"), (step.when.is_some(), " when")];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            let timeout = step.timeout.map(|timeout| format!(" {timeout:?}")).unwrap_or_default();
            format!(
                "{} · {}{marks}{timeout} · scope {} ← {}\n",
                step.id,
                step.action.word(),
                step.scope,
                needs.join(", ")
            )
        })
        .collect()
}

const ENVIRONMENT: &str = "targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\" } } }
  store: { kind: s3, url: \"http://h/b\" }
procedures:
  migrate:
    steps:
      down: { needs: [up], exec: { on: local, command: [down] } }
      up: { exec: { on: local, command: [up] } }
";

/// Two servers, of which the source could be either.
const BOTH: &str = "targets:
  source: { kind: clickhouse, members: { a: { url: \"http://h:8123\" } } }
  primary: { kind: clickhouse, members: { b: { url: \"http://i:8123\" } } }
  store: { kind: s3, url: \"http://h/b\" }
procedures: { migrate: { steps: {} } }
";

fn documents() -> Documents {
    Documents::body(
        "targets: { source: { kind: clickhouse }, store: { kind: s3 } }
procedures: [migrate]
steps:
  last: { needs: [migrate, part], sql: { on: source, query: SELECT 1 } }
  first: { sql: { on: source, query: SELECT 1 } }
  migrate:
    needs: [first]
    when: steps.first.rows
    irreversible: true
    timeout: 5m
    procedure: migrate
  part:
    needs: [first]
    plan: { name: ./part.yaml, with: { n: 1 }, targets: { server: source } }
finally:
  tidy: { sql: { on: source, query: SELECT 1 } }
",
    )
    .with(
        Role::Included,
        "plans/part.yaml",
        "apiVersion: houseplan/v1
kind: Plan
metadata: { name: part }
inputs: { n: { type: integer } }
targets: { server: { kind: clickhouse }, store: { kind: s3 } }
steps:
  found: { inspect: { on: store, backup: x } }
  restore:
    needs: [found]
    restore: { on: server, from: x, store: store, database: d, into: absent }
finally:
  after: { sql: { on: server, query: SELECT 1 } }
",
    )
}

#[test]
fn inclusions_become_gates_and_steps() {
    let bundle = documents().environment(ENVIRONMENT).valid();
    let plan = expand(&bundle).unwrap();
    insta::assert_snapshot!(lines(&plan));
    let part = &plan.scopes[plan.steps.iter().find(|step| step.id.as_str() == "part/found").unwrap().scope];
    assert_eq!(part.targets["server"].as_str(), "source");
    for (index, step) in plan.steps.iter().enumerate() {
        assert!(step.needs.iter().all(|need| *need < index));
        if let Action::IncludeEnd(start) = step.action {
            assert_eq!(plan.steps[start].id, step.id.join("begin"));
        }
    }
}

#[test]
fn a_target_that_is_called_otherwise_is_so_in_every_scope() {
    let environment = ENVIRONMENT.replace("source:", "primary:");
    let named = documents().called("source", "primary").environment(&environment).valid();
    let plan = expand(&named).unwrap();
    assert!(plan.targets.contains_key("primary") && !plan.targets.contains_key("source"));
    let of = |step: &str| &plan.scopes[plan.steps.iter().find(|it| it.id.as_str() == step).unwrap().scope].targets;
    assert_eq!(of("part/found")["server"].as_str(), "primary");
    assert_eq!(of("last")["source"].as_str(), "primary");
    // What it is called counts in the digest.
    let digest = |bundle| run::Documents::new(bundle).unwrap().render(&InputSources::default()).unwrap().digest;
    let both = |name| documents().called("source", name).environment(BOTH).valid();
    assert_ne!(digest(both("source")), digest(both("primary")));
}

#[test]
fn without_an_environment_a_procedure_is_its_gates() {
    let plan = expand(&documents().valid()).unwrap();
    insta::assert_snapshot!(lines(&plan));
}

#[test]
fn a_graph_is_drawn() {
    let plan = expand(&documents().valid()).unwrap();
    insta::assert_snapshot!([drawing(&plan, Format::Mermaid), drawing(&plan, Format::Dot)].concat());
}

#[test]
fn a_bundle_is_the_same_from_its_saved_copies() {
    let bundle = documents().environment(ENVIRONMENT).valid();
    let again = Bundle::from_saved(bundle.saved(), bundle.target_names(), &Limits::default()).unwrap();
    assert_eq!(bundle.saved(), again.saved());
    assert_eq!(lines(&expand(&bundle).unwrap()), lines(&expand(&again).unwrap()));
}
