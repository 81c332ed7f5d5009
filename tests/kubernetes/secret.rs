//! `secret`: made, left alone, refused, replaced; and never seen.

use crate::{
    operator::{Operator, Said},
    support::{
        bed::Bed,
        namespace::Namespace,
        plan::{environment, output, plan, run},
    },
};

const CANARY: &str = "canary-Zq7-secret";
const INPUTS: &str = "inputs: { password: { type: secret } }\n";

async fn does(operator: &Operator, steps: &str) -> Said {
    run(operator, &plan(operator, "small", INPUTS, steps)).await
}

/// Who knows the secret that the plan asks for.
fn knowing(operator: Operator) -> Operator {
    operator.knowing([("HOUSEPLAN_INPUT_PASSWORD", CANARY.to_owned())])
}

fn value(namespace: &Namespace<'_>, key: &str) -> String {
    let encoded = namespace.kubectl(&["get", "secret", "cluster", &format!("-o=jsonpath={{.data.{key}}}")]);
    let decoded = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, encoded).expect("base64");
    String::from_utf8(decoded).expect("a text")
}

fn step(host: &str, more: &str) -> String {
    format!(
        "a: {{ secret: {{ on: kubernetes, name: cluster, data: {{ host: {host}, password: \"{{{{ inputs.password }}}}\" }}{more} }} }}"
    )
}

#[tokio::test]
async fn it_is_made_once_and_another_content_is_overwritten_only_where_that_is_said() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    let operator = knowing(bed.operator(&environment(&namespace.name)));
    does(&operator, &step("host-1", "")).await.with(0).has("cluster made");
    assert_eq!((value(&namespace, "host").as_str(), value(&namespace, "password").as_str()), ("host-1", CANARY));
    does(&operator, &step("host-1", "")).await.with(0);
    assert_eq!(output(&operator, "a")["done"], "unchanged");
    namespace.kubectl(&["label", "secret", "cluster", "team=a"]);
    does(&operator, &step("host-2", ""))
        .await
        .with(3)
        .has("has another value")
        .has("replace: true")
        .has_not("host-1")
        .has_not("host-2");
    assert_eq!(value(&namespace, "host"), "host-1");
    does(&operator, &step("host-2", ", replace: true")).await.with(0);
    assert_eq!(output(&operator, "a")["done"], "replaced");
    assert_eq!(value(&namespace, "host"), "host-2");
    let team = namespace.kubectl(&["get", "secret", "cluster", "-o=jsonpath={.metadata.labels.team}"]);
    assert_eq!(team, "a");
}

#[tokio::test]
async fn values_are_copied_from_another_secret_and_stand_nowhere_else() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.secret("old", &[("user", "default"), ("copied", "canary-copied-value"), ("host", "old-host")]);
    let operator = knowing(bed.operator(&environment(&namespace.name)));
    let copy = |keys: &str| step("new", &format!(", copy: {{ name: old{keys} }}"));
    does(&operator, &copy(", keys: [user, tls]")).await.with(1).has("has no key tls");
    let said = does(&operator, &copy("")).await.with(0);
    let values = ["user", "copied", "host", "password"].map(|key| value(&namespace, key));
    assert_eq!(values, ["default", "canary-copied-value", "new", CANARY]);
    let kept =
        std::process::Command::new("grep").args(["-rl", "canary-"]).arg(operator.state()).output().expect("grep");
    assert_eq!(String::from_utf8_lossy(&kept.stdout), "", "a value is among the run's records");
    said.has_not("canary-");
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    let account =
        namespace.limited_account(&[("leases.coordination.k8s.io", "get create update delete"), ("secrets", "get")]);
    account.may_also("kube-system", &[("namespaces", "get")]);
    let operator = knowing(account.operator(&environment(&namespace.name)));
    does(&operator, &step("host-1", "")).await.with(1).has("does not allow to create secrets").has_not(CANARY);
}
