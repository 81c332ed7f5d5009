//! A process on this machine: an argument list, never a shell.
//!
//! It runs in a process group of its own, so that Ctrl-C in a terminal does not reach it, and houseplan kills it never:
//! neither when its time is up (the scheduler drops us; what it prints is read on as long as houseplan lives), nor when
//! houseplan is asked to end (it is waited for shortly). Half a `helm upgrade` is worse than one that nobody watches.
//!
//! Nothing is noted before it starts, for that would cost every step a second sync to disk. It carries its task's mark in
//! its environment instead, `HOUSEPLAN_TASK`, by which [`process_scan`] finds it again.

use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::{OptionFuture, join};
use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    process::Command,
    time::{sleep, timeout},
};

use super::{
    printed::{Redact, Tail, read_lines},
    process_scan,
    telling::{KEPT, Telling, secret_in_arguments},
};

use crate::{
    action::Attempt,
    catalogue,
    engine::{
        event::Verdict,
        performer::{Answer, Progress, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::actions::Effect,
};

/// How long a process is waited for when houseplan has to end.
const SHORTLY: Duration = Duration::from_secs(10);
/// How long its output is read after its end: what it started may hold the pipes open.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// How long a settlement waits for a process of an earlier attempt.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells whether something is read; looked for only when it matters.
pub type IsRead = Arc<dyn Fn() -> bool + Send + Sync>;

/// What came of waiting for an earlier attempt.
enum Waited {
    Gone,
    Interrupted,
    StillRunning(Box<Failure>),
}

/// One process.
pub struct ExecTask {
    pub attempt: Attempt,
    /// The other machine that the attempt to be settled was begun on: its processes are not to be seen from here.
    pub begun_on: Option<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Besides houseplan's own environment. May hold secrets.
    pub env: IndexMap<String, String>,
    pub directory: Option<PathBuf>,
    pub effect: Effect,
    /// Variables of houseplan's own environment that are not handed on, for secrets come from them; `env` may name them anew.
    pub withheld: Vec<String>,
    /// Whether another step reads what it prints.
    pub is_read: IsRead,
    /// What must not stand among the arguments.
    pub secrets: Vec<SecretString>,
    pub redact: Redact,
}

impl ExecTask {
    /// What is said of it.
    fn telling(&self) -> Telling<'_> {
        let Self { attempt, command, effect, is_read, redact, .. } = self;
        Telling { attempt, command, effect: *effect, is_read, redact }
    }

    fn not_started(&self, program: &str, error: &std::io::Error) -> Failure {
        let why = match &self.directory {
            Some(directory) if !directory.is_dir() => format!(": the folder `{}` does not exist", directory.display()),
            _ => format!(": `{}`: {error}", (self.redact)(program)),
        };
        catalogue::exec::NOT_FOUND.with("why", why).failure_in(&Telling::context())
    }

    /// It may still run on another machine, and what could be started beside it may be the same.
    fn begun_elsewhere(&self, host: &str) -> Failure {
        let how = format!(": it was started on {host}, and this machine cannot see whether it still runs there");
        let first = format!("make sure that nothing of it runs on {host}. Then ");
        self.telling().doubt().with("how", how).with("first", first).failure_in(&Telling::context())
    }

    /// What a person has to know to settle it.
    fn unsettled(&self, notes: &[Value]) -> Failure {
        self.telling().noted(notes).unwrap_or_else(|| match &self.begun_on {
            Some(host) => self.begun_elsewhere(host),
            None => self.telling().in_doubt("the journal does not say how it ended"),
        })
    }

    /// Waits until no process of an earlier attempt lives any more.
    async fn await_end(&self, task_context: &TaskContext) -> Waited {
        let mark = self.attempt.id_prefix();
        let begun = std::time::Instant::now();
        loop {
            let living = process_scan::processes(&mark);
            if living.is_empty() {
                return Waited::Gone;
            }
            if task_context.interrupted.is_cancelled() {
                return Waited::Interrupted;
            }
            if begun.elapsed() > PATIENCE {
                let living: Vec<String> = living.iter().map(u32::to_string).collect();
                let still = catalogue::exec::STILL_RUNNING.with("processes", format!(": {}", living.join(", ")));
                return Waited::StillRunning(Box::new(still.failure_in(&Telling::context())));
            }
            (task_context.progress)(Progress {
                doing: Some("waiting for the process of an earlier attempt".to_owned()),
                ..Progress::default()
            });
            sleep(Duration::from_millis(300)).await;
        }
    }
}

#[async_trait]
impl TaskRun for ExecTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let Some((program, arguments)) = self.command.split_first() else {
            let empty = catalogue::exec::NOT_FOUND.with("why", ": the command is empty");
            return Answer::Failed(empty.failure_in(&Telling::context()).before_sending());
        };
        if let Some(failure) = secret_in_arguments(&self.command, &self.secrets) {
            return Answer::Failed(failure.before_sending());
        }
        if self.attempt.number > 1 {
            // Whoever settled the one before may have been mistaken: nothing is started beside it.
            match self.await_end(&task_context).await {
                Waited::Gone => {}
                Waited::Interrupted => return Answer::Unknown(self.telling().in_doubt("houseplan was stopped")),
                Waited::StillRunning(failure) => return Answer::Unknown(*failure),
            }
        }
        // No closure before exec, so that the standard library can take posix_spawn: it costs no copy of our page tables.
        let mut command = Command::new(program);
        command.args(arguments);
        for variable in &self.withheld {
            command.env_remove(variable);
        }
        command
            .envs(&self.env)
            .env(process_scan::VARIABLE, self.attempt.operation_id())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Answer::Failed(self.not_started(program, &error).before_sending()),
        };
        let show = {
            let progress = Arc::clone(&task_context.progress);
            move |line: &str| progress(Progress { line: Some(line.to_owned()), ..Progress::default() })
        };
        let (printed, errors) = (Tail::new(KEPT), Tail::new(KEPT));
        let stdout =
            child.stdout.take().map(|pipe| read_lines(pipe, printed.clone(), self.redact.clone(), show.clone()));
        let stderr = child.stderr.take().map(|pipe| read_lines(pipe, errors.clone(), self.redact.clone(), show));
        // On a task of its own: where we are dropped, the process must not block on a full pipe.
        let reading = tokio::spawn(join(OptionFuture::from(stdout), OptionFuture::from(stderr)));
        let ended = tokio::select! {
            ended = child.wait() => ended,
            () = task_context.interrupted.cancelled() => match timeout(SHORTLY, child.wait()).await {
                Ok(ended) => ended,
                Err(_) => return Answer::Unknown(self.telling().in_doubt("it still runs, and houseplan was stopped")),
            },
        };
        let _ = timeout(AFTERWARDS, reading).await;
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => return Answer::Unknown(self.telling().in_doubt(&error.to_string())),
        };
        let ended = match (ended.success(), ended.code()) {
            (true, _) => Ok(()),
            (false, Some(code)) => Err(format!("ended with code {code}")),
            (false, None) => Err(format!("was ended by a signal ({ended})")),
        };
        self.telling().answer(ended, &printed, &errors, &task_context).await
    }

    /// It may live on without us. Once it is gone: what must not happen twice a person has to judge, the rest runs again.
    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        match self.await_end(&task_context).await {
            Waited::Gone => {}
            Waited::Interrupted => return Settlement::Interrupted,
            Waited::StillRunning(failure) => return Settlement::Unsettled(*failure),
        }
        match (self.effect, &self.begun_on) {
            (Effect::Once, _) | (Effect::Idempotent, Some(_)) => Settlement::Unsettled(self.unsettled(&notes)),
            (Effect::Idempotent | Effect::Read, _) => Settlement::Settled(Verdict::NotDone),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::{
        engine::performer::NoteSender,
        name::{StepId, TaskId},
    };

    fn task(number: u32, effect: Effect, script: &str) -> Box<ExecTask> {
        let run = format!("run-{}-{}", std::process::id(), script.len());
        Box::new(ExecTask {
            attempt: Attempt { run, task: TaskId::new(&StepId::new("up"), None, None), number, stalled_after: None },
            begun_on: None,
            command: ["sh", "-c", script].map(str::to_owned).to_vec(),
            env: IndexMap::new(),
            directory: None,
            effect,
            withheld: Vec::new(),
            is_read: Arc::new(|| false),
            secrets: Vec::new(),
            redact: Arc::new(str::to_owned),
        })
    }

    /// A task context whose notes are durable at once.
    fn task_context(kept: &Arc<std::sync::Mutex<Vec<Value>>>) -> TaskContext {
        let (sender, mut notes) = unbounded_channel::<(Value, tokio::sync::oneshot::Sender<()>)>();
        let kept = Arc::clone(kept);
        tokio::spawn(async move {
            while let Some((note, durable)) = notes.recv().await {
                kept.lock().unwrap().push(note);
                let _ = durable.send(());
            }
        });
        TaskContext { progress: Arc::new(|_| {}), notes: NoteSender(sender), interrupted: Default::default() }
    }

    #[tokio::test]
    async fn what_must_happen_once_and_ends_with_an_error_is_in_doubt_and_says_its_last_words() {
        for (script, how) in
            [("echo 'half done' >&2; exit 3", "ended with code 3"), ("echo 'half done'; kill -9 $$", "signal")]
        {
            let notes = Arc::default();
            let answer = task(1, Effect::Once, script).perform(task_context(&notes)).await;
            let Answer::Unknown(failure) = answer else { panic!("{answer:?}") };
            assert!(failure.message.contains(how), "{failure:?}");
            // The same is known to another process, by the note.
            let past = notes.lock().unwrap().clone();
            let settlement = task(1, Effect::Once, script).settle(task_context(&notes), past).await;
            let Settlement::Unsettled(told) = settlement else { panic!("{settlement:?}") };
            assert_eq!(told, failure);
            assert!(told.cause.unwrap().contains("half done"));
            let help = told.help.unwrap();
            assert!(
                help.contains("houseplan settle run-") && help.contains("'up' --attempt 1 --as not-done"),
                "{help}"
            );
        }
        let answer = task(1, Effect::Idempotent, "exit 3").perform(task_context(&Arc::default())).await;
        assert!(matches!(answer, Answer::Failed(_)), "{answer:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_started_was_never_sent_and_what_fails_was() {
        let failed = async |change: fn(&mut ExecTask)| {
            let mut task = task(1, Effect::Idempotent, "exit 3");
            change(&mut task);
            match task.perform(task_context(&Arc::default())).await {
                Answer::Failed(failure) => failure,
                answer => panic!("{answer:?}"),
            }
        };
        let never: [fn(&mut ExecTask); 4] = [
            |task| task.command = vec!["/nowhere/program".to_owned()],
            |task| task.command.clear(),
            |task| task.directory = Some("/nowhere".into()),
            |task| task.secrets = vec!["exit 3".into()],
        ];
        for change in never {
            let failure = failed(change).await;
            assert!(failure.unsent && failure.untouched, "{failure:?}");
        }
        assert!(!failed(|_| {}).await.unsent);
    }

    #[tokio::test]
    async fn of_an_end_that_is_not_on_record_no_more_is_said() {
        // So it is where houseplan had died, and also where it was there and its journal could not be written.
        let settlement = task(1, Effect::Once, "true").settle(task_context(&Arc::default()), Vec::new()).await;
        let Settlement::Unsettled(told) = settlement else { panic!("{settlement:?}") };
        assert_eq!(told.message, "it is unknown what `sh` has done: the journal does not say how it ended");
        assert!(told.cause.as_ref().is_some_and(|cause| cause.contains("or could not write its journal")), "{told:?}");
    }

    #[tokio::test]
    async fn nothing_is_started_beside_an_earlier_attempt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log").display().to_string();
        let script = format!("echo in >> {path}; sleep 1; echo out >> {path}");
        let first = task(1, Effect::Once, &script).perform(task_context(&Arc::default()));
        // The scheduler drops us when our time is up; the process goes on.
        assert!(tokio::time::timeout(Duration::from_millis(400), first).await.is_err());
        let answer = task(2, Effect::Once, &script).perform(task_context(&Arc::default())).await;
        assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "in\nout\nin\nout\n");
    }
}
