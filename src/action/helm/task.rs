//! `helm upgrade`, at work and in doubt.
//!
//! Helm writes its revision as pending before it changes anything, and nobody mends that when it is killed. What we do about it, and
//! when: a pending revision that an earlier attempt of this task has marked is taken away, once its process is gone and no pod of its
//! hooks is left; then Helm begins at the one that was deployed. Nothing is rolled back, for that starts what the old revision ran.

use std::{process::Stdio, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    hooks::{Drained, context, drained, first_words, way},
    process::Detached,
    settle::{Found, found},
};
use crate::{
    action::{
        Attempt,
        exec::{Redact, process_scan},
        kubernetes::{
            helm_program::{HelmProgram, HelmVersion, Revision, is_of, last_lines, stored_name},
            mark,
        },
    },
    catalogue,
    diagnose::diagnose_output,
    engine::{
        event::Verdict,
        performer::{Answer, Progress, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::{
        actions::is_on_this_machine,
        outputs::{HelmOutput, ReleaseState},
    },
};

/// How long helm is waited for when houseplan has to end.
const SHORTLY: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(300);

/// One upgrade.
pub struct HelmTask {
    pub attempt: Attempt,
    /// The other machine that the attempt to be settled was begun on.
    pub begun_on: Option<String>,
    pub helm: HelmProgram,
    /// The target's own where there is none.
    pub namespace: Option<String>,
    pub release: String,
    /// Whether it is installed where it is missing.
    pub install: bool,
    pub chart: String,
    pub version: Option<String>,
    /// Files.
    pub values: Vec<String>,
    /// May hold secrets.
    pub set: Option<Value>,
    /// What else is said to helm.
    pub flags: Vec<String>,
    pub redact: Redact,
}

/// Why nothing was begun.
enum NotBegun {
    Failed(Box<Failure>),
    Interrupted,
}

impl From<Failure> for NotBegun {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl HelmTask {
    /// With the namespace that it acts in.
    async fn located(&mut self) -> Result<(), Failure> {
        self.helm.namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.helm.kubernetes.namespace().await.map_err(|error| way(&error))?,
        };
        Ok(())
    }

    /// What has to be so before anything is sent. Gives helm's version, and the newest revision.
    async fn ready(&mut self, task_context: &TaskContext) -> Result<(HelmVersion, Option<ReleaseState>), NotBegun> {
        self.located().await?;
        self.not_shadowed()?;
        let version = self.helm.version().await?;
        if self.attempt.number > 1 && !self.await_end(task_context).await {
            return Err(NotBegun::Interrupted);
        }
        let Some(mut newest) = self.helm.newest(&self.release).await? else {
            return if self.install { Ok((version, None)) } else { Err(self.no_release().into()) };
        };
        let leftover = if newest.is_pending() { Some(self.own_leftover(&newest).await?) } else { None };
        match drained(&self.helm, &self.release, task_context).await? {
            Drained::Quiet => {}
            Drained::Interrupted => return Err(NotBegun::Interrupted),
            Drained::AtWork(failure) => return Err(NotBegun::Failed(failure)),
        }
        if let Some(leftover) = leftover {
            self.helm.forget(&leftover).await?;
            match self.helm.newest(&self.release).await? {
                Some(before) if before.is_pending() => return Err(self.pending(&before, None).into()),
                Some(before) => newest = before,
                None if self.install => return Ok((version, None)),
                None => return Err(self.no_release().into()),
            }
        }
        Ok((version, Some(ReleaseState { revision: newest.number, status: newest.status })))
    }

    /// What could be found before anything is sent: helm's version and the newest revision, or why it would not begin. It asks as an
    /// attempt that is not the first, so what an earlier one has left is no hindrance.
    pub(super) async fn look(&mut self) -> Result<(HelmVersion, Option<Revision>), Failure> {
        self.located().await?;
        self.not_shadowed()?;
        let version = self.helm.version().await?;
        let newest = self.helm.newest(&self.release).await?;
        if let Some(newest) = newest.as_ref().filter(|it| it.is_pending()) {
            self.own_leftover(newest).await?;
        }
        Ok((version, newest))
    }

    /// A folder that would be taken for the chart of a repository.
    fn not_shadowed(&self) -> Result<(), Failure> {
        let other = is_on_this_machine(&self.chart) || self.chart.contains("://");
        match !other && self.helm.directory.join(&self.chart).exists() {
            true => Err(catalogue::helm::SHADOWED.with("chart", &self.chart).failure_in(&context())),
            false => Ok(()),
        }
    }

    fn no_release(&self) -> Failure {
        let missing = catalogue::helm::NO_RELEASE.with("release", &self.release);
        missing.with("namespace", &self.helm.namespace).failure_in(&context())
    }

    /// What an earlier attempt of this task has left pending; anybody else's is refused.
    async fn own_leftover(&self, newest: &Revision) -> Result<Value, Failure> {
        let stored = self.helm.stored(&self.release, newest.number).await?;
        let one_before = match newest.number.checked_sub(1) {
            Some(number @ 1..) => self.helm.stored(&self.release, number).await?,
            _ => None,
        };
        // Helm hands labels on from revision to revision: only the first one with a mark was made by that attempt.
        let is_its_own = |stored: &Value| one_before.as_ref().and_then(mark::on) != mark::on(stored);
        match stored.filter(is_its_own) {
            Some(stored) if self.attempt.number > 1 && is_of(&stored, &mark::of_task(&self.attempt)) => Ok(stored),
            other => Err(self.pending(newest, other.as_ref())),
        }
    }

    /// That the release is not free: whose it is, since when, and how it becomes free.
    fn pending(&self, newest: &Revision, stored: Option<&Value>) -> Failure {
        let whose = match stored.and_then(mark::whose) {
            Some(run) => format!("it was begun by {run}, by another step or attempt"),
            None => "it was not begun by houseplan".to_owned(),
        };
        let since = if newest.since.is_empty() { String::new() } else { format!(", at {}", newest.since) };
        let (namespace, name) = (&self.helm.namespace, stored_name(&self.release, newest.number));
        catalogue::helm::PENDING
            .with("release", &self.release)
            .with("revision", newest.number)
            .with("status", &newest.status)
            .with("whose", format!("{whose}{since}"))
            .with("command", format!("kubectl -n {namespace} delete secret {name}"))
            .failure_in(&context())
    }

    /// Waits until no process of an attempt of this task lives any more; says whether it came to that.
    async fn await_end(&self, task_context: &TaskContext) -> bool {
        let mark = self.attempt.id_prefix();
        while !process_scan::processes(&mark).is_empty() {
            if task_context.interrupted.is_cancelled() {
                return false;
            }
            (task_context.progress)(Progress {
                doing: Some("waiting for the helm of an earlier attempt".to_owned()),
                ..Progress::default()
            });
            sleep(LOOK).await;
        }
        true
    }

    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["upgrade".to_owned(), self.release.clone(), self.chart.clone()];
        arguments.extend(self.version.iter().flat_map(|it| ["--version".to_owned(), it.clone()]));
        arguments.extend(self.values.iter().flat_map(|it| ["--values".to_owned(), it.clone()]));
        if self.set.is_some() {
            arguments.extend(["--values".to_owned(), "-".to_owned()]);
        }
        arguments.extend(self.flags.clone());
        arguments
    }

    async fn start(&self, task_context: &TaskContext) -> Result<Detached, Failure> {
        let mut command = self.helm.command(&self.arguments()).await?;
        let values = self.set.as_ref().map(|set| self.helm.unnamed(set)).transpose()?;
        command
            .stdin(values.map_or_else(Stdio::null, Stdio::from))
            .env(process_scan::VARIABLE, self.attempt.operation_id());
        let progress = Arc::clone(&task_context.progress);
        let show = move |line: &str| progress(Progress { line: Some(line.to_owned()), ..Progress::default() });
        Detached::start(command, &self.redact, show).map_err(|error| self.helm.not_started(&error))
    }

    fn output(&self, helm: &str, before: Option<ReleaseState>, now: ReleaseState, stdout: String) -> Value {
        json!(HelmOutput {
            release: self.release.clone(),
            namespace: self.helm.namespace.clone(),
            revision: now.revision,
            status: now.status,
            chart: [Some(self.chart.as_str()), self.version.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            before,
            helm: helm.to_owned(),
            stdout,
        })
    }

    fn in_doubt(&self, how: &str) -> Failure {
        let doubt = catalogue::helm::IN_DOUBT.with("release", &self.release);
        doubt.with("how", format!(": {how}")).failure_in(&context())
    }

    /// Why an upgrade has failed: what the first failed pod of its revision's hooks says, or what helm says.
    async fn failed(&self, how: &str, said: &str, revision: Option<u64>) -> Failure {
        let of_hook = match revision {
            Some(revision) => first_words(&self.helm, &self.release, revision).await,
            None => None,
        };
        let known = |text: &str| diagnose_output(text, &context());
        let failed = known(said).or_else(|| known(&of_hook.as_ref()?.1));
        let failed = failed.unwrap_or_else(|| catalogue::helm::FAILED.with("how", how).failure_in(&context()));
        let of_helm = last_lines(said, &self.redact).map(|last| format!("helm's last lines:\n{last}"));
        let of_hook = of_hook.map(|(pod, last)| format!("the first failed pod, {pod}, has printed:\n{last}"));
        let cause: Vec<String> = of_hook.into_iter().chain(of_helm).collect();
        if cause.is_empty() { failed } else { failed.with_cause(cause.join("\n")) }
    }

    /// What became of it, once its process is gone.
    async fn judge(
        &self,
        task_context: &TaskContext,
        version: &str,
        before: Option<ReleaseState>,
        ended: Ended,
    ) -> Judged {
        let found = match found(&self.helm, &self.release, before.as_ref(), &mark::of_attempt(&self.attempt)).await {
            Ok(found) => found,
            Err(failure) => return Judged::Unknown(failure),
        };
        let Ended { how, said, printed } = ended;
        match found {
            Found::Deployed(now) => Judged::Done(self.output(version, before, now, printed)),
            Found::NotBegun => Judged::NotBegun(self.failed(&how, &said, None).await),
            Found::Failed(now) => {
                let how = format!("{how}; revision {} is failed", now.revision);
                Judged::Failed(self.failed(&how, &said, Some(now.revision)).await)
            }
            Found::Pending(now) => match drained(&self.helm, &self.release, task_context).await {
                Ok(Drained::Quiet) => {
                    let killed = catalogue::helm::KILLED.with("release", &self.release);
                    let killed = killed.with("revision", now.revision).with("status", now.status);
                    Judged::Left(killed.failure_in(&context()))
                }
                Ok(Drained::Interrupted) => Judged::Interrupted,
                Ok(Drained::AtWork(failure)) => Judged::Unknown(*failure),
                Err(failure) => Judged::Unknown(failure),
            },
            Found::Gone => Judged::Unknown(
                self.in_doubt("its revision is no longer kept, and others have followed; see `helm history`"),
            ),
        }
    }
}

/// How a helm ended, as far as that is known.
struct Ended {
    how: String,
    said: String,
    printed: String,
}

/// What became of an attempt.
enum Judged {
    Done(Value),
    /// It has made no revision.
    NotBegun(Failure),
    /// Helm itself says that it failed.
    Failed(Failure),
    /// It was killed, nothing of it runs any more, and its revision is still pending.
    Left(Failure),
    Unknown(Failure),
    Interrupted,
}

#[async_trait]
impl TaskRun for HelmTask {
    async fn perform(mut self: Box<Self>, task_context: TaskContext) -> Answer {
        let (version, before) = match self.ready(&task_context).await {
            Ok(ready) => ready,
            Err(NotBegun::Failed(failure)) => return Answer::Failed(failure.before_sending()),
            Err(NotBegun::Interrupted) => return Answer::Failed(catalogue::run::ENDING.failure().before_sending()),
        };
        let note = json!({ "helm": version.text, "before": before });
        if let Err(ending) = task_context.notes.note(note).await {
            return Answer::Failed(ending.before_sending());
        }
        let mut process = match self.start(&task_context).await {
            Ok(process) => process,
            Err(failure) => return Answer::Failed(failure.before_sending()),
        };
        let ended = tokio::select! {
            ended = process.end() => ended,
            () = task_context.interrupted.cancelled() => match timeout(SHORTLY, process.end()).await {
                Ok(ended) => ended,
                Err(_) => return Answer::Unknown(self.in_doubt("helm still runs, and houseplan was stopped")),
            },
        };
        let how = match &ended {
            Ok(status) if status.success() => {
                ": it ended without an error, and its revision is not deployed".to_owned()
            }
            Ok(status) => match status.code() {
                Some(code) => format!(": it ended with code {code}"),
                None => format!(": it was ended by a signal ({status})"),
            },
            Err(error) => return Answer::Unknown(self.in_doubt(&error.to_string())),
        };
        let ended = Ended { how, said: process.errors.text(), printed: process.printed.marked() };
        match self.judge(&task_context, &version.text, before, ended).await {
            Judged::Done(output) => Answer::Acted(output),
            // Hooks run only once there is a revision.
            Judged::NotBegun(failure) => Answer::Failed(Failure { untouched: true, ..failure }),
            Judged::Failed(failure) | Judged::Left(failure) => Answer::Failed(failure),
            Judged::Unknown(failure) => Answer::Unknown(failure),
            Judged::Interrupted => {
                Answer::Unknown(self.in_doubt("houseplan was stopped while a hook was still at work"))
            }
        }
    }

    /// While its process lives it is waited for; then its revision tells.
    async fn settle(mut self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        let Some(note) = notes.iter().rev().find(|note| note.get("helm").is_some()) else {
            // The note is durable before helm starts.
            return Settlement::Settled(Verdict::NotDone);
        };
        let version = note["helm"].as_str().unwrap_or_default().to_owned();
        let before: Option<ReleaseState> = serde_json::from_value(note["before"].clone()).unwrap_or_default();
        if let Err(failure) = self.located().await {
            return Settlement::Unsettled(failure);
        }
        if !self.await_end(&task_context).await {
            return Settlement::Interrupted;
        }
        let ended = Ended {
            how: ": how its process ended is not known".to_owned(),
            said: String::new(),
            printed: String::new(),
        };
        if let Some(host) = &self.begun_on
            && let Ok(Some(newest)) = self.helm.newest(&self.release).await
            && newest.is_pending()
        {
            let Attempt { task, number, .. } = &self.attempt;
            let elsewhere = catalogue::helm::ELSEWHERE.with("release", &self.release).with("host", host);
            let elsewhere = elsewhere.with("task", format!("'{task}'")).with("attempt", number);
            return Settlement::Unsettled(elsewhere.failure_in(&context()));
        }
        match self.judge(&task_context, &version, before, ended).await {
            Judged::Done(output) => Settlement::Settled(Verdict::Done(output)),
            Judged::NotBegun(_) | Judged::Left(_) => Settlement::Settled(Verdict::NotDone),
            Judged::Failed(failure) => Settlement::Settled(Verdict::Failed(failure)),
            Judged::Unknown(failure) => Settlement::Unsettled(failure),
            Judged::Interrupted => Settlement::Interrupted,
        }
    }
}
