//! A namespace of a test's own, with what tests put into one: cheap, for nothing in it is a ClickHouse.

use std::thread;

use super::{account::Account, bed::Bed};
use crate::operator::Said;

const POD: &str = include_str!("../fixtures/pod.yaml");
const DEPLOYMENT: &str = include_str!("../fixtures/deployment.yaml");
const JOB: &str = include_str!("../fixtures/job.yaml");
const AUTOSCALER: &str = include_str!("../fixtures/autoscaler.yaml");
const SCALED_OBJECT: &str = include_str!("../fixtures/scaled-object.yaml");

/// It is deleted with all that is in it when this is dropped.
pub struct Namespace<'a> {
    pub bed: &'a Bed,
    pub name: String,
}

impl<'a> Namespace<'a> {
    pub(super) fn create(bed: &'a Bed) -> Self {
        let name = fresh_name();
        bed.apply(&format!(
            "{{ apiVersion: v1, kind: Namespace, metadata: {{ name: {name}, labels: {{ houseplan/test: \"\" }} }} }}"
        ));
        Self { bed, name }
    }

    /// kubectl in this namespace; it must succeed.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.bed.kubectl(&[&["--namespace", &self.name], arguments].concat())
    }

    pub fn try_kubectl(&self, arguments: &[&str]) -> Said {
        self.bed.try_kubectl(&[&["--namespace", &self.name], arguments].concat())
    }

    /// A pod of one container `main` that runs this in a shell; returns when it is ready.
    #[track_caller]
    pub fn pod(&self, name: &str, script: &str) {
        self.fixture(POD, name, &[("SCRIPT", script)]);
        self.kubectl(&["wait", "--for=condition=Ready", "--timeout=60s", &format!("pod/{name}")]);
    }

    /// A pod of one container `main` that does nothing and has none of the bed's programs; returns when it is ready.
    #[track_caller]
    pub fn pod_without_clients(&self, name: &str) {
        let image = self.bed.image();
        let container = serde_json::json!({ "name": "main", "image": image, "command": ["sleep", "infinity"],
            "volumeMounts": [{ "name": "nothing", "mountPath": "/opt/bed" }] });
        let spec = serde_json::json!({ "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 1,
            "containers": [container], "volumes": [{ "name": "nothing", "emptyDir": {} }] });
        let metadata = serde_json::json!({ "name": name, "namespace": self.name });
        let pod = serde_json::json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec });
        self.bed.apply(&pod.to_string());
        self.kubectl(&["wait", "--for=condition=Ready", "--timeout=60s", &format!("pod/{name}")]);
    }

    /// A Deployment of so many pods that do nothing; returns when all are ready.
    #[track_caller]
    pub fn deployment(&self, name: &str, replicas: u32) {
        self.fixture(&DEPLOYMENT.replace("${REPLICAS}", &replicas.to_string()), name, &[]);
        self.kubectl(&["rollout", "status", "--timeout=60s", &format!("deployment/{name}")]);
    }

    /// A Job that runs this in a shell, once.
    #[track_caller]
    pub fn job(&self, name: &str, script: &str) {
        self.fixture(JOB, name, &[("SCRIPT", script)]);
    }

    /// A HorizontalPodAutoscaler of a Deployment, from 1 to 3 pods.
    #[track_caller]
    pub fn autoscaler(&self, deployment: &str) {
        self.fixture(AUTOSCALER, deployment, &[]);
    }

    /// A ScaledObject of a Deployment, from 1 to 3 pods. Nothing acts on it: KEDA is not there.
    #[track_caller]
    pub fn scaled_object(&self, deployment: &str) {
        self.fixture(SCALED_OBJECT, deployment, &[]);
    }

    #[track_caller]
    pub fn secret(&self, name: &str, values: &[(&str, &str)]) {
        let literals: Vec<String> = values.iter().map(|(key, value)| format!("--from-literal={key}={value}")).collect();
        let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
        self.kubectl(&[&["create", "secret", "generic", name], literals.as_slice()].concat());
    }

    /// A ServiceAccount that may do this here and nothing else: `("deployments.apps/scale", "get patch")`, resources as kubectl has them.
    #[track_caller]
    pub fn limited_account(&self, may: &[(&str, &str)]) -> Account<'_> {
        let account = Account::create(self);
        account.may_also(&self.name, may);
        account
    }

    #[track_caller]
    fn fixture(&self, manifest: &str, name: &str, values: &[(&str, &str)]) {
        let quoted = |text: &str| serde_json::Value::from(text).to_string(); // a JSON string is a YAML string
        let image = self.bed.image();
        let all = [("NAMESPACE", self.name.as_str()), ("NAME", name), ("IMAGE", &image)];
        let filled = all
            .iter()
            .chain(values)
            .fold(manifest.to_owned(), |text, (place, value)| text.replace(&format!("${{{place}}}"), &quoted(value)));
        self.bed.apply(&filled);
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.try_kubectl(&["get", "pods,jobs,deployments,events"]).stdout);
        }
        self.bed.try_kubectl(&["delete", "namespace", &self.name, "--wait=false"]);
    }
}

/// Unlike any other test's.
pub fn fresh_name() -> String {
    format!("t-{}", &uuid::Uuid::new_v4().simple().to_string()[..12])
}
