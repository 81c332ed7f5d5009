//! The user's `helm`, on the cluster of Kubernetes that the run has pinned: its version, the revisions of a release, and what it
//! renders. What changes a release is the action's.

use std::{fs::File, io::Write as _, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tokio::{process::Command, time::timeout};

use super::mark;
use crate::{
    action::{context::EvalContext, exec::Redact, secrets::Secrets},
    catalogue,
    connect::kubernetes::{Kubernetes, KubernetesError, Resource},
    diagnose::{Activity, Context, diagnose_kubernetes},
    failure::Failure,
};

/// How long helm may take to read.
const PATIENCE: Duration = Duration::from_secs(120);
/// So many of the last lines of its errors are shown.
const SHOWN: usize = 20;
/// The oldest that can mark a revision (`--labels`).
const OLDEST: (u32, u32) = (3, 13);
/// What would lead helm to another cluster or namespace than the environment says.
const ITS_VARIABLES: [&str; 9] = [
    "HELM_NAMESPACE",
    "HELM_KUBECONTEXT",
    "HELM_KUBETOKEN",
    "HELM_KUBEASUSER",
    "HELM_KUBEASGROUPS",
    "HELM_KUBEAPISERVER",
    "HELM_KUBECAFILE",
    "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
    "HELM_KUBETLS_SERVER_NAME",
];

/// The program, for releases in one namespace.
#[derive(Clone)]
pub struct HelmProgram {
    pub kubernetes: Arc<Kubernetes>,
    pub namespace: String,
    /// Where it runs: files and folders of charts are looked for from here.
    pub directory: PathBuf,
    /// Variables of our own environment that it does not inherit, for secrets come from them.
    pub withheld: Vec<String>,
    /// What must not stand among its arguments.
    pub secrets: Vec<SecretString>,
    pub redact: Redact,
}

/// A version of helm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelmVersion {
    /// As it writes it: `v4.2.3`.
    pub text: String,
    numbers: (u32, u32),
}

/// The newest revision of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub number: u64,
    /// `deployed`, `failed`, `pending-upgrade`, …
    pub status: String,
    /// When it was begun, as helm writes it.
    pub since: String,
}

impl Revision {
    /// Whether helm refuses to begin beside it.
    pub fn is_pending(&self) -> bool {
        self.status.starts_with("pending-") || self.status == "uninstalling"
    }
}

impl HelmVersion {
    /// Out of what `helm version` prints, which is not the same in all versions.
    fn parse(printed: &str) -> Option<Self> {
        printed.match_indices('v').find_map(|(at, _)| {
            let text = &printed[at..];
            let is_of_it = |c: char| c.is_ascii_alphanumeric() || "-+.".contains(c);
            let text = &text[..text.find(|c| !is_of_it(c)).unwrap_or(text.len())];
            let mut numbers = text[1..].splitn(3, '.');
            let mut next = || numbers.next()?.parse().ok();
            let numbers = (next()?, next()?);
            Some(Self { text: text.to_owned(), numbers })
        })
    }
}

impl HelmProgram {
    /// For an action of a step.
    pub fn new(at: EvalContext<'_>, kubernetes: Arc<Kubernetes>, namespace: String) -> Self {
        let redactor = Arc::clone(&at.context.redactor);
        Self {
            kubernetes,
            namespace,
            directory: at.context.directory.clone(),
            withheld: at.context.secret_variables.clone(),
            secrets: at.context.secrets.clone(),
            redact: Arc::new(move |line: &str| redactor.redact(line).into_owned()),
        }
    }

    fn context() -> Context {
        Context::new(Activity::Kubernetes)
    }

    fn way(error: &KubernetesError) -> Failure {
        diagnose_kubernetes(error, &Self::context())
    }

    /// The program with these arguments, on this cluster and in this namespace.
    pub async fn command(&self, arguments: &[String]) -> Result<Command, Failure> {
        let arguments = self.arguments(arguments, self.kubernetes.context().await.map_err(|it| Self::way(&it))?);
        let secrets = Secrets::new(self.secrets.clone());
        if arguments.iter().any(|argument| secrets.stand_in(argument)) {
            return Err(catalogue::helm::SECRET_IN_ARGUMENTS.failure_in(&Self::context()));
        }
        let mut command = Command::new("helm");
        command.args(arguments).current_dir(&self.directory);
        for variable in self.withheld.iter().map(String::as_str).chain(ITS_VARIABLES) {
            command.env_remove(variable);
        }
        Ok(command)
    }

    fn arguments(&self, arguments: &[String], context: Option<String>) -> Vec<String> {
        let settings = &self.kubernetes.settings;
        let mut all = arguments.to_vec();
        let mut add = |flag: &str, value: &str| all.extend([flag.to_owned(), value.to_owned()]);
        add("--namespace", &self.namespace);
        settings.kubeconfig.iter().for_each(|path| add("--kubeconfig", path.as_str()));
        context.iter().for_each(|context| add("--kube-context", context));
        settings.user.iter().for_each(|user| add("--kube-as-user", user));
        settings.groups.iter().for_each(|group| add("--kube-as-group", group));
        all
    }

    /// Which helm it is; one that is too old is refused.
    pub async fn version(&self) -> Result<HelmVersion, Failure> {
        let mut command = Command::new("helm");
        let printed = self.answer(command.arg("version").current_dir(&self.directory), None).await?;
        let printed = printed.map_err(|said| self.failed(": it does not tell its version", &said))?;
        match HelmVersion::parse(&printed) {
            Some(version) if version.numbers >= OLDEST => Ok(version),
            Some(version) => {
                let version = format!(": {}", version.text);
                Err(catalogue::helm::TOO_OLD.with("version", version).failure_in(&Self::context()))
            }
            None => Err(self.failed(": it does not tell its version", &printed)),
        }
    }

    /// The newest revision of a release; `None` where there is no such release.
    pub async fn newest(&self, release: &str) -> Result<Option<Revision>, Failure> {
        let arguments = ["status", release, "--output", "json"].map(str::to_owned);
        match self.answer(&mut self.command(&arguments).await?, None).await? {
            Ok(printed) => match serde_json::from_str::<Status>(&printed) {
                Ok(it) => {
                    Ok(Some(Revision { number: it.version, status: it.info.status, since: it.info.last_deployed }))
                }
                // Values and manifests stand in it: nothing of it is shown.
                Err(_) => Err(self.failed(": what `helm status` prints is not what it should be", "")),
            },
            Err(said) if said.contains("release: not found") => Ok(None),
            Err(said) => Err(self.failed(": it cannot read the release", &said)),
        }
    }

    /// The Secret in which helm keeps a revision; `None` where it is gone, or kept elsewhere.
    pub async fn stored(&self, release: &str, revision: u64) -> Result<Option<Value>, Failure> {
        let name = stored_name(release, revision);
        let found = self.kubernetes.get(Resource::SECRET, &self.namespace, &name).await;
        found.map_err(|error| Self::way(&error))
    }

    /// Takes a revision away, if it is still the one that was read; says whether it was.
    pub async fn forget(&self, stored: &Value) -> Result<bool, Failure> {
        let text = |at: &str| stored.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let (name, uid) = (text("/metadata/name"), text("/metadata/uid"));
        let deleted = self.kubernetes.delete(Resource::SECRET, &self.namespace, name, Some(uid)).await;
        deleted.map_err(|error| Self::way(&error))
    }

    /// The Jobs among the hooks of the newest revision of a release.
    pub async fn hook_jobs(&self, release: &str) -> Result<Vec<String>, Failure> {
        let arguments = ["get", "hooks", release].map(str::to_owned);
        let printed = match self.answer(&mut self.command(&arguments).await?, None).await? {
            Ok(printed) => printed,
            Err(said) if said.contains("release: not found") => return Ok(Vec::new()),
            Err(said) => return Err(self.failed(": it cannot read the release's hooks", &said)),
        };
        let hooks = super::manifest::objects(&printed).map_err(|_| self.failed(": its hooks cannot be read", ""))?;
        let jobs = hooks.iter().filter(|hook| super::manifest::kind_of(hook) == "Job");
        Ok(jobs.map(|job| crate::connect::kubernetes::name_of(job).to_owned()).collect())
    }

    /// What the release was last deployed with, without the chart's own values.
    pub async fn values(&self, release: &str) -> Result<Value, Failure> {
        let arguments = ["get", "values", release, "--output", "json"].map(str::to_owned);
        let printed = self.answer(&mut self.command(&arguments).await?, None).await?;
        let printed = printed.map_err(|said| self.failed(": it cannot read the release's values", &said))?;
        serde_json::from_str(&printed).map_err(|_| self.failed(": the release's values cannot be read", ""))
    }

    /// The objects of the newest revision of a release.
    pub async fn manifest(&self, release: &str) -> Result<String, Failure> {
        let arguments = ["get", "manifest", release].map(str::to_owned);
        let printed = self.answer(&mut self.command(&arguments).await?, None).await?;
        printed.map_err(|said| self.failed(": it cannot read the release's objects", &said))
    }

    /// What a chart renders.
    pub async fn render(&self, arguments: &[String], values: Option<&Value>) -> Result<String, Failure> {
        let stdin = values.map(|values| self.unnamed(values)).transpose()?;
        let printed = self.answer(&mut self.command(arguments).await?, stdin).await?;
        printed.map_err(|said| self.failed(": it cannot render the chart", &said))
    }

    /// A file without a name that holds values, for a process's standard input: whole before it starts, and gone with it.
    pub fn unnamed(&self, values: &Value) -> Result<File, Failure> {
        let write = || {
            let mut file = tempfile::tempfile()?;
            file.write_all(values.to_string().as_bytes())?;
            std::io::Seek::rewind(&mut file)?;
            Ok(file)
        };
        write().map_err(|error: std::io::Error| self.failed(&format!(": its values cannot be handed on: {error}"), ""))
    }

    /// What a command prints that only reads; the inner error is what it says when it fails.
    async fn answer(&self, command: &mut Command, stdin: Option<File>) -> Result<Result<String, String>, Failure> {
        command.stdin(stdin.map_or_else(Stdio::null, Stdio::from)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = match timeout(PATIENCE, command.kill_on_drop(true).output()).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => return Err(self.not_started(&error)),
            Err(_) => {
                let how = format!(": no answer in {} s", PATIENCE.as_secs());
                return Err(self.failed(&how, ""));
            }
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(if ended.status.success() { Ok(text(&ended.stdout)) } else { Err(text(&ended.stderr)) })
    }

    pub fn not_started(&self, error: &std::io::Error) -> Failure {
        catalogue::helm::NOT_FOUND.with("why", format!(": {error}")).failure_in(&Self::context())
    }

    /// That it failed, with its last lines.
    pub fn failed(&self, how: &str, said: &str) -> Failure {
        let failed = catalogue::helm::FAILED.with("how", how).failure_in(&Self::context());
        match last_lines(said, &self.redact) {
            Some(last) => failed.with_cause(format!("its last lines:\n{last}")),
            None => failed,
        }
    }
}

/// The last lines of a text, without secrets; `None` where there are none.
pub fn last_lines(text: &str, redact: &Redact) -> Option<String> {
    let lines: Vec<String> = text.trim_end().lines().map(|line| redact(line)).collect();
    let last = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
    (!last.trim().is_empty()).then_some(last)
}

/// What the Secret is called in which helm keeps a revision.
pub fn stored_name(release: &str, revision: u64) -> String {
    format!("sh.helm.release.v1.{release}.v{revision}")
}

/// What stands in such a Secret's labels.
pub fn stored_status(stored: &Value) -> &str {
    stored.pointer("/metadata/labels/status").and_then(Value::as_str).unwrap_or_default()
}

/// Whether a revision is of this task: of any of its attempts.
pub fn is_of(stored: &Value, of_task: &str) -> bool {
    mark::on(stored).is_some_and(|it| it.starts_with(of_task))
}

/// What is read of `helm status --output json`. Its values and manifests are left where they are.
#[derive(Deserialize)]
struct Status {
    version: u64,
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    status: String,
    #[serde(default)]
    last_deployed: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::kubernetes::KubernetesSettings;

    #[test]
    fn a_version_is_read_as_helm_3_and_4_print_it() {
        let read = |text: &str| HelmVersion::parse(text).map(|it| (it.text, it.numbers));
        let v3 =
            r#"version.BuildInfo{Version:"v3.15.2", GitCommit:"1a500d5", GitTreeState:"clean", GoVersion:"go1.22.4"}"#;
        assert_eq!(read(v3), Some(("v3.15.2".to_owned(), (3, 15))));
        assert_eq!(read("v4.2.3+gabc"), Some(("v4.2.3+gabc".to_owned(), (4, 2))));
        assert_eq!(read("very well"), None);
    }

    #[test]
    fn helm_is_led_to_the_cluster_of_the_target() {
        let settings = KubernetesSettings {
            kubeconfig: Some("/k/config".into()),
            context: Some("prod".to_owned()),
            user: Some("system:serviceaccount:a:b".to_owned()),
            groups: vec!["one".to_owned(), "two".to_owned()],
            ..KubernetesSettings::default()
        };
        let program = HelmProgram {
            kubernetes: Arc::new(Kubernetes::new("k".into(), settings)),
            namespace: "langsmith".to_owned(),
            directory: "/".into(),
            withheld: Vec::new(),
            secrets: Vec::new(),
            redact: Arc::new(str::to_owned),
        };
        let arguments = program.arguments(&["status".to_owned(), "a".to_owned()], Some("prod".to_owned()));
        let expected = "status a --namespace langsmith --kubeconfig /k/config --kube-context prod --kube-as-user \
                        system:serviceaccount:a:b --kube-as-group one --kube-as-group two";
        assert_eq!(arguments.join(" "), expected);
    }

    #[test]
    fn what_helm_says_of_a_release_is_read_without_its_values() {
        let printed = r#"{"name":"a","info":{"first_deployed":"x","last_deployed":"2026","status":"pending-upgrade"},"config":{"password":"p"},"version":4}"#;
        let read: Status = serde_json::from_str(printed).unwrap();
        let revision = Revision { number: read.version, status: read.info.status, since: read.info.last_deployed };
        assert!(revision.is_pending() && revision.number == 4);
    }
}
