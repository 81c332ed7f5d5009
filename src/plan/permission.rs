//! What an action has to be allowed in a cluster of Kubernetes: of these, the least Role of a plan is made.

use super::object::{ObjectKind, ObjectRef};
use crate::name::Name;

/// Verbs on one kind of object. Said before any run: what only a run knows stands in it as the plan has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Permission {
    /// The environment's name of the target.
    pub on: Name,
    /// As in `apps`; empty for the core group.
    pub group: String,
    /// As it stands in the rules of a Role: `deployments`.
    pub resource: String,
    /// Of each object, as in `log` of pods.
    pub subresource: Option<String>,
    pub within: Within,
    /// The one object that is meant; any where it is left out.
    pub name: Option<String>,
    pub verbs: Vec<&'static str>,
}

/// The namespace of objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Within {
    /// The target's own.
    OfTarget,
    Namespace(String),
    /// None, for objects that are in no namespace; and objects in all namespaces.
    WholeCluster,
}

impl Permission {
    /// Verbs on any object of a kind in the target's own namespace.
    pub fn new(on: &Name, group: &str, resource: &str, verbs: &[&'static str]) -> Self {
        Self {
            on: on.clone(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: None,
            within: Within::OfTarget,
            name: None,
            verbs: verbs.to_vec(),
        }
    }

    /// Verbs on the objects that are named; on any object of these kinds where only the run knows which.
    pub fn on_objects(
        on: &Name,
        objects: Option<&[ObjectRef]>,
        kinds: &[ObjectKind],
        within: &Within,
        verbs: &[&'static str],
    ) -> Vec<Self> {
        let of_kind = |kind: ObjectKind| Self::new(on, kind.group(), kind.plural(), verbs).within(within.clone());
        let Some(objects) = objects else { return kinds.iter().copied().map(of_kind).collect() };
        let of_object = |object: &ObjectRef| {
            let one = of_kind(object.kind).named(&object.name);
            match &object.namespace {
                Some(namespace) => one.within(Within::Namespace(namespace.clone())),
                None => one,
            }
        };
        objects.iter().map(of_object).collect()
    }

    pub fn within(self, within: Within) -> Self {
        Self { within, ..self }
    }

    /// On one object alone. No `create` and no `list` is allowed by a name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The resource with what of it is meant, as it stands in a rule: `deployments`, `pods/log`.
    pub fn resource(&self) -> String {
        match &self.subresource {
            Some(part) => format!("{}/{part}", self.resource),
            None => self.resource.clone(),
        }
    }

    /// Whether this verb can be allowed on one object alone. What is made has no name yet, and a list has none; a part belongs to
    /// an object that is there.
    pub fn allows_by_name(&self, verb: &str) -> bool {
        self.subresource.is_some() || !matches!(verb, "create" | "list" | "watch")
    }

    /// On a part of each object.
    pub fn part(self, subresource: &str) -> Self {
        Self { subresource: Some(subresource.to_owned()), ..self }
    }
}
