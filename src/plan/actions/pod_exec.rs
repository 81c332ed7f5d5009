//! `pod_exec`: a command in a container of a pod.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Action, ActionSpec, Destruction, Effect, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, StoreUse,
    Written, exec::argument,
};
use crate::{
    document::Problem,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement, StatementKind},
        model::TargetKind,
        permission::{Permission, Within},
        text::TemplateText,
        visit::{TargetRole, Visitor},
    },
};

/// A command in a container that runs already. The container has to have `sh`, which hands it its environment: `HOUSEPLAN_TASK` is in
/// it, by which houseplan finds a command that outlives it, where the container has `grep`. Outputs: `stdout`, `code`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodExec {
    /// The target of kind `kubernetes`.
    pub on: Name,
    /// The pod.
    pub pod: NamedPod,
    /// The program and its arguments, each a template. No shell reads them, unless the program is one.
    pub command: Vec<TemplateText>,
    /// Environment variables for the command, besides the container's own. They may be secrets: they are in nobody's argument list.
    #[serde(default)]
    pub env: IndexMap<String, TemplateText>,
    /// What repeating it would do; `once` where it is left out.
    #[serde(default)]
    pub effect: Option<Effect>,
}

/// A pod, by its name or by labels.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedPod {
    /// Its name.
    #[serde(default)]
    pub name: Option<TemplateText>,
    /// Instead of a name: a label selector that exactly one pod matches.
    #[serde(default)]
    pub selector: Option<TemplateText>,
    /// Its namespace; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// The container; the pod's first one where it is left out.
    #[serde(default)]
    pub container: Option<TemplateText>,
}

impl PodExec {
    /// What repeating it would do.
    pub fn effect(&self) -> Effect {
        self.effect.unwrap_or(Effect::Once)
    }
}

impl NamedPod {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.optional_text("name", self.name.as_ref());
        visitor.optional_text("selector", self.selector.as_ref());
        visitor.optional_text("namespace", self.namespace.as_ref());
        visitor.optional_text("container", self.container.as_ref());
    }

    /// As a reviewer reads it.
    fn words(&self, context: &RenderContext<'_>) -> String {
        let namespace = self.namespace.as_ref().map_or_else(String::new, |it| format!("{}/", context.text(it)));
        let pod = match (&self.name, &self.selector) {
            (Some(name), _) => context.text(name),
            (None, Some(selector)) => format!("[{}]", context.text(selector)),
            (None, None) => String::new(),
        };
        let container =
            self.container.as_ref().map_or_else(String::new, |it| format!(", container {}", context.text(it)));
        format!("pod {namespace}{pod}{container}")
    }
}

impl ActionSpec for PodExec {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.key("pod", |it| self.pod.visit(it));
        visitor.texts("command", &self.command);
        visitor.key("env", |it| self.env.iter().for_each(|(name, value)| it.text(name, value)));
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.command.is_empty() {
            let message = "an empty command; name at least the program";
            problems.push(Problem::at(at.place.child("command"), message));
        }
        let keys = [("name", self.pod.name.is_some()), ("selector", self.pod.selector.is_some())];
        super::spec::exactly_one("a pod", &keys, &at.place.child("pod"), problems);
        for name in self.env.keys().filter(|name| !is_variable(name)) {
            let message = "no name of a variable; it has letters, digits and `_`, and does not begin with a digit";
            problems.push(Problem::at_key(at.place.child("env").child(name), message));
        }
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(self.effect().into())
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        Vec::new()
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        MakesTables::Unknown
    }

    fn fills(&self) -> Option<Fill<'_>> {
        None
    }

    fn databases(&self) -> Vec<(&Name, &TemplateText)> {
        Vec::new()
    }

    fn proves(&self) -> Proof<'_> {
        Proof::Nothing
    }

    fn expects(&self) -> Option<&'static str> {
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["stdout", "code"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::PodExec(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let variables = self.env.iter().map(|(name, value)| format!("{name}={}", argument(&context.text(value))));
        let command = variables.chain(self.command.iter().map(|it| argument(&context.text(it))));
        let on = format!("{}, {}", context.on(&self.on), self.pod.words(context));
        vec![ShownStatement::new(StatementKind::Command, on, command.collect::<Vec<_>>().join(" "))]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    /// Clusters before 1.35 ask for `get` to start a command over a websocket, later ones for `create`.
    fn uses_stores(&self, _: &RenderContext<'_>) -> Vec<StoreUse> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let within = self.pod.namespace.as_ref();
        let within = within.map_or(Within::OfTarget, |it| Within::Namespace(context.text(it)));
        let on = context.scope().target(&self.on);
        let exec = Permission::new(on, "", "pods", &["get", "create"]).part("exec").within(within.clone());
        let pods = |verbs: &[&'static str]| Permission::new(on, "", "pods", verbs).within(within.clone());
        match &self.pod.name {
            Some(name) => {
                let name = context.text(name);
                // `create` of a subresource is asked for by the name of its pod, so it can be allowed by it.
                vec![pods(&["get"]).named(name.clone()), exec.named(name)]
            }
            None => vec![pods(&["get", "list"]), exec],
        }
    }
}

/// A name that `export` takes.
fn is_variable(name: &str) -> bool {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|it: char| it.is_ascii_digit())
}
