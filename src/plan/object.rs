//! Objects of Kubernetes as a plan names them: `deployment/langsmith-queue`, or `other-namespace/deployment/langsmith-queue`.

use std::{fmt, str::FromStr};

use super::text::TemplateOrList;
use crate::document::{Place, Problem, one_of};

/// A kind of object that a plan may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
    /// Argo's, which stands in the place of a Deployment.
    Rollout,
    Pod,
    Service,
    ConfigMap,
    Secret,
    ServiceAccount,
    PodDisruptionBudget,
}

/// Every kind, with the word for it, its API group and its name in the rules of a Role.
const KINDS: [(ObjectKind, &str, &str, &str); 13] = [
    (ObjectKind::Deployment, "deployment", "apps", "deployments"),
    (ObjectKind::StatefulSet, "statefulset", "apps", "statefulsets"),
    (ObjectKind::DaemonSet, "daemonset", "apps", "daemonsets"),
    (ObjectKind::ReplicaSet, "replicaset", "apps", "replicasets"),
    (ObjectKind::Job, "job", "batch", "jobs"),
    (ObjectKind::CronJob, "cronjob", "batch", "cronjobs"),
    (ObjectKind::Rollout, "rollout", "argoproj.io", "rollouts"),
    (ObjectKind::Pod, "pod", "", "pods"),
    (ObjectKind::Service, "service", "", "services"),
    (ObjectKind::ConfigMap, "configmap", "", "configmaps"),
    (ObjectKind::Secret, "secret", "", "secrets"),
    (ObjectKind::ServiceAccount, "serviceaccount", "", "serviceaccounts"),
    (ObjectKind::PodDisruptionBudget, "poddisruptionbudget", "policy", "poddisruptionbudgets"),
];

impl ObjectKind {
    /// What has a number of pods that can be set.
    pub const SCALABLE: &[Self] = &[Self::Deployment, Self::StatefulSet, Self::Rollout];
    /// What makes pods, or is one.
    pub const WORKLOADS: &[Self] = &[
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::CronJob,
        Self::Rollout,
        Self::Pod,
    ];
    /// What Helm may be told to keep.
    pub const KEPT: &[Self] = &[
        Self::Deployment,
        Self::StatefulSet,
        Self::Service,
        Self::ConfigMap,
        Self::Secret,
        Self::ServiceAccount,
        Self::PodDisruptionBudget,
    ];

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        &KINDS[self as usize]
    }

    /// As it is written in a plan.
    pub fn word(self) -> &'static str {
        self.row().1
    }

    /// Its API group; empty for the core group.
    pub fn group(self) -> &'static str {
        self.row().2
    }

    /// As it stands in the rules of a Role.
    pub fn plural(self) -> &'static str {
        self.row().3
    }
}

/// An object by its kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    /// `None` for the namespace of the step.
    pub namespace: Option<String>,
    pub kind: ObjectKind,
    pub name: String,
}

impl FromStr for ObjectRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let (namespace, kind, name) = match parts.as_slice() {
            [kind, name] => (None, *kind, *name),
            [namespace, kind, name] if !namespace.is_empty() => (Some((*namespace).to_owned()), *kind, *name),
            _ => return Err(format!("`{text}` names no object; write its kind and its name, as in `deployment/api`")),
        };
        let Some((kind, ..)) = KINDS.iter().find(|(_, word, ..)| *word == kind) else {
            return Err(format!(
                "`{kind}` in `{text}` is no kind that is known; write {}",
                words(&KINDS.map(|it| it.0))
            ));
        };
        if name.is_empty() {
            return Err(format!("`{text}` has no name behind its kind"));
        }
        Ok(Self { namespace, kind: *kind, name: name.to_owned() })
    }
}

impl ObjectRef {
    /// The same, of one of these kinds.
    ///
    /// # Errors
    /// In words, where the text names no object, or one of another kind.
    pub fn of_kinds(text: &str, kinds: &[ObjectKind]) -> Result<Self, String> {
        let object: Self = text.parse()?;
        match kinds.contains(&object.kind) {
            true => Ok(object),
            false => Err(format!("`{text}` is a {}; here stands {}", object.kind.word(), words(kinds))),
        }
    }

    /// The same, in `namespace` where it names none.
    pub fn within(self, namespace: &str) -> Self {
        Self { namespace: Some(self.namespace.unwrap_or_else(|| namespace.to_owned())), ..self }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{}/{}", self.kind.word(), self.name)
    }
}

fn words(kinds: &[ObjectKind]) -> String {
    one_of(kinds.iter().map(|kind| kind.word()))
}

/// What is wrong with the objects of a list, as far as they are known before a run.
pub fn validate_objects(
    list: Option<&TemplateOrList>,
    kinds: &[ObjectKind],
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    let Some(TemplateOrList::List(items)) = list else { return };
    for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.0.contains("{{")) {
        if let Err(message) = ObjectRef::of_kinds(&item.0, kinds) {
            problems.push(Problem::at(place.item(index), message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_the_order_of_their_names() {
        for (index, (kind, ..)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, index);
        }
    }

    #[test]
    fn an_object_reads_and_prints_as_people_write_it() {
        let own: ObjectRef = "deployment/a".parse().unwrap();
        assert_eq!((own.namespace.as_deref(), own.kind, own.name.as_str()), (None, ObjectKind::Deployment, "a"));
        assert_eq!(own.clone().within("n").to_string(), "n/deployment/a");
        let other: ObjectRef = "m/rollout/b".parse().unwrap();
        assert_eq!(other.within("n").to_string(), "m/rollout/b");
    }

    #[test]
    fn what_names_no_object_is_told() {
        for (text, said) in [
            ("a", "names no object"),
            ("deploy/a", "no kind that is known"),
            ("deployment/", "no name"),
            ("/deployment/a", "names no object"),
            ("service/a", "here stands deployment, statefulset or rollout"),
        ] {
            let message = ObjectRef::of_kinds(text, ObjectKind::SCALABLE).unwrap_err();
            assert!(message.contains(said), "{text}: {message}");
        }
    }
}
