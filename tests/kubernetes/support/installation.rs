//! LangSmith's fixture: a release with its bundled ClickHouse in one namespace, a replicated ClickHouse in another.

use std::thread;

use camino::Utf8PathBuf;
use houseplan::sandbox::{Sandbox, ServerName};

use super::{bed::Bed, namespace::fresh_name};
use crate::operator::Said;

/// The chart, as an operator names it.
pub const CHART: &str = "langchain/langsmith";

/// An installation. One of a test's own is removed when this is dropped.
pub struct Installation<'a> {
    bed: &'a Bed,
    /// Of the release `langsmith`.
    pub namespace: String,
    /// Of the replicated cluster.
    pub clickhouse: String,
    own: bool,
}

impl<'a> Installation<'a> {
    pub(super) fn shared(bed: &'a Bed) -> Self {
        Self { bed, namespace: "langsmith".to_owned(), clickhouse: "clickhouse".to_owned(), own: false }
    }

    #[track_caller]
    pub(super) fn own(bed: &'a Bed) -> Self {
        let namespace = fresh_name();
        let installation = Self { bed, clickhouse: format!("{namespace}-clickhouse"), namespace, own: true };
        bed.script("langsmith", &["install", &installation.namespace, &installation.clickhouse]);
        installation
    }

    /// The sandbox that it has its ports, its secrets and its store from. Of its servers, only the store is one of the sandbox's own:
    /// `source` and `replicaN` are pods that answer at their places.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::open(&self.folder()).expect("the installation's sandbox")
    }

    fn folder(&self) -> Utf8PathBuf {
        self.bed.folder().join("installations").join(&self.namespace)
    }

    /// Runs a statement on `source`, `replica1` or `replica2`, past Kubernetes; the answer in TabSeparated, without the last line's end.
    #[track_caller]
    pub fn query(&self, member: &str, sql: &str) -> impl Future<Output = String> {
        let place = std::panic::Location::caller();
        let (sandbox, server, sql) = (self.sandbox(), member.parse::<ServerName>().expect("a server"), sql.to_owned());
        async move {
            let answer = sandbox.query(server, &sql).await;
            let answer = answer.unwrap_or_else(|error| panic!("{place}: {:?}", miette::Report::new(error)));
            answer.trim_end_matches('\n').to_owned()
        }
    }

    /// kubectl in the release's namespace; it must succeed.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.bed.kubectl(&[&["--namespace", &self.namespace], arguments].concat())
    }

    /// helm in the release's namespace.
    pub fn helm(&self, arguments: &[&str]) -> Said {
        self.bed.helm(&[&["--namespace", &self.namespace], arguments].concat())
    }

    /// `helm upgrade` to the values that it has, and these.
    pub fn upgrade(&self, set: &[&str]) -> Said {
        let set: Vec<&str> = set.iter().flat_map(|value| ["--set", value]).collect();
        self.helm(
            &[&["upgrade", "langsmith", CHART, "--reuse-values", "--wait", "--timeout=2m"], set.as_slice()].concat(),
        )
    }

    /// Makes the Secret that the switch to the replicated cluster names, as an operator does before it.
    #[track_caller]
    pub fn make_cluster_secret(&self) {
        self.kubectl(&["apply", "-f", self.folder().join("cluster-secret.yaml").as_str()]);
    }
}

impl Drop for Installation<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            for namespace in [&self.namespace, &self.clickhouse] {
                eprintln!("{}", self.bed.try_kubectl(&["--namespace", namespace, "get", "pods,jobs,events"]).stdout);
            }
        }
        if self.own {
            self.bed.script("langsmith", &["uninstall", &self.namespace, &self.clickhouse]);
        }
    }
}
