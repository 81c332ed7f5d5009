//! `secret`: a Secret of Kubernetes.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, Written};
use crate::{
    document::Problem,
    humanize,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        permission::Permission,
        text::TemplateText,
        visit::{TargetRole, Visitor},
    },
};

/// Makes a Secret of Kubernetes. One that is there with this content is left alone; one with another content is refused, unless
/// `replace` is true. No value is ever shown or recorded.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretAction {
    /// The Kubernetes target.
    pub on: Name,
    /// Its namespace; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// Its name.
    pub name: TemplateText,
    /// Its values by their keys. An input of type `secret` may stand here.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub data: IndexMap<String, TemplateText>,
    /// Another Secret, whose values it has as well; a key that `data` has is taken from there.
    #[serde(default)]
    pub copy: Option<SecretCopy>,
    /// Its type; `Opaque` where it is left out.
    #[serde(default, rename = "type")]
    pub kind: Option<TemplateText>,
    /// Whether one with another content is overwritten. What it held is gone then.
    #[serde(default)]
    pub replace: bool,
}

/// The Secret that values come from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretCopy {
    /// Its namespace; that of the Secret that is made where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// Its name.
    pub name: TemplateText,
    /// Which of its keys; all where it is left out.
    #[serde(default)]
    pub keys: Option<Vec<TemplateText>>,
}

impl ActionSpec for SecretAction {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.optional_text("namespace", self.namespace.as_ref());
        visitor.text("name", &self.name);
        visitor.key("data", |it| self.data.iter().for_each(|(key, value)| it.text(key, value)));
        if let Some(copy) = &self.copy {
            visitor.key("copy", |it| {
                it.optional_text("namespace", copy.namespace.as_ref());
                it.text("name", &copy.name);
                it.texts("keys", copy.keys.as_deref().unwrap_or_default());
            });
        }
        visitor.optional_text("type", self.kind.as_ref());
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.data.is_empty() && self.copy.is_none() {
            let message = "a Secret without values; write them in `data`, or the Secret that they come from in `copy`";
            problems.push(Problem::at_key(at.place.clone(), message));
        }
        let wrong =
            |key: &&String| key.is_empty() || !key.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it));
        for key in self.data.keys().filter(wrong) {
            let message = format!("`{key}` is no key of a Secret: letters, digits, `-`, `_` and `.` may stand in one");
            problems.push(Problem::at_key(at.place.child("data").child(key), message));
        }
    }

    /// What has the content already is left alone.
    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Idempotent)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        let what = || Destruction { target: &self.on, what: "secret replace".to_owned(), range: None };
        self.replace.then(what).into_iter().collect()
    }

    fn makes_tables(&self) -> MakesTables<'_> {
        MakesTables::On(Vec::new())
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
        Outputs::OfTask(&["namespace", "name", "uid", "keys", "done"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Secret(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let keys: Vec<&str> = self.data.keys().map(String::as_str).collect();
        let own = (!keys.is_empty()).then(|| format!("values of its own for {}", humanize::list(&keys)));
        let copied = self.copy.as_ref().map(|copy| {
            let which = match &copy.keys {
                Some(keys) => humanize::list(&keys.iter().map(|it| context.text(it)).collect::<Vec<_>>()),
                None => "all values".to_owned(),
            };
            let namespace = copy.namespace.as_ref().map_or_else(String::new, |it| format!("{}/", context.text(it)));
            format!("{which} of the Secret {namespace}{}", context.text(&copy.name))
        });
        let content: Vec<String> = own.into_iter().chain(copied).collect();
        let there = match self.replace {
            true => "overwrite one that has another content",
            false => "stop where there is one with another content",
        };
        let text = format!("make the Secret {} with {}; {there}", context.text(&self.name), content.join(", and "));
        vec![ShownStatement::words(context.on_kubernetes(&self.on, self.namespace.as_ref()), text)]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let (on, own) = (context.scope().target(&self.on), context.within(self.namespace.as_ref()));
        let secrets = |verbs: &[&'static str]| Permission::new(on, "", "secrets", verbs).within(own.clone());
        let verbs: &[&str] = if self.replace { &["get", "update"] } else { &["get"] };
        let copied = self.copy.as_ref().map(|copy| {
            let from = copy.namespace.as_ref().map_or_else(|| own.clone(), |it| context.within(Some(it)));
            Permission::new(on, "", "secrets", &["get"]).within(from).named(context.text(&copy.name))
        });
        let all = [secrets(&["create"]), secrets(verbs).named(context.text(&self.name))];
        all.into_iter().chain(copied).collect()
    }
}
