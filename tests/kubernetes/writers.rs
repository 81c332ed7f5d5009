//! `writers`: what is given the Secret, and whether the plan knows it.

use crate::{
    operator::{Operator, Said},
    support::{
        bed::Bed,
        namespace::Namespace,
        plan::{environment, output, plan, run},
    },
};

async fn does(operator: &Operator, steps: &str) -> Said {
    run(operator, &plan(operator, "small", "", steps)).await
}

/// A Secret that is called as its namespace, so that no other test's has its name.
fn with_secret<'a>(bed: &'a Bed) -> Namespace<'a> {
    let namespace = bed.namespace();
    namespace.secret(&namespace.name, &[("password", "p")]);
    namespace
}

/// A Deployment of one pod with this beside its command and volumes.
fn deployment(namespace: &Namespace<'_>, name: &str, of_container: &str, volumes: &str) {
    let (within, image) = (&namespace.name, namespace.bed.image());
    namespace.bed.apply(&format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, namespace: {within} }}
spec:
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 1
      volumes: [{volumes}]
      containers: [{{ name: main, image: \"{image}\", command: [sleep, infinity]{of_container} }}]"
    ));
    namespace.kubectl(&["rollout", "status", "--timeout=60s", &format!("deployment/{name}")]);
}

fn step(secret: &str, more: &str) -> String {
    format!("a: {{ writers: {{ on: kubernetes, of: {{ secret: {secret} }}, {more} }} }}")
}

#[tokio::test]
async fn a_writer_that_nobody_named_stops_the_run() {
    let bed = Bed::get();
    let namespace = with_secret(&bed);
    let secret = &namespace.name;
    deployment(&namespace, "queue", &format!(", envFrom: [{{ secretRef: {{ name: {secret} }} }}]"), "");
    let variable =
        format!(", env: [{{ name: PASSWORD, valueFrom: {{ secretKeyRef: {{ name: {secret}, key: password }} }} }}]");
    deployment(&namespace, "api", &variable, "");
    let volume = format!("{{ name: ch, projected: {{ sources: [{{ secret: {{ name: {secret} }} }}] }} }}");
    deployment(&namespace, "report", "", &volume);
    deployment(&namespace, "unconcerned", "", "");
    namespace.autoscaler("queue");
    let operator = bed.operator(&environment(&namespace.name));
    let two = "named: [deployment/queue, deployment/api]";
    does(&operator, &step(secret, two))
        .await
        .with(3)
        .has(&format!("{secret}/deployment/report 1 pod wanted 1 pod running by volume ch"))
        .has_not("unconcerned")
        .has_not("deployment/api");
    let named = format!("{two}, ignore: [\"deployment/rep*\", job/none]");
    does(&operator, &step(secret, &named))
        .await
        .with(0)
        .has("2 workloads with 2 pods running, all known, and 1 ignored");
    let given = output(&operator, "a");
    assert_eq!(given["absent"], serde_json::json!([format!("{secret}/job/none")]));
    let queue = given["rows"].as_array().expect("rows").iter().find(|row| row["name"] == "queue").expect("a row");
    assert_eq!(
        (&queue["autoscaler"], &queue["through"], &queue["replicas"]),
        (&"HorizontalPodAutoscaler queue, 1 to 3".into(), &"envFrom".into(), &1.into())
    );
    // As a check: all of them are held.
    let check = |expect: &str| {
        let writers = format!("writers: {{ on: kubernetes, of: {{ secret: {secret} }}, {named} }}");
        format!("a: {{ check: [{{ name: no writer is left, {writers}{expect} }}] }}")
    };
    does(&operator, &check("")).await.with(0);
    does(&operator, &check(", expect: row.ignored or row.pods == 0")).await.with(3).has("deployment/queue");
    namespace.kubectl(&["scale", "deployment", "queue", "api", "--replicas=0"]);
    does(&operator, &check(", expect: row.ignored or row.pods == 0, within: 60s")).await.with(0);
}

#[tokio::test]
async fn a_copy_of_the_secret_in_another_namespace_counts_where_it_may_be_read() {
    let bed = Bed::get();
    let (namespace, other) = (with_secret(&bed), bed.namespace());
    let secret = &namespace.name;
    other.secret(secret, &[("password", "p")]);
    let all_of_it = format!(", envFrom: [{{ secretRef: {{ name: {secret} }} }}]");
    deployment(&namespace, "queue", &all_of_it, "");
    deployment(&other, "stranger", &all_of_it, "");
    let operator = bed.operator(&environment(&namespace.name));
    does(&operator, &step(secret, "named: [deployment/queue]"))
        .await
        .with(3)
        .has(&format!("{}/deployment/stranger", other.name));
    let named = format!("named: [deployment/queue, {}/deployment/stranger]", other.name);
    does(&operator, &step(secret, &named)).await.with(0);

    let everything = [
        ("leases.coordination.k8s.io", "get create update delete"),
        ("pods", "list"),
        ("deployments.apps", "list"),
        ("statefulsets.apps", "list"),
        ("daemonsets.apps", "list"),
        ("replicasets.apps", "list"),
        ("jobs.batch", "list"),
        ("cronjobs.batch", "list"),
        ("rollouts.argoproj.io", "list"),
        ("horizontalpodautoscalers.autoscaling", "list"),
        ("scaledobjects.keda.sh", "list"),
    ];
    let account = namespace.limited_account(&everything);
    account.may_also("kube-system", &[("namespaces", "get")]);
    let limited = account.operator(&environment(&namespace.name));
    does(&limited, &step(secret, "named: [deployment/queue]")).await.with(0).has("namespaces may not be listed");
    let few = namespace.limited_account(&everything[..3]);
    few.may_also("kube-system", &[("namespaces", "get")]);
    let limited = few.operator(&environment(&namespace.name));
    does(&limited, &step(secret, "named: [deployment/queue]"))
        .await
        .with(1)
        .has("does not allow to list statefulsets in the namespace");
}

/// What the chart of the bed gives its Secret to.
#[tokio::test]
async fn the_writers_of_langsmith_are_found() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let operator = bed.operator(&environment(&langsmith.namespace));
    let found = "namespaces: [langsmith], named: [deployment/langsmith-backend, deployment/langsmith-platform-backend, \
                 deployment/langsmith-queue, deployment/langsmith-ingest-queue], ignore: [statefulset/langsmith-clickhouse]";
    does(&operator, &step("langsmith-clickhouse", found)).await.with(0).has("all known, and 1 ignored");
    does(&operator, &step("langsmith-clickhose", found)).await.with(3).has("Nothing is given the Secret");
}
