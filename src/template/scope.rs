//! What names stand for while a template is evaluated.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::{
    document::suggestion,
    name::Name,
    template::{InputValue, InputValues},
};

/// What `steps.<name>` stands for: its outputs and its own facts (`started`, `succeeded`, `skipped`, `tasks`), or `None`
/// where there is no such step. Asked for only what an expression uses, so nothing is copied for the others.
pub trait StepFacts {
    fn facts(&self, step: &str) -> Option<Arc<Value>>;
}

impl<F: Fn(&str) -> Option<Arc<Value>>> StepFacts for F {
    fn facts(&self, step: &str) -> Option<Arc<Value>> {
        self(step)
    }
}

/// The names under `run.`.
pub const OF_RUN: &[&str] = &["id", "started"];
/// The names under `member.`.
pub const OF_MEMBER: &[&str] = &["name", "target", "shard", "replica"];

/// What `run.` holds.
#[derive(Debug, Clone)]
pub struct RunFacts {
    pub id: String,
    /// When it began, RFC 3339.
    pub started: String,
}

/// What `member.` holds.
#[derive(Debug, Clone)]
pub struct MemberFacts {
    pub name: String,
    pub target: String,
    pub shard: u32,
    pub replica: u32,
}

/// What names stand for. What is `None` is not known here, and using it is an error.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    pub inputs: Option<&'a InputValues>,
    pub steps: Option<&'a dyn StepFacts>,
    pub run: Option<&'a RunFacts>,
    pub member: Option<&'a MemberFacts>,
    /// The item of `for_each`.
    pub item: Option<&'a Value>,
    /// `row`, `rows`, `result`: what a check has read, or what a step's outputs are made from.
    pub variables: Option<&'a IndexMap<String, Value>>,
}

impl<'a> Scope<'a> {
    /// Nothing but inputs, as in a rendering.
    pub fn of_inputs(inputs: &'a InputValues) -> Self {
        Self { inputs: Some(inputs), ..Self::default() }
    }

    /// What a reference's first names stand for: `inputs.a`, `steps.a`, `run.id`, `member`, `item`, `row`.
    pub(super) fn root(&self, namespace: &str, name: Option<&str>) -> Result<Found<'a>, String> {
        let missing = |what: &str| Err(format!("`{what}` is not known here"));
        match (namespace, name) {
            ("inputs", Some(name)) => match self.inputs.and_then(|inputs| inputs.get(name)) {
                Some(InputValue::Plain(value)) => Ok(Found::Value(Arc::new(value.clone()))),
                Some(InputValue::Secret(secret)) => Ok(Found::Secret(secret)),
                None => Err(format!("no input `{name}`{}", self.near_input(name))),
            },
            ("steps", Some(name)) => match self.steps.and_then(|steps| steps.facts(name)) {
                Some(facts) => Ok(Found::Value(facts)),
                None => missing(&format!("steps.{name}")),
            },
            ("run", Some(_)) => match self.run {
                Some(run) => Ok(Found::Value(Arc::new(json!({ "id": run.id, "started": run.started })))),
                None => missing("run"),
            },
            ("member", _) => match self.member {
                Some(member) => Ok(Found::Value(Arc::new(json!({
                    "name": member.name, "target": member.target, "shard": member.shard, "replica": member.replica,
                })))),
                None => missing("member"),
            },
            ("item", _) => match self.item {
                Some(item) => Ok(Found::Value(Arc::new(item.clone()))),
                None => missing("item"),
            },
            (name, _) => match self.variables.and_then(|variables| variables.get(name)) {
                Some(value) => Ok(Found::Value(Arc::new(value.clone()))),
                None => missing(name),
            },
        }
    }

    fn near_input(&self, name: &str) -> String {
        suggestion(name, self.inputs.into_iter().flat_map(|inputs| inputs.keys().map(Name::as_str)))
    }

    /// Whether `name` is a secret input.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        matches!(self.inputs.and_then(|inputs| inputs.get(name)), Some(InputValue::Secret(_)))
    }
}

/// What a reference's first names stand for.
pub(super) enum Found<'a> {
    Value(Arc<Value>),
    Secret(&'a secrecy::SecretString),
}
