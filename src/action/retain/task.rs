//! Retains volumes, and lets Helm keep objects; or takes both back. All is read, and all rights are asked for, before the first is
//! changed.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    claims::claims_of,
    objects::{self, planned},
    volumes::Volume,
};

use crate::{
    action::workload::{Found, Right, failed, read_all, require},
    catalogue,
    connect::kubernetes::{Kubernetes, Resource},
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::{
        object::ObjectRef,
        outputs::{KeptObject, RetainOutput},
    },
};

/// Volumes and objects to be kept, or no longer.
pub(super) struct RetainTask {
    pub(super) kubernetes: Arc<Kubernetes>,
    /// `None` for the target's own.
    pub(super) namespace: Option<String>,
    pub(super) volumes_of: Vec<ObjectRef>,
    pub(super) claims: Vec<String>,
    pub(super) objects: Vec<ObjectRef>,
    pub(super) undo: bool,
}

/// What there is to be changed.
struct Looked {
    volumes: Vec<Volume>,
    objects: Vec<Found>,
    /// What is gone by the time that it is taken back.
    gone: Vec<KeptObject>,
}

impl RetainTask {
    async fn retain(&self, task_context: &TaskContext) -> Result<RetainOutput, Failure> {
        let Looked { volumes, objects, gone } = self.look().await.map_err(Failure::before_sending)?;
        let mut output = RetainOutput {
            volumes: volumes.iter().map(|it| it.planned(self.undo)).collect(),
            objects: objects.iter().map(|it| planned(it, self.undo)).chain(gone.clone()).collect(),
        };
        task_context.notes.note(json!(output)).await.map_err(Failure::before_sending)?;
        for volume in &volumes {
            volume.set(&self.kubernetes, self.undo).await?;
        }
        output.objects.clear();
        for object in &objects {
            output.objects.push(objects::set(&self.kubernetes, object, self.undo).await?);
        }
        output.objects.extend(gone);
        Ok(output)
    }

    async fn look(&self) -> Result<Looked, Failure> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.kubernetes.namespace().await.map_err(|error| failed(&error))?,
        };
        let mut claims: Vec<(String, String)> = self.claims.iter().map(|it| (namespace.clone(), it.clone())).collect();
        if !(self.volumes_of.is_empty() && claims.is_empty()) {
            require(&self.kubernetes, &rights_to_volumes()).await?;
        }
        for workload in read_all(&self.kubernetes, &namespace, &self.volumes_of).await? {
            let named = claims_of(&self.kubernetes, &workload).await?;
            if named.is_empty() {
                let none = catalogue::retain::NO_CLAIM.with("workload", &workload.reference);
                return Err(none.failure_in(&Context::new(Activity::Kubernetes)));
            }
            claims.extend(named.into_iter().map(|it| (workload.namespace().to_owned(), it)));
        }
        claims.sort();
        claims.dedup();
        let mut volumes = Vec::new();
        for (namespace, claim) in &claims {
            volumes.push(Volume::of_claim(&self.kubernetes, namespace, claim).await?);
        }
        let leaving: Vec<String> = volumes.iter().filter_map(|it| it.obstacle(self.undo)).collect();
        if !leaving.is_empty() {
            let leaving = catalogue::retain::CLAIM_LEAVING.with("volumes", leaving.join("; "));
            return Err(leaving.failure_in(&Context::new(Activity::Kubernetes)));
        }
        let (objects, gone) = self.objects(&namespace).await?;
        require(&self.kubernetes, &rights_to(&objects)).await?;
        Ok(Looked { volumes, objects, gone })
    }

    /// The objects. One that is gone needs nothing taken away from it.
    async fn objects(&self, namespace: &str) -> Result<(Vec<Found>, Vec<KeptObject>), Failure> {
        if !self.undo {
            return Ok((read_all(&self.kubernetes, namespace, &self.objects).await?, Vec::new()));
        }
        let (mut objects, mut gone) = (Vec::new(), Vec::new());
        for object in &self.objects {
            match read_all(&self.kubernetes, namespace, std::slice::from_ref(object)).await {
                Ok(found) => objects.extend(found),
                Err(failure) if failure.is(&catalogue::kubernetes::NOT_FOUND) => {
                    let object = object.clone().within(namespace).to_string();
                    gone.push(KeptObject { object, uid: None, kept: false });
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok((objects, gone))
    }
}

/// Volumes are in no namespace: the right to them is one of the whole cluster, which many accounts lack.
fn rights_to_volumes() -> Vec<Right> {
    let right = |verb| Right {
        verb,
        group: Resource::PERSISTENT_VOLUME.group,
        resource: Resource::PERSISTENT_VOLUME.plural,
        namespace: String::new(),
        name: None,
    };
    ["get", "patch"].map(right).to_vec()
}

fn rights_to(objects: &[Found]) -> Vec<Right> {
    let right = |it: &Found| Right {
        verb: "patch",
        group: it.resource.group,
        resource: it.resource.plural,
        namespace: it.namespace().to_owned(),
        name: Some(it.reference.name.clone()),
    };
    objects.iter().map(right).collect()
}

#[async_trait]
impl TaskRun for RetainTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        tokio::select! {
            retained = self.retain(&task_context) => match retained {
                Ok(output) => Answer::Acted(json!(output)),
                Err(failure) => Answer::Failed(failure),
            },
            () = task_context.interrupted.cancelled() => {
                Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Kubernetes)))
            }
        }
    }

    /// What is kept with each says what it was: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
