//! A small release of Helm's in a namespace of a test's own, with a hook that writes into a folder of the test's; and the operator who
//! upgrades it.

use std::{fs, process::Command};

use camino::Utf8PathBuf;

use super::{bed::Bed, command::wait_until, namespace::Namespace};
use crate::operator::{Operator, Said};

pub const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kubernetes/fixtures/release");

/// The release `app`, and who works on it.
pub struct Release<'a> {
    pub namespace: Namespace<'a>,
    pub operator: Operator,
    shared: tempfile::TempDir,
}

impl<'a> Release<'a> {
    /// Nothing is installed yet.
    pub fn new(bed: &'a Bed) -> Self {
        let namespace = bed.namespace();
        let environment = format!(
            "apiVersion: houseplan/v1
kind: Environment
metadata: {{ name: bed }}
targets:
  kubernetes: {{ kind: kubernetes, kubeconfig: \"{}\", namespace: {} }}
",
            bed.kubeconfig(),
            namespace.name
        );
        let operator = bed.operator(&environment);
        Self { namespace, operator, shared: tempfile::tempdir().expect("a folder") }
    }

    /// Installed, at revision 1; the hook runs this before an upgrade.
    #[track_caller]
    pub fn installed(bed: &'a Bed, hook: &str) -> Self {
        let release = Self::new(bed);
        let values = release.values(hook);
        let path = release.operator.write("values.yaml", &values);
        release.helm(&["install", "app", CHART, "--values", &path, "--wait"]).with(0);
        release
    }

    /// All values of the chart's; JSON is YAML.
    pub fn values(&self, hook: &str) -> String {
        let values =
            serde_json::json!({ "image": self.namespace.bed.image(), "hook": hook, "shared": self.shared.path() });
        values.to_string()
    }

    /// A plan of these steps for it.
    pub fn plan(&self, steps: &str) -> String {
        self.plan_with("{}", steps)
    }

    /// The same, with inputs.
    pub fn plan_with(&self, inputs: &str, steps: &str) -> String {
        let plan = format!(
            "apiVersion: houseplan/v1
kind: Plan
metadata: {{ name: switch }}
inputs: {inputs}
targets: {{ kubernetes: {{ kind: kubernetes }} }}
steps:
{steps}
"
        );
        self.operator.write("switch.yaml", &plan)
    }

    /// A plan whose step `up` upgrades the release with these values over those that it has.
    pub fn upgrade(&self, set: &str) -> String {
        self.plan(&format!(
            "  up: {{ helm: {{ on: kubernetes, upgrade: app, chart: {CHART}, previous_values: reuse, set: {set}, timeout: 2m }} }}"
        ))
    }

    /// helm in its namespace.
    pub fn helm(&self, arguments: &[&str]) -> Said {
        self.namespace.bed.helm(&[&["--namespace", &self.namespace.name], arguments].concat())
    }

    /// What runs beside us; kill it.
    pub fn helm_at_work(&self, arguments: &[&str]) -> std::process::Child {
        let mut helm: Command = self.namespace.bed.command("helm");
        helm.args(["--namespace", &self.namespace.name]).args(arguments).spawn().expect("helm starts")
    }

    /// The newest revision, and its status.
    pub fn newest(&self) -> (u64, String) {
        let said = self.helm(&["status", "app", "--output", "json"]).with(0);
        let it: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        (it["version"].as_u64().expect("a number"), it["info"]["status"].as_str().expect("a text").to_owned())
    }

    pub fn note(&self) -> String {
        self.namespace.kubectl(&["get", "configmap", "app", "-o=jsonpath={.data.note}"])
    }

    /// The host's folder that hooks and Jobs have as `/shared`.
    pub fn shared(&self) -> &std::path::Path {
        self.shared.path()
    }

    fn log(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.shared.path().join("log")).expect("a path in UTF-8")
    }

    /// What hooks and Jobs have written into `/shared/log`, their lines with blanks between.
    pub fn written(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until a hook or a Job has written this as its last word.
    #[track_caller]
    pub fn wait_for(&self, word: &str) {
        wait_until(&format!("`{word}` is written"), || self.written().ends_with(word));
    }

    /// The processes of its operator's that helm is.
    pub fn processes(&self) -> Vec<i32> {
        let state = self.operator.last_run();
        let is_ours = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|it| it.starts_with(format!("HOUSEPLAN_TASK={state}/").as_bytes()))
        };
        let all = fs::read_dir("/proc").expect("processes").flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_ours).collect()
    }

    /// kill -9 of the helm that its operator's run has started.
    #[track_caller]
    pub fn kill_helm(&self) {
        let all = self.processes();
        assert!(!all.is_empty(), "no helm is at work");
        for pid in all {
            let pid = rustix::process::Pid::from_raw(pid).expect("a process");
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("a signal");
        }
    }
}
