//! A command in a pod as a step of a plan.

use std::time::Duration;

use crate::{
    operator::Operator,
    support::{bed::Bed, command::wait_until, namespace::Namespace},
};

fn operator(namespace: &Namespace<'_>) -> Operator {
    let kubeconfig = namespace.bed.kubeconfig();
    let targets = format!("{{ kind: kubernetes, kubeconfig: \"{kubeconfig}\", namespace: {} }}", namespace.name);
    namespace.bed.operator(&format!(
        "apiVersion: houseplan/v1\nkind: Environment\nmetadata: {{ name: pods }}\ntargets:\n  kubernetes: {targets}\n"
    ))
}

/// A plan of these steps.
fn plan(operator: &Operator, steps: &str) -> String {
    let head = "apiVersion: houseplan/v1\nkind: Plan\nmetadata: { name: commands }\ntargets: { kubernetes: { kind: kubernetes } }\n";
    // A secret is not kept, so who goes on with a run would have to give it again.
    let inputs = match steps.contains("inputs.") {
        true => "inputs: { word: { type: secret }, plain: { type: string, default: none } }\n",
        false => "",
    };
    operator.write("commands.yaml", &format!("{head}{inputs}steps:\n{steps}"))
}

fn log(namespace: &Namespace<'_>) -> String {
    namespace.try_kubectl(&["exec", "lives", "--", "cat", "/tmp/log"]).stdout
}

#[tokio::test]
async fn what_it_prints_is_given_and_no_secret_of_it_is_shown() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let operator = operator(&namespace);
    let steps = r#"  says:
    pod_exec:
      on: kubernetes
      pod: { selector: "app=lives", container: main }
      command: [sh, -c, "echo hidden $WORD; tr '\\0' '\\n' </proc/$$/cmdline | grep -c \"$WORD\"; echo $HOUSEPLAN_TASK >&2"]
      env: { WORD: "{{ inputs.word }}" }
      effect: read
  reads:
    pod_exec:
      on: kubernetes
      pod: { name: lives }
      command: [sh, -c, "echo \"$1\" >> /tmp/log", sh, "it's {{ inputs.plain }};"]
      effect: idempotent
"#;
    let plan = plan(&operator, steps);
    let inputs = operator.write("inputs.yaml", "word: unutterable\nplain: a b\n");
    operator
        .does(&["render", &plan, "--inputs", &inputs])
        .await
        .with(0)
        .has("kubernetes, pod [app=lives], container main")
        .has("kubernetes, pod lives");
    operator.does(&["run", &plan, "--inputs", &inputs]).await.with(0).has_not("unutterable");
    let journal = std::fs::read_to_string(operator.journal_file(&operator.last_run())).expect("the journal");
    assert!(!journal.contains("unutterable"), "{journal}");
    assert!(journal.contains(r"\n0"), "the secret is in no argument: {journal}");
    assert_eq!(log(&namespace), "it's a b;\n");
}

#[tokio::test]
async fn what_was_not_started_was_not_sent_and_is_told_by_its_cause() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let operator = operator(&namespace);
    let stops = async |pod: &str, command: &str, said: &str| {
        let steps = format!("  a: {{ pod_exec: {{ on: kubernetes, pod: {pod}, command: {command} }} }}\n");
        let plan = plan(&operator, &steps);
        let inputs = operator.write("inputs.yaml", "word: unutterable\n");
        let given = if command.contains("inputs.") { vec!["--inputs", &inputs] } else { Vec::new() };
        operator.does(&[["run", plan.as_str()].as_slice(), &given].concat()).await.with(1).has(said).has_not("settle");
        // The last one is left as it is: who abandons it would have to give its secret again.
        if given.is_empty() {
            operator.does(&["abandon", &operator.last_run()]).await.with(0);
        }
    };
    stops("{ name: none }", r#"["true"]"#, "there is no pod `none`").await;
    stops("{ selector: app=none }", r#"["true"]"#, "has the labels `app=none`").await;
    stops("{ name: lives, container: other }", r#"["true"]"#, "has no container `other`; it has `main`").await;
    stops("{ name: lives }", "[no-such-program]", "the container has no such program").await;
    stops("{ name: lives }", r#"[echo, "{{ inputs.word }}"]"#, "is a secret").await;
    let plan = plan(&operator, "  a: { pod_exec: { on: kubernetes, pod: {}, command: [\"true\"], env: { 1x: a } } }\n");
    let refused = operator.does(&["render", &plan]).await;
    refused.has("`name` or `selector`").has("no name of a variable");
}

/// Kills houseplan while the command runs, and goes on.
async fn killed_meanwhile(effect: &str) -> (String, crate::operator::Said) {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.pod("lives", "sleep infinity");
    let operator = operator(&namespace);
    let steps = format!(
        "  slow:\n    pod_exec:\n      on: kubernetes\n      pod: {{ name: lives }}\n      effect: {effect}\n      \
         command: [sh, -c, \"echo in >> /tmp/log; sleep 6; echo out >> /tmp/log\"]\n"
    );
    let plan = plan(&operator, &steps);
    let running = operator.begin(&["run", &plan]);
    let begun = std::time::Instant::now();
    while log(&namespace) != "in\n" {
        assert!(begun.elapsed() < Duration::from_secs(60), "it has not begun");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    running.killed().await;
    let said = operator.resumes(&[]).await;
    wait_until("both have ended", || log(&namespace).ends_with("out\n"));
    (log(&namespace), said)
}

#[tokio::test]
async fn a_command_that_may_be_repeated_is_waited_for_and_runs_again() {
    let (log, said) = killed_meanwhile("idempotent").await;
    said.with(0);
    assert_eq!(log, "in\nout\nin\nout\n", "never beside itself");
}

#[tokio::test]
async fn a_command_that_runs_once_is_waited_for_and_then_for_a_person() {
    let (log, said) = killed_meanwhile("once").await;
    assert_ne!(said.code, Some(0), "{said:?}");
    said.has("it is unknown what `sh` has done").has("houseplan settle");
    assert_eq!(log, "in\nout\n");
}
