//! A command in a container: started by a shell that hands it its environment, followed over a link, known again by its mark.
//!
//! The pod is noted before anything is started in it, with its uid: after a crash that is where the command may still run. A link that
//! breaks or stalls says nothing of the command, so while nothing is heard another look asks whether it lives.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::join;
use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use super::{
    container::{Found, Living, Where},
    starter,
};
use crate::{
    action::{
        Attempt,
        exec::{IsRead, KEPT, Redact, Tail, Telling, VARIABLE, read_lines, secret_in_arguments},
    },
    catalogue,
    connect::kubernetes::{Ended, KubernetesError, Link, Process},
    diagnose::diagnose_kubernetes,
    engine::{
        event::Verdict,
        performer::{Answer, Progress, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::actions::Effect,
};

/// How long a command is waited for when houseplan has to end.
const SHORTLY: Duration = Duration::from_secs(10);
/// How long its output is read after its end.
const AFTERWARDS: Duration = Duration::from_secs(5);
/// How long a settlement waits for a command of an earlier attempt.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often somebody looks whether the command lives, and how often in a row it has to be missing, or out of reach.
const LOOK: Duration = Duration::from_secs(30);
const MISSED: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// What came of waiting for an earlier attempt.
enum Waited {
    Gone,
    Interrupted,
    StillRunning(Box<Failure>),
}

/// One command.
pub(super) struct PodExecTask {
    pub at: Where,
    pub attempt: Attempt,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Besides the container's own environment. May hold secrets.
    pub env: IndexMap<String, String>,
    pub effect: Effect,
    /// Whether another step reads what it prints.
    pub is_read: IsRead,
    /// What must not stand among the arguments.
    pub secrets: Vec<SecretString>,
    pub redact: Redact,
}

impl PodExecTask {
    fn telling(&self) -> Telling<'_> {
        let Self { attempt, command, effect, is_read, redact, .. } = self;
        Telling { attempt, command, effect: *effect, is_read, redact }
    }

    fn failed(error: &KubernetesError) -> Failure {
        diagnose_kubernetes(error, &Telling::context())
    }

    fn not_started(why: &str) -> Answer {
        let failure = catalogue::exec::NOT_FOUND.with("why", format!(": {why}")).failure_in(&Telling::context());
        Answer::Failed(failure.before_sending())
    }

    /// Waits until no command of an earlier attempt lives in this container any more.
    async fn await_end(&self, found: &Found, task_context: &TaskContext) -> Waited {
        let begun = Instant::now();
        loop {
            let still = match self.at.living(found, &self.attempt.id_prefix()).await {
                Living::None => return Waited::Gone,
                Living::Some(processes) => {
                    let place = format!(" in the pod `{}`: {}", found.pod, processes.join(", "));
                    catalogue::exec::STILL_RUNNING.with("processes", place).failure_in(&Telling::context())
                }
                Living::Unknown(reason) => {
                    let how = format!("whether it still runs in the pod `{}` is not known: {reason}", found.pod);
                    self.telling().in_doubt(&how)
                }
            };
            if task_context.interrupted.is_cancelled() {
                return Waited::Interrupted;
            }
            if begun.elapsed() > PATIENCE {
                return Waited::StillRunning(Box::new(still));
            }
            (task_context.progress)(Progress {
                doing: Some("waiting for the command of an earlier attempt".to_owned()),
                ..Progress::default()
            });
            sleep(PAUSE).await;
        }
    }

    /// Ends when the command is known to have ended, or the pod to be out of reach, without a word from the link.
    async fn watch(&self, found: &Found) -> String {
        let (mut missing, mut silent) = (0, 0);
        loop {
            sleep(LOOK).await;
            let reason = match self.at.living(found, &self.attempt.operation_id()).await {
                Living::Some(_) => {
                    (missing, silent) = (0, 0);
                    continue;
                }
                Living::None => {
                    missing += 1;
                    "it has ended, and the link does not say how".to_owned()
                }
                Living::Unknown(reason) => {
                    // A container that cannot tell is one that answers.
                    silent = if self.at.is_there(found).await.is_ok() { 0 } else { silent + 1 };
                    reason
                }
            };
            if missing >= MISSED || silent >= MISSED {
                return reason;
            }
        }
    }

    /// Follows the command to its end, as far as that is known.
    async fn ended(&self, found: &Found, link: Link, task_context: &TaskContext) -> Ended {
        let mut link = std::pin::pin!(link);
        tokio::select! {
            ended = &mut link => ended,
            reason = self.watch(found) => Ended::Unknown(reason),
            () = task_context.interrupted.cancelled() => match timeout(SHORTLY, link).await {
                Ok(ended) => ended,
                Err(_) => Ended::Unknown("it still runs, and houseplan was stopped".to_owned()),
            },
        }
    }

    /// Starts it in this container, and follows it.
    async fn run(&self, found: &Found, task_context: &TaskContext) -> Answer {
        let mark = self.attempt.operation_id();
        let variables: Vec<(&str, &str)> =
            self.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let variables = [variables.as_slice(), &[(VARIABLE, mark.as_str())]].concat();
        let missing = Uuid::new_v4().to_string();
        let command = starter::command(&self.command, variables.len(), &missing);
        let process = self.at.kubernetes.exec(&found.at(), &command).await;
        let Process { mut stdin, stdout, stderr, link } = match process {
            Ok(process) => process,
            // Whether it was started is not known there.
            Err(KubernetesError::Lost { reason, .. }) => return Answer::Unknown(self.telling().in_doubt(&reason)),
            Err(error) => return Answer::Failed(Self::failed(&error).before_sending()),
        };
        let show = {
            let progress = Arc::clone(&task_context.progress);
            let missing = missing.clone();
            move |line: &str| {
                if line != missing {
                    progress(Progress { line: Some(line.to_owned()), ..Progress::default() });
                }
            }
        };
        let (printed, errors) = (Tail::new(KEPT), Tail::new(KEPT));
        let reading = tokio::spawn(join(
            read_lines(stdout, printed.clone(), self.redact.clone(), show.clone()),
            read_lines(stderr, errors.clone(), self.redact.clone(), show),
        ));
        let input = starter::input(variables.iter().copied());
        let given = async {
            // Where it cannot be given, the link tells why.
            let _ = stdin.write_all(input.as_bytes()).await;
            std::future::pending::<Ended>().await
        };
        let ended = tokio::select! {
            ended = self.ended(found, link, task_context) => ended,
            ended = given => ended,
        };
        if timeout(AFTERWARDS, reading).await.is_err() && matches!(ended, Ended::Code(_)) {
            return Answer::Unknown(self.telling().in_doubt("it has ended, and what it printed has not come"));
        }
        let ended = match ended {
            Ended::Code(127) if errors.text().lines().any(|line| line == missing) => {
                return Self::not_started("the container has no such program");
            }
            Ended::Code(0) => Ok(()),
            Ended::Code(code) => Err(format!("ended with code {code}")),
            Ended::NotStarted(_) => return Self::not_started("the container has no `sh`"),
            Ended::Unknown(reason) => return Answer::Unknown(self.telling().in_doubt(&reason)),
        };
        self.telling().answer(ended, &printed, &errors, task_context).await
    }
}

#[async_trait]
impl TaskRun for PodExecTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        if let Some(failure) = secret_in_arguments(&self.command, &self.secrets) {
            return Answer::Failed(failure.before_sending());
        }
        let found = match self.at.find().await {
            Ok(found) => found,
            Err(error) => return Answer::Failed(Self::failed(&error).before_sending()),
        };
        if self.attempt.number > 1 {
            // Whoever settled the one before may have been mistaken: nothing is started beside it.
            match self.await_end(&found, &task_context).await {
                Waited::Gone => {}
                Waited::Interrupted => return Answer::Unknown(self.telling().in_doubt("houseplan was stopped")),
                Waited::StillRunning(failure) => return Answer::Unknown(*failure),
            }
        }
        if task_context.notes.note(json!({ "pod": found })).await.is_err() {
            return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Telling::context()));
        }
        self.run(&found, &task_context).await
    }

    /// It may live on without us. Once it is gone: what must not happen twice a person has to judge, the rest runs again.
    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        let found = notes.iter().rev().find_map(|note| serde_json::from_value(note.get("pod")?.clone()).ok());
        // The pod is on record before anything is started in it.
        let Some(found) = found else { return Settlement::Settled(Verdict::NotDone) };
        match self.at.is_there(&found).await {
            Ok(true) => match self.await_end(&found, &task_context).await {
                Waited::Gone => {}
                Waited::Interrupted => return Settlement::Interrupted,
                Waited::StillRunning(failure) => return Settlement::Unsettled(*failure),
            },
            Ok(false) => {}
            Err(error) => return Settlement::Unsettled(Self::failed(&error)),
        }
        match self.effect {
            Effect::Once => Settlement::Unsettled(
                self.telling()
                    .noted(&notes)
                    .unwrap_or_else(|| self.telling().in_doubt("the journal does not say how it ended")),
            ),
            Effect::Idempotent | Effect::Read => Settlement::Settled(Verdict::NotDone),
        }
    }
}
