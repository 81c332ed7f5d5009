//! Makes a Secret, or sees that it is there as it should be.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::content::{Content, OPAQUE, made, replaced};

use crate::{
    action::workload::{failed, text_at},
    catalogue,
    connect::kubernetes::{Created, Kubernetes, KubernetesError, Replaced, Resource},
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::{Failure, Refusal},
    plan::outputs::{SecretDone, SecretOutput},
};

/// A Secret to be made.
pub(super) struct SecretTask {
    pub(super) kubernetes: Arc<Kubernetes>,
    /// `None` for the target's own.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) content: Content,
    pub(super) copied: Option<Copied>,
    pub(super) kind: Option<String>,
    pub(super) replace: bool,
}

/// Where values come from.
pub(super) struct Copied {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) keys: Option<Vec<String>>,
}

/// Why it was not made.
enum Obstacle {
    Failed(Failure),
    Refused(Refusal),
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl SecretTask {
    async fn make(&self) -> Result<SecretOutput, Obstacle> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.kubernetes.namespace().await.map_err(|error| failed(&error).before_sending())?,
        };
        let content = self.whole(&namespace).await.map_err(Failure::before_sending)?;
        let hidden = |error: &KubernetesError| {
            let failure = failed(error);
            Failure { message: content.secrets().hide(&failure.message), ..failure }
        };
        let output = |object: &Value, done| SecretOutput {
            namespace: namespace.clone(),
            name: self.name.clone(),
            uid: text_at(object, "/metadata/uid").unwrap_or_default().to_owned(),
            keys: content.keys(),
            done,
        };
        let there = self.kubernetes.get(Resource::SECRET, &namespace, &self.name).await;
        let Some(there) = there.map_err(|error| failed(&error).before_sending())? else {
            let object = made(&self.name, self.kind.as_deref(), &content);
            let created = self.kubernetes.create(Resource::SECRET, &namespace, &object).await;
            return match created.map_err(|error| hidden(&error))? {
                Created::New(object) => Ok(output(&object, SecretDone::Made)),
                Created::Exists => Err(self.changed(&namespace).into()),
            };
        };
        let differences = content.differences(&Content::of(&there));
        let other_kind = self.other_kind(&there);
        if differences.is_empty() && other_kind.is_none() {
            return Ok(output(&there, SecretDone::Unchanged));
        }
        if !self.replace || other_kind.is_some() {
            let found = other_kind.into_iter().chain(differences).collect();
            return Err(Obstacle::Refused(self.refusal(&namespace, found)));
        }
        let object = replaced(&there, &content);
        match self.kubernetes.replace(Resource::SECRET, &namespace, &self.name, &object).await {
            Ok(Replaced::Done(object)) => Ok(output(&object, SecretDone::Replaced)),
            Ok(Replaced::Changed) => Err(self.changed(&namespace).into()),
            Err(error) => Err(hidden(&error).into()),
        }
    }

    /// Its own values, and what is copied. Its own go before.
    async fn whole(&self, namespace: &str) -> Result<Content, Failure> {
        let Some(copied) = &self.copied else { return Ok(self.content.clone()) };
        let within = copied.namespace.as_deref().unwrap_or(namespace);
        let from = self.kubernetes.get(Resource::SECRET, within, &copied.name).await.map_err(|error| failed(&error))?;
        let Some(from) = from else {
            let message = format!("there is no Secret `{}` in the namespace `{within}` to copy from", copied.name);
            return Err(failed(&self.kubernetes.none(message)));
        };
        let mut content = Content::default();
        content.copy(&Content::of(&from), copied.keys.as_deref()).map_err(|absent| {
            let no_key = catalogue::secret::NO_KEY.with("keys", absent.join(", "));
            no_key.with("secret", format!("{within}/{}", copied.name)).failure_in(&context())
        })?;
        content.extend(&self.content);
        Ok(content)
    }

    /// Where it has another type, which nothing can change.
    fn other_kind(&self, there: &Value) -> Option<Vec<String>> {
        let is = text_at(there, "/type").unwrap_or(OPAQUE);
        let wanted = self.kind.as_deref().unwrap_or(OPAQUE);
        (is != wanted).then(|| vec!["type".to_owned(), format!("is {is}, not {wanted}; it cannot be changed")])
    }

    fn refusal(&self, namespace: &str, found: Vec<Vec<String>>) -> Refusal {
        Refusal {
            check: format!("the Secret {namespace}/{} is not there, or has this content", self.name),
            phase: "precondition".to_owned(),
            expected: "the same keys, each with the same value".to_owned(),
            found: Refusal::shorten(found),
            otherwise: Some(
                "Nothing was changed. Write another name; or say `replace: true`, and what it holds now is gone. One of another type has \
                 to be deleted by hand."
                    .to_owned(),
            ),
            waited: None,
        }
    }

    fn changed(&self, namespace: &str) -> Failure {
        catalogue::secret::CHANGED.with("secret", format!("{namespace}/{}", self.name)).failure_in(&context())
    }
}

fn context() -> Context {
    Context::new(Activity::Kubernetes)
}

#[async_trait]
impl TaskRun for SecretTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        tokio::select! {
            made = self.make() => match made {
                Ok(output) => Answer::Acted(json!(output)),
                Err(Obstacle::Refused(refusal)) => Answer::Stopped(refusal),
                Err(Obstacle::Failed(failure)) => Answer::Failed(failure),
            },
            () = task_context.interrupted.cancelled() => {
                Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&context()))
            }
        }
    }

    /// One that has the content is left alone: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
