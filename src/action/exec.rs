//! The action `exec`: a process on this machine, from an argument list, never through a shell.
//!
//! Its output is shown line by line, without secrets. It runs in a process group of its own, so that a Ctrl-C meant for
//! houseplan does not end it half-way: houseplan waits for it a little, and if it has to go first, the process goes on by
//! itself (its output is lost then, and a process that minds that may end). houseplan ends no process.
//!
//! Doubt: each process has `HOUSEPLAN_TASK=RUN/TASK/ATTEMPT` in its environment, by which it is found again as long as it
//! lives, without a record on disk for each process. When it is gone, what reads or is idempotent is done again; what must
//! happen once is for a person to say, for nobody has seen how it ended.

use std::{collections::VecDeque, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};

use super::Attempt;
use crate::{
    engine::{
        event::{Failure, Verdict},
        performer::{Answer, Progress, Settlement, Site, TaskRun},
    },
    plan::action::Effect,
    template::{Rendered, redact::Redactor},
};

/// By which a process is known again; see the module's doc.
const MARK: &str = "HOUSEPLAN_TASK";
/// How much of what it wrote to stdout is kept as output, in bytes: its end.
const KEPT: usize = 64 * 1024;
/// How much of its stderr is told when it fails, in bytes: its end.
const TOLD: usize = 2 * 1024;

/// One process.
pub struct ExecTask {
    pub attempt: Attempt,
    /// The program and its arguments; none of them may hold a secret, for all users of a machine can read those.
    pub command: Vec<Rendered>,
    /// Besides houseplan's own environment. May hold secrets.
    pub env: Vec<(String, Rendered)>,
    pub directory: Option<PathBuf>,
    pub effect: Effect,
    pub redactor: Arc<Redactor>,
}

impl ExecTask {
    /// The command as a person would type it.
    fn shown(&self) -> String {
        self.command.iter().map(Rendered::shown).collect::<Vec<_>>().join(" ")
    }

    fn start(&self) -> Result<Child, Failure> {
        if self.command.iter().any(Rendered::is_secret) {
            let message = format!("an argument of `{}` is a secret, and arguments can be read by everyone on a machine", self.shown());
            return Err(Failure::new("houseplan::exec::secret_argument", message)
                .with_help("Give the secret by `env:`, and have the program read it from there."));
        }
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(Failure::new("houseplan::exec::not_started", "the command is empty"));
        };
        let mut command = Command::new(program.text());
        command
            .args(arguments.iter().map(Rendered::text))
            .envs(self.env.iter().map(|(name, value)| (name, value.text())))
            .env(MARK, self.attempt.operation_id())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(false);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command.spawn().map_err(|error| {
            let message = format!("`{}` cannot be started: {error}", program.shown());
            Failure::new("houseplan::exec::not_started", message).with_help(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "Is the program installed, is it on the PATH, and is `directory` there?".to_owned()
                }
                _ => "Nothing was done; mend it, then `houseplan resume`.".to_owned(),
            })
        })
    }

    async fn follow(&self, mut child: Child, site: &Site) -> Answer {
        let stdout = self.read(child.stdout.take(), KEPT, site);
        let stderr = self.read(child.stderr.take(), TOLD, site);
        let (stdout, stderr, status) = tokio::join!(stdout, stderr, child.wait());
        let status = match status {
            Ok(status) => status,
            Err(error) => {
                let message = format!("how `{}` ended cannot be found out: {error}", self.shown());
                return Answer::Unknown(Failure::new("houseplan::exec::lost", message));
            }
        };
        match status.code() {
            Some(0) => Answer::Acted(json!({ "stdout": stdout, "code": 0 })),
            code => {
                let how = code.map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
                let mut failure = Failure::new("houseplan::exec::failed", format!("`{}` ended with {how}", self.shown()));
                let said = if stderr.trim().is_empty() { stdout } else { stderr };
                let said = tail(&said, TOLD).trim();
                if !said.is_empty() {
                    failure = failure.with_cause(said.to_owned());
                }
                Answer::Failed(failure)
            }
        }
    }

    /// Reads a stream to its end, shows each line, and gives the last of it.
    async fn read(&self, stream: Option<impl AsyncRead + Unpin>, most: usize, site: &Site) -> String {
        let Some(stream) = stream else { return String::new() };
        let mut reader = BufReader::new(stream);
        let (mut kept, mut length, mut line) = (VecDeque::new(), 0, Vec::new());
        // A stream that cannot be read any more has ended for us; how the process ended is what counts.
        while let Ok(1..) = reader.read_until(b'\n', &mut line).await {
            let text = self.redactor.redact(&String::from_utf8_lossy(&line)).into_owned();
            line.clear();
            (site.progress)(Progress { line: Some(text.trim_end().to_owned()), ..Progress::default() });
            length += text.len();
            kept.push_back(text);
            while length > most && kept.len() > 1 {
                length -= kept.pop_front().map_or(0, |first| first.len());
            }
        }
        let all: String = kept.into_iter().collect();
        tail(&all, most).to_owned()
    }
}

/// The end of a text, at most this many bytes of it.
fn tail(text: &str, most: usize) -> &str {
    let start = text.len().saturating_sub(most);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[start..]
}

#[async_trait]
impl TaskRun for ExecTask {
    async fn perform(self: Box<Self>, site: Site) -> Answer {
        match self.start() {
            Ok(child) => self.follow(child, &site).await,
            Err(failure) => Answer::Failed(failure),
        }
    }

    async fn settle(self: Box<Self>, site: Site, _: Vec<Value>) -> Settlement {
        let mark = self.attempt.operation_id();
        loop {
            match living(&mark) {
                Ok(None) => break,
                Ok(Some(process)) => {
                    let doing = format!("waiting for process {process}, which an earlier houseplan started");
                    (site.progress)(Progress { doing: Some(doing), ..Progress::default() });
                }
                Err(reason) => {
                    let message = format!("whether `{}` still runs cannot be seen: {reason}", self.shown());
                    return Settlement::Unsettled(Failure::new("houseplan::exec::lost", message));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
                () = site.interrupted.cancelled() => {
                    let message = format!("`{}` still runs", self.shown());
                    return Settlement::Unsettled(Failure::new("houseplan::exec::running", message));
                }
            }
        }
        match self.effect {
            Effect::Read | Effect::Idempotent => Settlement::Settled(Verdict::NotDone),
            Effect::Once => {
                let message = format!("`{}` has ended, and nobody saw how", self.shown());
                let help = format!(
                    "See for yourself whether it did its work, then `houseplan settle {run} '{task}' --as done`, or `--as \
                     not-done` to have it done again.",
                    run = self.attempt.run,
                    task = self.attempt.task,
                );
                Settlement::Unsettled(Failure::new("houseplan::exec::once", message).with_help(help))
            }
        }
    }
}

/// The process of this user that bears the mark, if one lives.
#[cfg(target_os = "linux")]
fn living(mark: &str) -> Result<Option<u32>, String> {
    let wanted = format!("{MARK}={mark}");
    let entries = std::fs::read_dir("/proc").map_err(|error| format!("/proc cannot be read: {error}"))?;
    for entry in entries.flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // Other users' processes cannot be read, and are none of ours; a zombie's environment is empty.
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        if process != std::process::id() && environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes()) {
            return Ok(Some(process));
        }
    }
    Ok(None)
}

#[cfg(not(target_os = "linux"))]
fn living(_: &str) -> Result<Option<u32>, String> {
    Err("only on Linux can houseplan find a process by its environment".to_owned())
}
