//! What is wrong with steps on Kubernetes, how they read in a review, and what they have to be allowed.

use crate::{
    bundle::{Bundle, Role, SavedFile, TargetNames, expand},
    document::Limits,
    plan::{
        binding::known_before_run,
        describe::{Files, NamedFile, RenderContext},
        expanded::ExpandedPlan,
        permission::{Permission, Within},
    },
    render::render,
    template::{InputValue, InputValues},
};

fn load(steps: &str) -> Result<ExpandedPlan, String> {
    let plan = format!(
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: small }}\n\
         inputs: {{ release: {{ type: string, default: app }}, password: {{ type: secret }} }}\n\
         targets: {{ kubernetes: {{ kind: kubernetes }} }}\nsteps:\n  a: {{ {steps} }}"
    );
    let saved = vec![SavedFile { role: Role::Plan, origin: "small.yaml".to_owned(), text: plan }];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::default());
    let bundle = bundle.map_err(|error| format!("{:?}", miette::Report::new(error)))?;
    expand(&bundle).map_err(|problem| problem.message)
}

fn helm(more: &str) -> String {
    format!("helm: {{ on: kubernetes, upgrade: app, {more} }}")
}

fn job(more: &str) -> String {
    format!("job: {{ on: kubernetes, name: migrate, {more} }}")
}

#[test]
fn what_would_not_be_one_chart_is_refused() {
    let wrong = |steps: &str, said: &str| {
        let found = load(steps).expect_err(steps);
        let found = found.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(found.contains(said), "`{said}` is not in {found}");
    };
    wrong(&helm("chart: a/b, previous_values: reuse"), "which version of it?");
    wrong(&helm("chart: oci://r.example/b, previous_values: reuse"), "which version of it?");
    wrong(&helm("chart: a/b, version: ^1.0.0, previous_values: reuse"), "may be more than one version");
    wrong(&helm("chart: ./b"), "previous_values");
    wrong(&helm("chart: ./b, previous_values: reuse, set: { a.b: 1 }"), "write it as it nests");
    wrong(&helm("chart: ./b, previous_values: reuse, set: { a: '{{ inputs.relase }}' }"), "no input `relase`");
    load(&helm("chart: ./b, previous_values: reset")).unwrap();
    load(&helm("chart: a/b, version: '{{ inputs.release }}', previous_values: reset_then_reuse")).unwrap();
}

#[test]
fn what_would_be_no_job_is_refused() {
    let wrong = |steps: &str, said: &str| {
        let found = load(steps).expect_err(steps);
        assert!(found.contains(said), "`{said}` is not in {found}");
    };
    wrong("job: { on: kubernetes, name: a }", "a job takes one of");
    wrong(&job("file: a.yaml, template: { spec: {} }"), "a job takes one of");
    wrong(&job("template: { kind: Job }"), "this is no Job");
    wrong(&job("file: a.yaml, effect: read"), "a Job is made");
    let hook =
        |values: &str| job(&format!("from_hook: {{ hook: h, release: r, chart: ./c, previous_values: {values} }}"));
    wrong(&hook("reset_then_reuse"), "cannot do that");
    load(&hook("reuse")).unwrap();
}

fn inputs() -> InputValues {
    [("password".into(), InputValue::Secret("hunter2".to_owned().into()))].into_iter().collect()
}

#[test]
fn a_review_shows_the_command_and_no_secret() {
    let set = "set: { password: '{{ inputs.password }}', name: '{{ inputs.release }}', replicas: 0 }";
    let plan = load(&helm(&format!(
        "namespace: other, chart: a/b, version: 1.0.0, previous_values: reuse, values: [./k8s/up.yaml, /etc/more.yaml], wait: true, timeout: 10m, {set}"
    )))
    .unwrap();
    let text = render(&plan, &inputs(), None, &Files::new()).text();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = "helm upgrade app a/b --version 1.0.0 --values ./k8s/up.yaml --values /etc/more.yaml --values - --reuse-values --wait --timeout 10m";
    assert!(words.contains(command), "{text}");
    assert!(words.contains("kubernetes, namespace other"), "{text}");
    assert!(words.contains(r#"{"password":"[secret inputs.password]","name":"app","replicas":0}"#), "{text}");
    assert!(!text.contains("hunter2") && words.contains("is deleted, unless"), "{text}");

    let hook = "from_hook: { hook: h, release: r, chart: ./charts/c, values: [v.yaml], previous_values: reuse }";
    let plan = load(&job(hook)).unwrap();
    let text = render(&plan, &inputs(), None, &Files::new()).text();
    assert!(text.contains("helm template r ./charts/c --values v.yaml --is-upgrade"), "{text}");
    assert!(text.contains("deleted when it is complete"), "{text}");
}

#[test]
fn files_of_values_and_charts_here_are_named_for_the_digest_and_rights_are_told() {
    let plan = load(&helm(
        "chart: ./charts/c, previous_values: reset, values: [./k8s/up.yaml, /etc/a.yaml, '{{ run.id }}.yaml']",
    ))
    .unwrap();
    let (inputs, files) = (known_before_run(&plan, &inputs()), Files::new());
    let context = RenderContext { plan: &plan, index: 0, inputs: &inputs, environment: None, files: &files };
    let spec = plan.steps[0].action.spec();
    let paths: Vec<String> = spec
        .files(&context)
        .into_iter()
        .filter_map(|it| match it {
            NamedFile::Path(path) => Some(path.called()),
            NamedFile::OnlyInRun(_) => None,
        })
        .collect();
    assert_eq!(paths[..2], ["kubernetes: k8s/up.yaml".to_owned(), "kubernetes: {{ run.id }}.yaml".to_owned()]);
    assert_eq!(paths[2], "kubernetes: charts/c");
    let secrets = spec.permissions(&context).into_iter().find(|it: &Permission| it.resource == "secrets").unwrap();
    assert_eq!((secrets.within, secrets.name), (Within::OfTarget, None));
}
