//! Objects that a plan names, as the API server has them.

use serde_json::Value;

use crate::{
    action::context::EvalContext,
    catalogue,
    connect::kubernetes::{Kubernetes, KubernetesError, Resource},
    diagnose::{Activity, Context, diagnose_kubernetes},
    failure::Failure,
    plan::{
        object::{ObjectKind, ObjectRef},
        text::TemplateOrList,
    },
};

/// An object, with what the plan calls it.
#[derive(Debug, Clone)]
pub(in crate::action) struct Found {
    /// With its namespace.
    pub(in crate::action) reference: ObjectRef,
    pub(in crate::action) resource: Resource,
    pub(in crate::action) object: Value,
}

impl Found {
    pub(in crate::action) fn namespace(&self) -> &str {
        self.reference.namespace.as_deref().unwrap_or_default()
    }

    pub(in crate::action) fn uid(&self) -> &str {
        text_at(&self.object, "/metadata/uid").unwrap_or_default()
    }

    /// `spec.replicas`, which is 1 where it is left out.
    pub(in crate::action) fn replicas(&self) -> u64 {
        self.object.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1)
    }

    pub(in crate::action) fn annotation(&self, name: &str) -> Option<&str> {
        annotation(&self.object, name)
    }

    /// The same object as it is now; a failure where it is gone, or another one of its name has come.
    pub(in crate::action) async fn again(&self, kubernetes: &Kubernetes) -> Result<Self, Failure> {
        let now = kubernetes.get(self.resource, self.namespace(), &self.reference.name).await;
        match now.map_err(|error| failed(&error))? {
            Some(object) if text_at(&object, "/metadata/uid") == Some(self.uid()) => {
                Ok(Self { object, ..self.clone() })
            }
            _ => Err(missing(&[format!("{} (it was there a moment ago)", self.reference)])),
        }
    }
}

/// The annotation of an object with this name; names hold slashes, so it is no pointer.
pub(in crate::action) fn annotation<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    object.pointer("/metadata/annotations")?.get(name)?.as_str()
}

pub(in crate::action) fn text_at<'v>(object: &'v Value, pointer: &str) -> Option<&'v str> {
    object.pointer(pointer)?.as_str()
}

/// The owner that made an object and looks after it: its kind, name and uid.
pub(in crate::action) fn controller(object: &Value) -> Option<(&str, &str, &str)> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|it| it.get("controller").and_then(Value::as_bool) == Some(true))?;
    let text = |key: &str| owner.get(key).and_then(Value::as_str);
    Some((text("kind")?, text("name")?, text("uid")?))
}

/// Which objects a list names, each with its namespace.
pub(in crate::action) fn object_refs(
    at: EvalContext<'_>,
    list: &TemplateOrList,
    kinds: &[ObjectKind],
) -> Result<Vec<ObjectRef>, Failure> {
    let read = |text: String| {
        let object = ObjectRef::of_kinds(&text, kinds);
        object.map_err(|message| catalogue::template::WRONG_TYPE.failure().with_message(message).before_sending())
    };
    at.names(list)?.into_iter().map(read).collect()
}

/// Reads each of them. All that are missing are told in one failure.
pub(in crate::action) async fn read_all(
    kubernetes: &Kubernetes,
    namespace: &str,
    objects: &[ObjectRef],
) -> Result<Vec<Found>, Failure> {
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for object in objects {
        let reference = object.clone().within(namespace);
        let Some(resource) = resource(kubernetes, reference.kind).await? else {
            absent.push(format!("{reference} (this cluster has no {})", reference.kind.plural()));
            continue;
        };
        let within = reference.namespace.as_deref().unwrap_or_default();
        match kubernetes.get(resource, within, &reference.name).await.map_err(|error| failed(&error))? {
            Some(object) => found.push(Found { reference, resource, object }),
            None => absent.push(reference.to_string()),
        }
    }
    if absent.is_empty() { Ok(found) } else { Err(missing(&absent)) }
}

/// The kind as this API server has it; `None` where it does not know it.
pub(in crate::action) async fn resource(
    kubernetes: &Kubernetes,
    kind: ObjectKind,
) -> Result<Option<Resource>, Failure> {
    let versions: &[Resource] = match kind {
        ObjectKind::Deployment => &[Resource::DEPLOYMENT],
        ObjectKind::StatefulSet => &[Resource::STATEFUL_SET],
        ObjectKind::DaemonSet => &[Resource::DAEMON_SET],
        ObjectKind::ReplicaSet => &[Resource::REPLICA_SET],
        ObjectKind::Job => &[Resource::JOB],
        ObjectKind::CronJob => &[Resource::CRON_JOB, Resource::OLD_CRON_JOB],
        ObjectKind::Rollout => &[Resource::ROLLOUT],
        ObjectKind::Pod => &[Resource::POD],
        ObjectKind::Service => &[Resource::SERVICE],
        ObjectKind::ConfigMap => &[Resource::CONFIG_MAP],
        ObjectKind::Secret => &[Resource::SECRET],
        ObjectKind::ServiceAccount => &[Resource::SERVICE_ACCOUNT],
        ObjectKind::PodDisruptionBudget => &[Resource::POD_DISRUPTION_BUDGET, Resource::OLD_POD_DISRUPTION_BUDGET],
    };
    kubernetes.first_served(versions).await.map_err(|error| failed(&error))
}

pub(in crate::action) fn failed(error: &KubernetesError) -> Failure {
    diagnose_kubernetes(error, &Context::new(Activity::Kubernetes))
}

fn missing(objects: &[String]) -> Failure {
    let message = format!("not there in Kubernetes: {}", objects.join(", "));
    catalogue::kubernetes::NOT_FOUND.failure_in(&Context::new(Activity::Kubernetes)).with_message(message)
}
