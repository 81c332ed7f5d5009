//! `scale`: to 0 until the pods are gone, and back until they are ready.

use std::time::{Duration, Instant};

use crate::{
    operator::{Operator, Said},
    support::{
        bed::Bed,
        command::wait_until,
        namespace::Namespace,
        plan::{environment, output, plan, run},
    },
};

const HELD: &str = "a: { scale: { on: kubernetes, workloads: [deployment/writers], to: 0 } }";
const BACK: &str = "a: { scale: { on: kubernetes, workloads: [deployment/writers], to: previous } }";

async fn does(operator: &Operator, steps: &str) -> Said {
    run(operator, &plan(operator, "small", "", steps)).await
}

fn of_writers(namespace: &Namespace<'_>, path: &str) -> String {
    namespace.kubectl(&["get", "deployment", "writers", &format!("-o=jsonpath={{{path}}}")])
}

fn pods(namespace: &Namespace<'_>) -> String {
    namespace.kubectl(&["get", "pods", "-o=name"])
}

/// Who owns the number of a Deployment, in the words of the API server.
fn owners(kubectl: impl Fn(&[&str]) -> String, name: &str) -> Vec<String> {
    let object = kubectl(&["get", "deployment", name, "-o=json", "--show-managed-fields"]);
    let object: serde_json::Value = serde_json::from_str(&object).expect("an object");
    let entries = object["metadata"]["managedFields"].as_array().expect("its owners").clone();
    let owns = |it: &serde_json::Value| it["fieldsV1"]["f:spec"]["f:replicas"].is_object();
    entries.into_iter().filter(owns).map(|it| it["manager"].as_str().expect("a name").to_owned()).collect()
}

/// Pods that take so many seconds to end.
fn slow_deployment(namespace: &Namespace<'_>, replicas: u32, seconds: u32) {
    let (name, image) = (&namespace.name, namespace.bed.image());
    namespace.bed.apply(&format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: writers, namespace: {name} }}
spec:
  replicas: {replicas}
  selector: {{ matchLabels: {{ app: writers }} }}
  template:
    metadata: {{ labels: {{ app: writers }} }}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: {seconds}
      containers: [{{ name: main, image: \"{image}\", command: [sleep, infinity] }}]"
    ));
    namespace.kubectl(&["rollout", "status", "--timeout=60s", "deployment/writers"]);
}

#[tokio::test]
async fn it_ends_when_the_pods_are_gone_and_when_they_are_ready_again() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    slow_deployment(&namespace, 2, 5);
    let operator = bed.operator(&environment(&namespace.name));
    let began = Instant::now();
    does(&operator, HELD).await.with(0).has("no pod of them is left (before: 2)");
    assert_eq!(pods(&namespace), "", "a pod was there after {:?}", began.elapsed());
    assert!(began.elapsed() > Duration::from_secs(5), "0 replicas are no end: the pods take their time");
    assert_eq!(output(&operator, "a")["scaled"][0]["before"], 2);
    // Once more: nothing is forgotten.
    does(&operator, HELD).await.with(0);
    does(&operator, BACK).await.with(0).has("2 pods ready");
    assert_eq!(of_writers(&namespace, ".status.readyReplicas"), "2");
    assert_eq!(of_writers(&namespace, ".metadata.annotations.houseplan/scaled"), "");
    assert_eq!(owners(|it| namespace.kubectl(it), "writers"), ["kubectl-client-side-apply"]);
    // What is not held is left as it is.
    namespace.kubectl(&["scale", "deployment", "writers", "--replicas=1"]);
    does(&operator, BACK).await.with(0);
    assert_eq!(of_writers(&namespace, ".spec.replicas"), "1");
}

/// The upgrade that switches has 0 in its values; the next one any number.
#[tokio::test]
async fn helm_is_kept_from_starting_what_is_held_and_may_scale_it_afterwards() {
    let bed = Bed::get();
    let langsmith = bed.own_langsmith();
    let operator = bed.operator(&environment(&langsmith.namespace));
    let of_queue =
        |path: &str| langsmith.kubectl(&["get", "deployment", "langsmith-queue", &format!("-o=jsonpath={{{path}}}")]);
    let owners = || owners(|it| langsmith.kubectl(it), "langsmith-queue");
    let scale =
        |to: &str| format!("a: {{ scale: {{ on: kubernetes, workloads: [deployment/langsmith-queue], {to} }} }}");
    // Helm is called there as the program that its engine runs in.
    let helm = owners();
    assert_eq!(helm.len(), 1, "{helm:?}");
    does(&operator, &scale("to: 0")).await.with(0);
    assert_eq!(owners(), ["houseplan"]);
    langsmith.upgrade(&["queue.deployment.replicas=2"]).with(1).has(".spec.replicas");
    assert_eq!(of_queue(".spec.replicas"), "0");
    langsmith.upgrade(&["queue.deployment.replicas=0"]).with(0);
    does(&operator, &scale("to: previous")).await.with(0);
    assert_eq!((of_queue(".status.readyReplicas").as_str(), owners()), ("1", helm.clone()));
    langsmith.upgrade(&["queue.deployment.replicas=2"]).with(0);
    assert_eq!(of_queue(".spec.replicas"), "2");
    // Or the upgrade itself starts them: then the hold ends before it, without a pod.
    does(&operator, &scale("to: 0")).await.with(0);
    does(&operator, &scale("release: true")).await.with(0);
    assert_eq!((of_queue(".spec.replicas").as_str(), owners()), ("0", helm));
    langsmith.upgrade(&["queue.deployment.replicas=1"]).with(0);
    assert_eq!(of_queue(".spec.replicas"), "1");
}

/// What they were is with the workload before it is scaled, so it is not lost with the process.
#[tokio::test]
async fn killed_after_it_scaled_and_before_that_is_on_record_it_goes_on() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    slow_deployment(&namespace, 2, 8);
    let operator = bed.operator(&environment(&namespace.name));
    let file = plan(&operator, "small", "", HELD);
    let running = operator.begin(&["run", &file]);
    wait_until("it is scaled", || of_writers(&namespace, ".spec.replicas") == "0");
    running.killed().await;
    assert_eq!(operator.count("task_acted", "a"), 0, "it was to be killed before that");
    operator.resumes(&[]).await.with(0);
    assert_eq!((pods(&namespace).as_str(), &output(&operator, "a")["scaled"][0]["before"]), ("", &2.into()));
    does(&operator, BACK).await.with(0);
    assert_eq!(of_writers(&namespace, ".status.readyReplicas"), "2");
}

#[tokio::test]
async fn what_an_autoscaler_leaves_at_nothing_is_started_again() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 2);
    namespace.autoscaler("writers");
    let operator = bed.operator(&environment(&namespace.name));
    does(&operator, HELD).await.with(0);
    let row = &output(&operator, "a")["scaled"][0];
    assert_eq!(row["autoscaler"], "HorizontalPodAutoscaler writers, 1 to 3");
    does(&operator, BACK).await.with(0);
    assert_eq!(of_writers(&namespace, ".spec.replicas"), "2");
}

#[tokio::test]
async fn keda_is_paused_while_it_is_held_and_what_it_was_told_before_is_given_back() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    namespace.scaled_object("writers");
    let annotations = || {
        let all = namespace.kubectl(&["get", "scaledobject", "writers", "-o=jsonpath={.metadata.annotations}"]);
        (all.contains("\"autoscaling.keda.sh/paused-replicas\":\"0\""), all.contains("paused"))
    };
    let operator = bed.operator(&environment(&namespace.name));
    does(&operator, HELD).await.with(0);
    assert_eq!(annotations(), (true, true));
    does(&operator, BACK).await.with(0);
    assert_eq!(annotations(), (false, false));
    let by_hand = "autoscaling.keda.sh/paused-replicas=1";
    namespace.kubectl(&["annotate", "scaledobject", "writers", by_hand]);
    does(&operator, HELD).await.with(0);
    does(&operator, HELD).await.with(0);
    assert_eq!(annotations(), (true, true));
    does(&operator, BACK).await.with(0);
    let kept = namespace.kubectl(&["get", "scaledobject", "writers", "-o=jsonpath={.metadata.annotations}"]);
    assert!(kept.contains("paused-replicas\":\"1\"") && !kept.contains("houseplan"), "{kept}");
}

#[tokio::test]
async fn what_argo_cd_would_scale_back_is_refused_unless_that_is_suspended() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    namespace.kubectl(&[
        "annotate",
        "deployment",
        "writers",
        "argocd.argoproj.io/tracking-id=langsmith:apps/Deployment:n/writers",
    ]);
    let operator = bed.operator(&environment(&namespace.name));
    does(&operator, HELD).await.with(3).has("Argo CD looks after it").has("suspended: true");
    assert_eq!(of_writers(&namespace, ".spec.replicas"), "1");
    does(&operator, &HELD.replace("to: 0", "to: 0, suspended: true")).await.with(0);
    assert_eq!(of_writers(&namespace, ".spec.replicas"), "0");
}

/// No controller of Argo's is there: its part is played by the test.
#[tokio::test]
async fn a_rollout_is_scaled_as_a_deployment_is() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    let name = &namespace.name;
    bed.apply(&format!(
        "{{ apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {{ name: writers, namespace: {name} }},
           spec: {{ replicas: 2, selector: {{ matchLabels: {{ app: writers }} }} }} }}"
    ));
    let operator = bed.operator(&environment(name));
    let steps = HELD.replace("deployment/", "rollout/");
    let running = operator.begin(&["run", &plan(&operator, "small", "", &steps)]);
    let generation =
        || namespace.kubectl(&["get", "rollout", "writers", "-o=jsonpath={.spec.replicas} {.metadata.generation}"]);
    wait_until("it is scaled", || generation().starts_with("0 "));
    let seen = generation().split(' ').next_back().expect("a number").to_owned();
    let patch = format!(
        "[{{\"op\":\"add\",\"path\":\"/status\",\"value\":{{\"replicas\":0,\"observedGeneration\":\"{seen}\"}}}}]"
    );
    namespace.kubectl(&["patch", "rollout", "writers", "--subresource=status", "--type=json", "-p", &patch]);
    running.ends().await.with(0);
}

#[tokio::test]
async fn who_scales_it_back_meanwhile_is_told() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    slow_deployment(&namespace, 1, 10);
    let operator = bed.operator(&environment(&namespace.name));
    let running = operator.begin(&["run", &plan(&operator, "small", "", HELD)]);
    wait_until("it is scaled", || of_writers(&namespace, ".spec.replicas") == "0");
    let patch =
        ["patch", "deployment", "writers", "--field-manager=somebody-else", "-p", "{\"spec\":{\"replicas\":1}}"];
    namespace.kubectl(&patch);
    running.ends().await.with(1).has("somebody-else has scaled").has("houseplan::scale::scaled_again");
}

#[tokio::test]
async fn what_was_before_is_not_guessed() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 0);
    let operator = bed.operator(&environment(&namespace.name));
    does(&operator, BACK).await.with(1).has("houseplan::scale::not_remembered").has("write the number");
    does(&operator, &BACK.replace("previous", "1")).await.with(0);
    assert_eq!(of_writers(&namespace, ".status.readyReplicas"), "1");
}

#[tokio::test]
async fn a_missing_right_is_named_before_anything_is_changed() {
    let bed = Bed::get();
    let namespace = bed.namespace();
    namespace.deployment("writers", 1);
    let account = namespace.limited_account(&[
        ("leases.coordination.k8s.io", "get create update delete"),
        ("deployments.apps", "get"),
        ("pods", "list"),
        ("horizontalpodautoscalers.autoscaling", "list"),
        ("scaledobjects.keda.sh", "list"),
    ]);
    account.may_also("kube-system", &[("namespaces", "get")]);
    let operator = account.operator(&environment(&namespace.name));
    let said = does(&operator, HELD).await.with(1);
    said.has("patch deployments.apps writers in the namespace")
        .has("list replicasets.apps in the namespace")
        .has("nothing was changed");
    assert_eq!(of_writers(&namespace, ".metadata.annotations.houseplan/scaled"), "");
    assert_eq!(of_writers(&namespace, ".spec.replicas"), "1");
}
