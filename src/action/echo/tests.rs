//! An action that was added as ARCHITECTURE.md says is validated, walked over, reviewed, digested and made.

use std::{collections::HashMap, sync::Arc};

use secrecy::SecretString;
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;

use crate::{
    action::{
        Attempt,
        context::{EvalContext, RunContext},
        registry::{acting, task},
    },
    bundle::{Bundle, Role, SavedFile, TargetNames, expand},
    document::Limits,
    engine::performer::{Answer, NoteSender, TaskContext},
    plan::{
        actions::{Action, ActionKind},
        binding::{InputSources, bind_scopes},
        describe::Files,
        expanded::ExpandedPlan,
    },
    redact::Redactor,
    render::render,
    targets::Connections,
    template::{InputValues, RunFacts},
};

fn load(steps: &str) -> Result<ExpandedPlan, String> {
    let plan = format!(
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: small }}\n\
         inputs: {{ who: {{ type: string, default: Ada }} }}\nsteps:\n{steps}"
    );
    let saved = vec![SavedFile { role: Role::Plan, origin: "small.yaml".to_owned(), text: plan }];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::default());
    let bundle = bundle.map_err(|error| format!("{:?}", miette::Report::new(error)))?;
    expand(&bundle).map_err(|problem| problem.message)
}

const HELLO: &str = r#"  a: { echo: { on: local, say: "Hello {{ inputs.who }}" } }"#;

#[test]
fn its_rules_its_templates_its_targets_and_its_outputs_are_checked() {
    let wrong = |steps: &str, said: &str| {
        let found = load(steps).expect_err(steps);
        assert!(found.contains(said), "`{said}` is not in {found}");
    };
    wrong(r#"  a: { echo: { on: local, say: "" } }"#, "nothing is said");
    wrong(r#"  a: { echo: { on: local, say: "{{ inputs.whom }}" } }"#, "no input `whom`");
    wrong(r#"  a: { echo: { on: lokal, say: a } }"#, "no target `lokal`");
    wrong(r#"  a: { echo: { on: local, say: a, loud: true } }"#, "unknown key");
    let later = "\n  b: { needs: [a], when: \"steps.a.told == 'x'\", echo: { on: local, say: a } }";
    wrong(&format!("{HELLO}{later}"), "`a` gives no `told`");
    load(&format!("{HELLO}{}", later.replace("told", "said"))).unwrap();
}

#[test]
fn it_is_known_by_its_key_and_its_target_is_used() {
    let plan = load(HELLO).unwrap();
    let step = &plan.steps[0];
    assert!(matches!(step.action, Action::Echo(_)) && step.action.kind() == ActionKind::Echo);
    assert_eq!(step.action.word(), "echo");
    let targets: Vec<&str> = step.targets().into_iter().map(|(_, target)| target.name.as_str()).collect();
    assert_eq!(targets, ["local"]);
    assert!(!step.action.changes() && !step.destroys());
}

#[test]
fn it_is_reviewed_and_counts_in_the_digest() {
    let rendered = |steps: &str| render(&load(steps).unwrap(), &InputValues::new(), None, &Files::new());
    let hello = rendered(HELLO);
    assert!(hello.text().contains("a · echo · read\n    on local\n      say Hello Ada\n"), "{}", hello.text());
    assert_ne!(hello.digest, rendered(&HELLO.replace("Hello", "Goodbye")).digest);
}

#[tokio::test]
async fn it_acts() {
    let plan = Arc::new(load(HELLO).unwrap());
    let run = RunFacts { id: "r".to_owned(), started: String::new() };
    let context = RunContext {
        inputs: bind_scopes(&plan, &InputSources::default(), &run).unwrap(),
        plan: Arc::clone(&plan),
        run,
        connections: Arc::new(Connections::default()),
        directory: ".".into(),
        redactor: Arc::new(Redactor::new(std::iter::empty::<&SecretString>())),
        secrets: Vec::new(),
        secret_variables: Vec::new(),
        without: Vec::new(),
        elsewhere: HashMap::new(),
    };
    let nothing = |_: &str| None;
    let at = EvalContext { context: &context, step: &plan.steps[0], steps: &nothing, member: None, item: None };
    let seeds = acting(&at.step.action).unwrap().tasks(at, None).unwrap();
    assert_eq!(seeds.len(), 1);
    let attempt = Attempt { run: "r".to_owned(), task: seeds[0].id.clone(), number: 1, stalled_after: None };
    let task_context = TaskContext {
        progress: Arc::new(|_| {}),
        notes: NoteSender(unbounded_channel().0),
        interrupted: Default::default(),
    };
    let answer = task(at, &seeds[0], attempt).unwrap().perform(task_context).await;
    assert!(matches!(&answer, Answer::Acted(output) if *output == json!({ "said": "Hello Ada" })), "{answer:?}");
}
