//! Scales workloads, and waits for their pods.
//!
//! What each was is kept with it before it is changed ([`held`](super::held)), so a process that dies at any point loses nothing: the
//! next one reads the workloads and goes on. Down: keep, pause KEDA, scale, wait until the pods are gone. Up: scale, wait until they
//! are ready, let KEDA go on, give the field back.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    held::{keep, pause, release, set_replicas, unpause},
    plan::{Goal, held, wanted},
    refuse::refusal,
    wait::Wait,
};

use crate::{
    action::workload::{Found, Right, Scaler, failed, read_all, require},
    catalogue,
    connect::kubernetes::Kubernetes,
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::{
        object::ObjectRef,
        outputs::{ScaleOutput, ScaledWorkload},
    },
};

/// Scales workloads.
pub(super) struct ScaleTask {
    pub(super) kubernetes: Arc<Kubernetes>,
    /// `None` for the target's own.
    pub(super) namespace: Option<String>,
    pub(super) workloads: Vec<ObjectRef>,
    pub(super) goal: Goal,
    /// Whether Argo CD and Flux leave them alone.
    pub(super) suspended: bool,
    pub(super) within: Duration,
}

/// A workload, and what becomes of it.
pub(super) struct Planned {
    pub(super) found: Found,
    pub(super) wanted: u64,
    scalers: Vec<Scaler>,
    row: ScaledWorkload,
}

impl ScaleTask {
    async fn scale(&self, task_context: &TaskContext) -> Answer {
        let (found, scalers) = match self.look().await {
            Ok(looked) => looked,
            Err(failure) => return Answer::Failed(failure.before_sending()),
        };
        if let Some(refusal) = refusal(&found, self.goal, self.suspended) {
            return Answer::Stopped(refusal);
        }
        let planned = match self.plan(found, &scalers) {
            Ok(planned) => planned,
            Err(failure) => return Answer::Failed(failure.before_sending()),
        };
        let output = ScaleOutput { scaled: planned.iter().map(|it| it.row.clone()).collect() };
        let answer = async {
            task_context.notes.note(json!(output)).await.map_err(Failure::before_sending)?;
            self.set(&planned).await?;
            if self.goal != Goal::Release {
                Wait { kubernetes: &self.kubernetes, task_context, within: self.within }.all(&planned).await?;
            }
            self.end_hold(&planned).await
        };
        match answer.await {
            Ok(()) => Answer::Acted(json!(output)),
            Err(failure) => Answer::Failed(failure),
        }
    }

    /// What there is, once it is known that all may be done to it.
    async fn look(&self) -> Result<(Vec<Found>, Vec<Scaler>), Failure> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.kubernetes.namespace().await.map_err(|error| failed(&error))?,
        };
        let found = read_all(&self.kubernetes, &namespace, &self.workloads).await?;
        let mut namespaces: Vec<&str> = found.iter().map(Found::namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let scalers = Scaler::all_of(&self.kubernetes, &namespaces).await?;
        require(&self.kubernetes, &rights(&found, &scalers)).await?;
        Ok((found, scalers))
    }

    fn plan(&self, found: Vec<Found>, scalers: &[Scaler]) -> Result<Vec<Planned>, Failure> {
        let forgotten: Vec<String> =
            found.iter().filter(|it| wanted(it, self.goal).is_none()).map(|it| it.reference.to_string()).collect();
        if !forgotten.is_empty() {
            let context = Context::new(Activity::Kubernetes);
            return Err(catalogue::scale::NOT_REMEMBERED.with("workloads", forgotten.join(", ")).failure_in(&context));
        }
        let plan = |found: Found| {
            let wanted = wanted(&found, self.goal).unwrap_or_default();
            let scalers: Vec<Scaler> = Scaler::of(scalers, &found).into_iter().cloned().collect();
            let held = held(&found, wanted);
            let told: Vec<String> = scalers.iter().map(ToString::to_string).collect();
            let row = ScaledWorkload {
                workload: found.reference.to_string(),
                uid: found.uid().to_owned(),
                before: held.before,
                now: wanted,
                autoscaler: (!told.is_empty()).then(|| told.join("; ")),
                owners: held.owners,
                held: self.goal.holds(),
            };
            Planned { found, wanted, scalers, row }
        };
        Ok(found.into_iter().map(plan).collect())
    }

    async fn set(&self, planned: &[Planned]) -> Result<(), Failure> {
        if self.goal == Goal::Release {
            return Ok(());
        }
        // A workload that nobody has scaled, and is to be what it is, is left alone; where it is to be held, it is owned.
        let untouched = |it: &&Planned| {
            self.goal.holds() || it.found.replicas() != it.wanted || it.found.annotation(super::held::SCALED).is_some()
        };
        let planned: Vec<&Planned> = planned.iter().filter(untouched).collect();
        for Planned { found, wanted, .. } in &planned {
            if self.goal.holds() {
                keep(&self.kubernetes, found, |now| held(now, *wanted)).await?;
            }
        }
        if self.goal.holds() {
            for scaler in planned.iter().flat_map(|it| &it.scalers).filter(|it| it.is_keda()) {
                pause(&self.kubernetes, &scaler.object).await?;
            }
        }
        for Planned { found, wanted, .. } in &planned {
            set_replicas(&self.kubernetes, found, *wanted).await?;
        }
        Ok(())
    }

    /// Up again, or handed over: whoever scaled it goes on.
    async fn end_hold(&self, planned: &[Planned]) -> Result<(), Failure> {
        if self.goal.holds() {
            return Ok(());
        }
        for scaler in planned.iter().flat_map(|it| &it.scalers).filter(|it| it.is_keda()) {
            unpause(&self.kubernetes, &scaler.object).await?;
        }
        for Planned { found, row, .. } in planned {
            release(&self.kubernetes, found, &row.owners).await?;
        }
        Ok(())
    }
}

fn rights(found: &[Found], scalers: &[Scaler]) -> Vec<Right> {
    let mut rights = Vec::new();
    for it in found {
        let mut need = |verb, group, resource, name: Option<&str>| {
            let (namespace, name) = (it.namespace().to_owned(), name.map(str::to_owned));
            rights.push(Right { verb, group, resource, namespace, name });
        };
        need("patch", it.resource.group, it.resource.plural, Some(&it.reference.name));
        need("list", "", "pods", None);
        need("list", "apps", "replicasets", None);
        for scaler in Scaler::of(scalers, it).into_iter().filter(|it| it.is_keda()) {
            need("patch", scaler.resource.group, scaler.resource.plural, Some(scaler.name()));
        }
    }
    rights.sort();
    rights.dedup();
    rights
}

#[async_trait]
impl TaskRun for ScaleTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        tokio::select! {
            answer = self.scale(&task_context) => answer,
            () = task_context.interrupted.cancelled() => {
                Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Kubernetes)))
            }
        }
    }

    /// What is kept with the workloads says how far it came: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
