//! A Job, at work and in doubt.
//!
//! It bears the mark of its attempt, and its uid is noted before it is followed. So after a crash it is found: by the uid, or, where
//! the uid could not be noted any more, by the mark. A Job of the name that bears no mark of this task is never touched.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    follow::{OurJob, Outcome},
    object::{From, TIME_TO_LIVE, made, read},
};
use crate::{
    action::{
        Attempt,
        kubernetes::{helm_program::HelmProgram, job_pods, mark},
    },
    catalogue::{self, Filled},
    connect::kubernetes::{Created, KubernetesError, Resource},
    diagnose::{Activity, Context, diagnose_kubernetes, diagnose_output},
    engine::{
        event::Verdict,
        performer::{Answer, Progress, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::{
        actions::{DeleteJob, Effect},
        outputs::JobOutput,
    },
};

/// How long the Job of an earlier attempt, or its pods, are waited for.
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(500);

/// One Job.
pub struct JobTask {
    pub attempt: Attempt,
    /// The cluster, the namespace, and what renders a hook.
    pub helm: HelmProgram,
    /// The target's own where there is none.
    pub namespace: Option<String>,
    pub name: String,
    pub(super) from: From,
    pub effect: Effect,
    pub delete: DeleteJob,
    /// The time to live that the template has, and that it is not made with.
    pub lives: Option<Value>,
}

/// What became of a Job that was followed.
enum Judged {
    Done(Value),
    Failed(Failure),
    Vanished(Failure),
    Unknown(Failure),
    Interrupted,
}

/// Why no Job was made.
enum NotMade {
    Failed(Box<Failure>),
    Interrupted,
    /// Whether it was made is not known.
    Unknown(Box<Failure>),
}

impl std::convert::From<Failure> for NotMade {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl JobTask {
    fn context() -> Context {
        Context::new(Activity::Exec)
    }

    fn way(error: &KubernetesError) -> Failure {
        diagnose_kubernetes(error, &Context::new(Activity::Kubernetes))
    }

    /// With the namespace that it acts in.
    async fn located(&mut self) -> Result<(), Failure> {
        self.helm.namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.helm.kubernetes.namespace().await.map_err(|error| Self::way(&error))?,
        };
        Ok(())
    }

    /// The Job of this name; `None` where there is none.
    async fn there(&self) -> Result<Option<Value>, Failure> {
        let found = self.helm.kubernetes.get(Resource::JOB, &self.helm.namespace, &self.name).await;
        found.map_err(|error| Self::way(&error))
    }

    /// Makes the Job, once nothing of an earlier attempt is at work.
    async fn make(&mut self, task_context: &TaskContext) -> Result<OurJob, NotMade> {
        self.located().await?;
        let job = read(&self.from, &self.helm).await?;
        let namespace = self.helm.namespace.clone();
        let (job, lives) = made(job, &self.name, &namespace, &mark::of_attempt(&self.attempt))?;
        self.cleared(task_context).await?;
        task_context.notes.note(json!({ "creates": self.name, "lives": lives })).await?;
        self.lives = lives;
        match self.helm.kubernetes.create(Resource::JOB, &namespace, &job).await {
            Ok(Created::New(job)) => Ok(OurJob::of(&job, &namespace)),
            // Somebody was faster.
            Ok(Created::Exists) => Err(self.not_ours().into()),
            Err(error @ KubernetesError::Lost { .. }) => {
                Err(NotMade::Unknown(Box::new(self.in_doubt(&format!("its creation was not answered: {error}")))))
            }
            Err(error) => Err(Self::way(&error).into()),
        }
    }

    /// Waits until no Job and no pod of an earlier attempt is left; refuses a Job that is not of this task.
    async fn cleared(&self, task_context: &TaskContext) -> Result<(), NotMade> {
        let (kubernetes, namespace) = (&self.helm.kubernetes, &self.helm.namespace);
        let begun = Instant::now();
        loop {
            let there = self.there().await?;
            if let Some(job) = &there
                && !mark::on(job).is_some_and(|it| it.starts_with(&mark::of_task(&self.attempt)))
            {
                return Err(self.not_ours().into());
            }
            let left = job_pods::at_work(kubernetes, namespace, &self.name).await.map_err(|error| Self::way(&error))?;
            match (&there, &left) {
                (None, None) => return Ok(()),
                (Some(job), None) => {
                    let uid = OurJob::of(job, namespace).uid;
                    let deleted = kubernetes.delete(Resource::JOB, namespace, &self.name, Some(&uid)).await;
                    deleted.map_err(|error| Self::way(&error))?;
                }
                (_, Some(_)) => {}
            }
            if task_context.interrupted.is_cancelled() {
                return Err(NotMade::Interrupted);
            }
            if begun.elapsed() > PATIENCE {
                let which = left.unwrap_or_else(|| format!("Job {}", self.name));
                let still = catalogue::job::STILL_AT_WORK.with("which", format!(": {which}"));
                return Err(still.failure_in(&Self::context()).into());
            }
            (task_context.progress)(Progress {
                doing: Some("waiting for the Job of an earlier attempt".to_owned()),
                ..Progress::default()
            });
            sleep(LOOK).await;
        }
    }

    fn not_ours(&self) -> Failure {
        let there = catalogue::job::NOT_OURS.with("job", &self.name).with("namespace", &self.helm.namespace);
        there.failure_in(&Self::context())
    }

    fn for_a_person(&self, filled: Filled) -> Failure {
        let Attempt { run, task, number, .. } = &self.attempt;
        let filled = filled.with("job", &self.name).with("run", run).with("task", format!("'{task}'"));
        filled.with("attempt", number).failure_in(&Self::context())
    }

    fn in_doubt(&self, how: &str) -> Failure {
        self.for_a_person(catalogue::job::IN_DOUBT.with("how", format!(": {how}")))
    }

    /// Follows a Job of ours to its end, and deletes it where that is wanted.
    async fn follow(&self, job: &OurJob, task_context: &TaskContext) -> Judged {
        let outcome = job.follow(&self.helm.kubernetes, &self.helm.redact, task_context).await;
        let deleted = match self.delete {
            DeleteJob::Success => matches!(outcome, Outcome::Complete(_)),
            DeleteJob::Always => matches!(outcome, Outcome::Complete(_) | Outcome::Failed { .. }),
            DeleteJob::Never => false,
        };
        match outcome {
            Outcome::Complete(log) => {
                // Its end would be lost with it: so it is on record first.
                let ended = task_context.notes.note(json!({ "complete": log })).await;
                let deleted = deleted && ended.is_ok() && self.delete(job).await;
                if ended.is_ok() {
                    self.let_go(job).await;
                }
                Judged::Done(Self::output(job, log, deleted))
            }
            Outcome::Failed { reason, first } => {
                let failed = self.failed(&reason, first);
                if task_context.notes.note(json!({ "failed": failed })).await.is_ok() {
                    if deleted {
                        self.delete(job).await;
                    }
                    self.let_go(job).await;
                }
                Judged::Failed(failed)
            }
            Outcome::Vanished => Judged::Vanished(self.vanished(&job.uid)),
            Outcome::Interrupted => Judged::Interrupted,
            Outcome::Lost(error) => Judged::Unknown(Self::way(&error)),
        }
    }

    /// What it did is on record, whether it can be deleted or not.
    async fn delete(&self, job: &OurJob) -> bool {
        let deleted = self.helm.kubernetes.delete(Resource::JOB, &job.namespace, &job.name, Some(&job.uid)).await;
        deleted.unwrap_or(false)
    }

    /// Gives a Job that is not deleted the time to live that its template has. One that stays longer does no harm.
    async fn let_go(&self, job: &OurJob) {
        if let (DeleteJob::Never, Some(lives)) = (self.delete, &self.lives) {
            let patch = json!({ "spec": { TIME_TO_LIVE: lives } });
            let _ = self.helm.kubernetes.merge(Resource::JOB, &job.namespace, &job.name, None, &patch).await;
        }
    }

    fn output(job: &OurJob, log: String, deleted: bool) -> Value {
        let OurJob { namespace, name, uid } = job.clone();
        json!(JobOutput { name, namespace, uid, log, deleted })
    }

    fn failed(&self, reason: &str, first: Option<(String, String)>) -> Failure {
        let known = first.as_ref().and_then(|(_, last)| diagnose_output(last, &Self::context()));
        let failed = known.unwrap_or_else(|| {
            let failed = catalogue::job::FAILED.with("job", &self.name).with("how", format!(": {reason}"));
            failed.failure_in(&Self::context())
        });
        match first {
            Some((pod, last)) => {
                let why =
                    format!("Job {} failed ({reason}); its first failed pod, {pod}, has printed:\n{last}", self.name);
                failed.with_cause(why)
            }
            None => {
                failed.with_cause(format!("Job {} failed ({reason}); no failed pod of it is left to read", self.name))
            }
        }
    }

    fn vanished(&self, uid: &str) -> Failure {
        self.for_a_person(catalogue::job::VANISHED.with("uid", uid))
    }

    /// It has failed, and how much it had done by then nobody knows.
    fn failed_in_doubt(&self, failed: Failure) -> Failure {
        let known = !failed.is(&catalogue::job::FAILED);
        let known = known.then_some([Some(&failed.message), failed.help.as_ref()]).into_iter().flatten().flatten();
        let said: Vec<&str> = known.chain(&failed.cause).map(String::as_str).collect();
        let said = said.join("\n");
        Failure { cause: Some(said), ..self.in_doubt("it failed, and may have done a part of its work") }
    }

    /// What the journal has of an end that was seen.
    fn noted_end(&self, job: &OurJob, notes: &[Value]) -> Option<Judged> {
        notes.iter().rev().find_map(|note| {
            let complete = note.get("complete").and_then(Value::as_str);
            let complete = complete.map(|log| Judged::Done(Self::output(job, log.to_owned(), true)));
            complete.or_else(|| Some(Judged::Failed(serde_json::from_value(note.get("failed")?.clone()).ok()?)))
        })
    }

    /// The Job of this attempt, by its uid or its mark; with whether it is there.
    async fn own(&self, notes: &[Value]) -> Result<(Option<OurJob>, bool), Failure> {
        let namespace = &self.helm.namespace;
        let there = self.there().await?;
        let noted = notes.iter().rev().find_map(|note| note.get("uid")?.as_str());
        if let Some(uid) = noted {
            let job = OurJob { namespace: namespace.clone(), name: self.name.clone(), uid: uid.to_owned() };
            let is_it = there.as_ref().is_some_and(|there| OurJob::of(there, namespace) == job);
            return Ok((Some(job), is_it));
        }
        let marked = there.filter(|job| mark::on(job) == Some(&mark::of_attempt(&self.attempt)));
        Ok(match marked {
            Some(job) => (Some(OurJob::of(&job, namespace)), true),
            None => (None, false),
        })
    }
}

#[async_trait]
impl TaskRun for JobTask {
    async fn perform(mut self: Box<Self>, task_context: TaskContext) -> Answer {
        let job = match self.make(&task_context).await {
            Ok(job) => job,
            Err(NotMade::Failed(failure)) => return Answer::Failed(failure.before_sending()),
            Err(NotMade::Interrupted) => return Answer::Failed(catalogue::run::ENDING.failure().before_sending()),
            Err(NotMade::Unknown(failure)) => return Answer::Unknown(*failure),
        };
        if let Err(ending) = task_context.notes.note(json!({ "uid": job.uid })).await {
            return Answer::Unknown(ending);
        }
        match self.follow(&job, &task_context).await {
            Judged::Done(output) => Answer::Acted(output),
            Judged::Failed(failed) if self.effect == Effect::Once => Answer::Unknown(self.failed_in_doubt(failed)),
            Judged::Failed(failed) => Answer::Failed(failed),
            Judged::Vanished(failure) if self.effect == Effect::Once => Answer::Unknown(failure),
            Judged::Vanished(failure) => Answer::Failed(failure),
            Judged::Unknown(failure) => Answer::Unknown(failure),
            Judged::Interrupted => Answer::Unknown(self.in_doubt("it goes on, and houseplan was stopped")),
        }
    }

    async fn settle(mut self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        let Some(begun) = notes.iter().find(|note| note.get("creates").is_some()) else {
            // The note is durable before the Job is made.
            return Settlement::Settled(Verdict::NotDone);
        };
        self.lives = begun.get("lives").filter(|it| !it.is_null()).cloned();
        if let Err(failure) = self.located().await {
            return Settlement::Unsettled(failure);
        }
        let (job, is_there) = match self.own(&notes).await {
            Ok(own) => own,
            Err(failure) => return Settlement::Unsettled(failure),
        };
        let once = self.effect == Effect::Once;
        let judged = match job {
            Some(job) => match self.noted_end(&job, &notes) {
                Some(noted) => noted,
                None if is_there => self.follow(&job, &task_context).await,
                None => Judged::Vanished(self.vanished(&job.uid)),
            },
            // It may have been made, and be gone; that it was not is as likely.
            None if once => Judged::Unknown(self.in_doubt("its creation is not on record, and it is not there")),
            None => return Settlement::Settled(Verdict::NotDone),
        };
        match judged {
            Judged::Done(output) => Settlement::Settled(Verdict::Done(output)),
            Judged::Failed(failed) if once => Settlement::Unsettled(self.failed_in_doubt(failed)),
            Judged::Failed(failed) => Settlement::Settled(Verdict::Failed(failed)),
            Judged::Vanished(failure) if once => Settlement::Unsettled(failure),
            Judged::Vanished(_) => Settlement::Settled(Verdict::NotDone),
            Judged::Unknown(failure) => Settlement::Unsettled(failure),
            Judged::Interrupted => Settlement::Interrupted,
        }
    }
}
