//! What is known of a step before any run: its plan, its inputs as far as they are bound, where its targets are.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::Files;
use crate::{
    name::{Name, item_label},
    plan::{
        expanded::{ExpandedPlan, ExpandedStep, Scope},
        object::ObjectRef,
        permission::Within,
        text::{TemplateOrList, TemplateText},
    },
    template::{self, Dialect, InputValues, identifier},
};

/// Where a step stands that is reviewed: what its names mean.
#[derive(Clone, Copy)]
pub struct RenderContext<'a> {
    pub plan: &'a ExpandedPlan,
    /// The step, an index into the plan's.
    pub index: usize,
    /// Of every scope.
    pub inputs: &'a [Arc<InputValues>],
    pub environment: Option<&'a KnownEnvironment>,
    pub files: &'a Files,
}

/// What a review may show of an environment.
#[derive(Debug, Clone, Default)]
pub struct KnownEnvironment {
    pub name: String,
    pub targets: IndexMap<Name, KnownTarget>,
}

/// What a review may show of a target.
#[derive(Debug, Clone, Default)]
pub struct KnownTarget {
    pub members: Vec<Name>,
    /// Of a store, without credentials.
    pub url: Option<String>,
    /// Where a store's access key comes from, as in `env S3_KEY`.
    pub access_key: Option<String>,
    /// How a cluster of Kubernetes is reached, as in `context prod, namespace langsmith`.
    pub cluster: Option<String>,
}

impl<'a> RenderContext<'a> {
    /// The step that is reviewed.
    pub fn step(&self) -> &'a ExpandedStep {
        &self.plan.steps[self.index]
    }

    /// What names mean there.
    pub fn scope(&self) -> &'a Scope {
        self.plan.scope_of(self.step())
    }

    fn values(&self) -> template::Scope<'a> {
        template::Scope::of_inputs(&self.inputs[self.step().scope])
    }

    /// A template as far as it is known.
    pub fn text(&self, template: &TemplateText) -> String {
        self.symbolic(&template.0, Dialect::Text)
    }

    /// A template's value with its type, where no run is needed for it and no secret is in it.
    pub fn known(&self, text: &str) -> Option<Value> {
        template::Template::parse(text, Dialect::Text).ok()?.value(&self.values()).ok()
    }

    /// A text as far as it is known.
    pub fn symbolic(&self, text: &str, dialect: Dialect) -> String {
        match template::Template::parse(text, dialect) {
            Ok(template) => template.symbolic(&self.values()),
            Err(_) => text.to_owned(),
        }
    }

    pub fn identifier(&self, template: &TemplateText) -> String {
        let name = self.text(template);
        identifier(&name).unwrap_or(name)
    }

    pub fn list(&self, list: &TemplateOrList) -> Vec<String> {
        match list {
            TemplateOrList::Template(template) => vec![self.text(template)],
            TemplateOrList::List(items) => items.iter().map(|it| self.text(it)).collect(),
        }
    }

    /// The paths of a list, or that they are each of a list which only a run knows.
    pub fn paths(&self, list: &TemplateOrList) -> Vec<String> {
        match list {
            TemplateOrList::List(items) => items.iter().map(|it| self.text(it)).collect(),
            TemplateOrList::Template(template) => match self.known(&template.0) {
                Some(Value::Array(items)) => items.iter().enumerate().map(|(at, item)| item_label(item, at)).collect(),
                _ => vec![format!("<each of {}>", self.text(template))],
            },
        }
    }

    /// What is known of the target that is called `name` there.
    pub fn target(&self, name: &Name) -> Option<&'a KnownTarget> {
        self.environment?.targets.get(self.scope().target(name))
    }

    /// `cluster: replica1, replica2`
    pub fn on(&self, name: &Name) -> String {
        self.on_members(name, usize::MAX)
    }

    /// `kubernetes (context prod), namespace langsmith`: a cluster of Kubernetes, and the namespace that a step names.
    pub fn on_kubernetes(&self, name: &Name, namespace: Option<&TemplateText>) -> String {
        let cluster = self.target(name).and_then(|it| it.cluster.as_ref());
        let cluster = cluster.map_or_else(String::new, |it| format!(" ({it})"));
        let namespace = namespace.map_or_else(String::new, |it| format!(", namespace {}", self.text(it)));
        format!("{}{cluster}{namespace}", self.scope().target(name))
    }

    /// The namespace that a step names, or the target's own.
    pub fn within(&self, namespace: Option<&TemplateText>) -> Within {
        namespace.map_or(Within::OfTarget, |it| Within::Namespace(self.text(it)))
    }

    /// The objects of a list that are known before a run; `None` where another one may be among them.
    pub fn objects(&self, list: &TemplateOrList) -> Option<Vec<ObjectRef>> {
        self.paths(list).iter().map(|text| text.parse().ok()).collect()
    }

    /// `cluster: replica1`: the member that does what is done once.
    pub fn on_first(&self, name: &Name) -> String {
        self.on_members(name, 1)
    }

    fn on_members(&self, name: &Name, most: usize) -> String {
        let members = self.target(name).map(|it| it.members.as_slice()).unwrap_or_default();
        let name = self.scope().target(name);
        if members.is_empty() {
            return name.to_string();
        }
        format!("{name}: {}", members.iter().take(most).map(Name::as_str).collect::<Vec<_>>().join(", "))
    }
}
