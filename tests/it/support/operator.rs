//! The binary as an operator uses it: a folder with plans and an environment, a state folder of their own, and a terminal's worth of
//! output to read.

use std::{
    fs::{self, File},
    process::Stdio,
    time::{Duration, Instant},
};

use camino::Utf8PathBuf;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

/// Nothing that an operator types here takes longer than this; what does, hangs.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(20);

/// The database that the sandbox's data are in.
pub const DATABASE: &str = "langsmith";
pub const MOVE: &str = "standalone-to-replicated";

const NOWHERE: &str = "apiVersion: houseplan/v1
kind: Environment
metadata: { name: nowhere }
targets: { local: { kind: local } }
";

/// The binary under test.
pub fn program() -> Utf8PathBuf {
    env!("CARGO_BIN_EXE_houseplan").into()
}

/// A person at a desk of their own.
pub struct Operator {
    desk: tempfile::TempDir,
    environment: String,
    variables: Vec<(&'static str, String)>,
}

/// What a command has said.
#[derive(Debug)]
pub struct Said {
    /// `None` where a signal has ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A command at work.
pub struct Running {
    child: Child,
    out: Utf8PathBuf,
    err: Utf8PathBuf,
}

impl Operator {
    /// With this text as the environment.
    pub fn with_environment(environment: String) -> Self {
        let operator = Self { desk: tempfile::tempdir().expect("a folder"), environment, variables: Vec::new() };
        operator.environment("environment", &[]);
        operator
    }

    /// For plans that need no server.
    pub fn alone() -> Self {
        Self::with_environment(NOWHERE.to_owned())
    }

    /// With these variables, for every command.
    pub fn knowing(mut self, variables: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Asks this port over HTTP for every host but this machine.
    pub fn behind_proxy(self, port: u16) -> Self {
        let proxy = format!("http://127.0.0.1:{port}");
        self.knowing([("http_proxy", proxy), ("no_proxy", "127.0.0.1,localhost".to_owned())])
    }

    pub fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.desk.path().join(name)).expect("a path in UTF-8")
    }

    pub fn state(&self) -> Utf8PathBuf {
        self.path("state")
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path.into_string()
    }

    /// The environment with other text in some places, each of which has to be there.
    pub fn environment(&self, name: &str, changes: &[(&str, &str)]) -> String {
        self.write(&format!("{name}.yaml"), &changed(&self.environment, changes))
    }

    /// The environment with one line put in another's place, found by how it begins.
    pub fn environment_line(&self, name: &str, begins: &str, line: &str) -> String {
        let found = self.environment.lines().find(|it| it.trim_start().starts_with(begins));
        let found = found.unwrap_or_else(|| panic!("no line `{begins}`"));
        let indent = &found[..found.len() - found.trim_start().len()];
        self.environment(name, &[(found, &format!("{indent}{line}"))])
    }

    /// A copy of the shipped plan, with other text in some places.
    pub fn plan(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let shipped = format!("{}/plans/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(&shipped).unwrap_or_else(|error| panic!("{shipped}: {error}"));
        self.write(&format!("{name}.yaml"), &changed(&text, changes))
    }

    fn command(&self, arguments: &[&str]) -> (Command, Utf8PathBuf, Utf8PathBuf) {
        let (out, err) = (self.path("stdout"), self.path("stderr"));
        let number = uuid::Uuid::new_v4().simple().to_string();
        let (out, err) = (out.with_extension(&number), err.with_extension(&number));
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env("HOUSEPLAN_STATE_DIR", self.state())
            .env("HOUSEPLAN_ENV", self.path("environment.yaml"))
            .env_remove("HOUSEPLAN_SANDBOX")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.desk.path())
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a file"))
            .stderr(File::create(&err).expect("a file"))
            .kill_on_drop(true);
        (command, out, err)
    }

    /// Begins a command; to wait for, or to end.
    pub fn begin(&self, arguments: &[&str]) -> Running {
        let (mut command, out, err) = self.command(arguments);
        Running { child: command.spawn().expect("the binary starts"), out, err }
    }

    pub async fn does(&self, arguments: &[&str]) -> Said {
        self.begin(arguments).ends().await
    }

    /// `houseplan run PLAN --env ENV` on the sandbox's database, and what else is to be said.
    pub fn run_arguments<'a>(plan: &'a str, environment: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["run", plan, "--env", environment, "--set", "database=langsmith"], more].concat()
    }

    pub async fn runs(&self, plan: &str, environment: &str, more: &[&str]) -> Said {
        self.does(&Self::run_arguments(plan, environment, more)).await
    }

    pub async fn resumes(&self, more: &[&str]) -> Said {
        let run = self.last_run();
        self.does(&[&["resume", &run], more].concat()).await
    }

    /// All runs, the oldest first.
    pub fn all_runs(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.state().join("runs")) else { return Vec::new() };
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a name in UTF-8");
        let mut runs: Vec<_> = entries
            .map(|entry| entry.expect("an entry"))
            .map(|entry| (entry.metadata().and_then(|data| data.created()).expect("its age"), name(entry)))
            .collect();
        runs.sort();
        runs.into_iter().map(|(_, run)| run).collect()
    }

    pub fn last_run(&self) -> String {
        self.all_runs().pop().expect("a run")
    }

    pub fn journal_file(&self, run: &str) -> Utf8PathBuf {
        self.state().join("runs").join(run).join("journal.jsonl")
    }

    /// What stands in the last run's journal. A line that is being written is left out.
    pub fn events(&self) -> Vec<Value> {
        let Some(run) = self.all_runs().pop() else { return Vec::new() };
        let text = fs::read_to_string(self.journal_file(&run)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// How often an event stands there of a task (or step) whose name begins so.
    pub fn count(&self, event: &str, of: &str) -> usize {
        let named = |record: &Value| {
            ["task", "step"].iter().any(|key| record[key].as_str().is_some_and(|it| it.starts_with(of)))
        };
        self.events().iter().filter(|record| record["event"] == event && named(record)).count()
    }

    /// Waits for an event of a task while a command works.
    pub async fn sees(&self, event: &str, of: &str) {
        let begun = Instant::now();
        while self.count(event, of) == 0 {
            assert!(begun.elapsed() < PATIENCE, "{event} of {of} never came");
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Running {
    pub fn pid(&self) -> i32 {
        self.child.id().and_then(|id| i32::try_from(id).ok()).expect("it runs")
    }

    /// Whether it still works.
    pub fn works(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Waits for its end.
    pub async fn ends(mut self) -> Said {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let read = |path| String::from_utf8_lossy(&fs::read(path).expect("its output")).into_owned();
        let (stdout, stderr) = (read(&self.out), read(&self.err));
        let status = ended.unwrap_or_else(|_| panic!("it hangs\n{stdout}\n{stderr}")).expect("its state");
        Said { code: status.code(), stdout, stderr }
    }

    /// kill -9.
    pub async fn killed(mut self) -> Said {
        assert!(self.works(), "it had ended before it could be killed: {:?}", self.ends().await);
        self.child.start_kill().expect("a signal");
        let said = self.ends().await;
        assert_eq!(said.code, None, "{said:?}");
        said
    }

    /// kill -9 as soon as it is time, where it has not come to its own end by then.
    pub async fn ends_or_is_killed(mut self, is_time: impl Fn() -> bool) -> Said {
        while self.works() {
            if is_time() {
                self.child.start_kill().expect("a signal");
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.ends().await
    }

    pub async fn told_to_end(self, signal: Signal) -> Said {
        kill_process(Pid::from_raw(self.pid()).expect("a process"), signal).expect("a signal");
        self.ends().await
    }
}

impl Said {
    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Everything it has said, in one line each word from the next by one space: how lines are broken does not matter.
    pub fn words(&self) -> String {
        let all = format!("{} {}", self.stderr, self.stdout);
        all.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn has(self, text: &str) -> Self {
        assert!(
            self.words().contains(text),
            "`{text}` is not in\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub fn has_not(self, text: &str) -> Self {
        assert!(
            !self.words().contains(text),
            "`{text}` is in\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is not in the text");
        text.replacen(from, to, 1)
    })
}
