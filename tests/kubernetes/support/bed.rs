//! The bed: a cluster to test on, and the faults that it can be given.

use std::{
    fs::{self, File, OpenOptions},
    ops::Deref,
    process::Command,
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::FlockOperation;

use super::{command, installation::Installation, namespace::Namespace};
use crate::operator::{Operator, Said, program};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kubernetes/bed");
const REMEDY: &str = "bring it up with `tests/kubernetes/bed/up` as root (HOUSEPLAN_BED names its folder), or run `make test-kubernetes`";

/// A cluster, in use together with other tests.
pub struct Bed {
    kubeconfig: Utf8PathBuf,
    /// Of the bed's own; a cluster that the user names has none.
    folder: Option<Utf8PathBuf>,
    /// What programs need to reach it.
    variables: Vec<(&'static str, String)>,
    _turn: Option<File>,
}

/// The bed in nobody else's use: its Kubernetes may be broken. What is broken is mended for the next test.
pub struct BedAlone(Bed);

/// A server of the bed's Kubernetes.
#[derive(Debug, Clone, Copy)]
pub enum Server {
    Apiserver,
    Etcd,
    ControllerManager,
    Kubelet,
    /// The link from the apiserver to the kubelet: every exec and port-forward goes over it.
    V5Front,
}

impl Server {
    fn name(self) -> &'static str {
        match self {
            Self::Apiserver => "apiserver",
            Self::Etcd => "etcd",
            Self::ControllerManager => "controller-manager",
            Self::Kubelet => "kubelet",
            Self::V5Front => "v5front",
        }
    }
}

impl Bed {
    /// The cluster of `HOUSEPLAN_TEST_KUBECONFIG`, else the bed. Waits while a test has the bed alone.
    ///
    /// # Panics
    /// Without either, with the remedy.
    pub fn get() -> Self {
        match std::env::var("HOUSEPLAN_TEST_KUBECONFIG") {
            Ok(named) if !named.is_empty() => Self {
                variables: vec![("KUBECONFIG", named.clone())],
                kubeconfig: named.into(),
                folder: None,
                _turn: None,
            },
            _ => Self::of_ours(FlockOperation::LockShared),
        }
    }

    /// The bed for this test alone, when all others that use it have ended. A test that holds a `Bed` already would wait for itself.
    pub fn alone() -> BedAlone {
        BedAlone(Self::of_ours(FlockOperation::LockExclusive))
    }

    fn of_ours(lock: FlockOperation) -> Self {
        let folder = std::env::var("HOUSEPLAN_BED")
            .map_or_else(|_| Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kubernetes"), Utf8PathBuf::from);
        let Ok(env) = fs::read_to_string(folder.join("env")) else { panic!("no bed is up in {folder}: {REMEDY}") };
        let turn = OpenOptions::new().create(true).append(true).open(folder.join("lock")).expect("the bed's lock");
        rustix::fs::flock(&turn, lock).expect("the bed's lock");
        Self {
            kubeconfig: folder.join("kubeconfig"),
            folder: Some(folder),
            variables: ["KUBECONFIG", "HELM_CHARTS", "HELM_PYTHON", "PATH"].map(|it| (it, exported(&env, it))).into(),
            _turn: Some(turn),
        }
    }

    /// The administrator's.
    pub fn kubeconfig(&self) -> &Utf8Path {
        &self.kubeconfig
    }

    /// The bed's folder: the sandboxes of its installations, its logs.
    ///
    /// # Panics
    /// On a cluster that the user names: it has no ClickHouse nodes and no faults of ours.
    pub fn folder(&self) -> &Utf8Path {
        self.folder.as_deref().expect("the test needs the bed itself, not a cluster of HOUSEPLAN_TEST_KUBECONFIG")
    }

    /// An image that pods can run, with a shell in it.
    pub fn image(&self) -> String {
        let other = if self.folder.is_some() { "bed.local/node:1" } else { "busybox:stable" };
        std::env::var("HOUSEPLAN_TEST_IMAGE").unwrap_or_else(|_| other.to_owned())
    }

    /// What kubectl prints, without the last line's end; it must succeed.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.try_kubectl(arguments).with(0).stdout.trim_end().to_owned()
    }

    pub fn try_kubectl(&self, arguments: &[&str]) -> Said {
        command::run(self.command("kubectl").args(arguments), "")
    }

    /// `kubectl apply` of this text.
    #[track_caller]
    pub fn apply(&self, manifest: &str) {
        command::run(self.command("kubectl").args(["apply", "-f", "-"]), manifest).with(0);
    }

    pub fn helm(&self, arguments: &[&str]) -> Said {
        command::run(self.command("helm").args(arguments), "")
    }

    /// One of the programs that are there for operators of this cluster.
    pub fn command(&self, program: &str) -> Command {
        // A relative name would be looked up in our own path.
        let path =
            self.variables.iter().find(|(name, _)| *name == "PATH").map_or_else(own_path, |(_, path)| path.clone());
        let found = path.split(':').map(|folder| Utf8Path::new(folder).join(program)).find(|file| file.is_file());
        let mut command = Command::new(found.unwrap_or_else(|| panic!("there is no {program} in {path}")));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A namespace of the test's own.
    pub fn namespace(&self) -> Namespace<'_> {
        Namespace::create(self)
    }

    /// LangSmith's fixture that all tests share: it may be read, and databases of a test's own may be made.
    pub fn langsmith(&self) -> Installation<'_> {
        Installation::shared(self)
    }

    /// LangSmith's fixture for this test alone, with nodes and ports of its own. It takes some twenty seconds, and half a gigabyte.
    pub fn own_langsmith(&self) -> Installation<'_> {
        Installation::own(self)
    }

    /// A person with a desk, from which this cluster is reached.
    pub fn operator(&self, environment: &str) -> Operator {
        Operator::with_environment(environment.to_owned()).knowing(self.variables.clone())
    }

    /// A script of the bed.
    #[track_caller]
    pub(super) fn script(&self, name: &str, arguments: &[&str]) {
        let mut script = Command::new(format!("{SCRIPTS}/{name}"));
        command::run(script.args(arguments).env("HOUSEPLAN_BED", self.folder()).env("HOUSEPLAN", program()), "")
            .with(0);
    }
}

impl BedAlone {
    /// As a crash would.
    #[track_caller]
    pub fn kill(&self, server: Server) {
        self.script("fault", &["kill", server.name()]);
    }

    /// Starts what was killed; returns when it serves.
    #[track_caller]
    pub fn start(&self, server: Server) {
        self.script("fault", &["start", server.name()]);
    }

    /// Takes the apiserver's way to the kubelet back to before Kubernetes 1.30: exec over a websocket speaks v4 and nothing newer.
    #[track_caller]
    pub fn exec_by_v4_alone(&self) {
        self.script("fault", &["v4"]);
    }

    /// It is there, and answers nothing.
    #[track_caller]
    pub fn stall(&self, server: Server) {
        self.script("fault", &["stall", server.name()]);
    }

    /// It answers again.
    #[track_caller]
    pub fn resume(&self, server: Server) {
        self.script("fault", &["continue", server.name()]);
    }
}

impl Deref for BedAlone {
    type Target = Bed;

    fn deref(&self) -> &Bed {
        &self.0
    }
}

impl Drop for BedAlone {
    fn drop(&mut self) {
        // A second panic would end all tests; a bed that cannot be mended shows in the next one.
        let mut heal = Command::new(format!("{SCRIPTS}/fault"));
        let said = command::run(heal.arg("heal").env("HOUSEPLAN_BED", self.folder()).env("HOUSEPLAN", program()), "");
        if said.code != Some(0) {
            eprintln!("the bed is not mended: {said:?}");
        }
    }
}

/// A variable of the file that `up` writes.
fn exported(env: &str, name: &str) -> String {
    let line = env.lines().find_map(|line| line.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('='));
    line.unwrap_or_else(|| panic!("the bed's env says no {name}")).replace("$PATH", &own_path())
}

fn own_path() -> String {
    std::env::var("PATH").expect("a path")
}
