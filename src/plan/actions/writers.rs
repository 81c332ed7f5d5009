//! `writers`: what may write to a server, by the Secret with its credentials.

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
        object::{ObjectKind, validate_objects},
        permission::{Permission, Within},
        text::{TemplateOrList, TemplateText},
        visit::{TargetRole, Visitor},
    },
};

/// Every workload whose pods are given a Secret: by a variable, all of it as variables, or as files. Gives a row for each: `namespace`,
/// `kind`, `name`, `replicas`, `pods` (that run), `autoscaler`, `through` (what names the Secret), `known`, `ignored`, `finished`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Writers {
    /// The Kubernetes target.
    pub on: Name,
    /// The Secret.
    pub of: WritersOf,
    /// The namespaces that are searched: a Secret is given to pods of its own namespace only, but a copy of it may be elsewhere. Where
    /// it is left out, all that may be read.
    #[serde(default)]
    pub namespaces: Option<TemplateOrList>,
    /// The workloads that are known, as in `deployment/langsmith-queue`; `*` in a name stands for anything.
    pub named: TemplateOrList,
    /// Workloads that are given the Secret and are no writers, as the server itself.
    #[serde(default)]
    pub ignore: Option<TemplateOrList>,
}

/// The Secret with the credentials of a server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WritersOf {
    /// Its name.
    pub secret: TemplateText,
    /// Its namespace; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
}

impl ActionSpec for Writers {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.key("of", |it| {
            it.text("secret", &self.of.secret);
            it.optional_text("namespace", self.of.namespace.as_ref());
        });
        visitor.list("namespaces", self.namespaces.as_ref());
        visitor.list("named", Some(&self.named));
        visitor.list("ignore", self.ignore.as_ref());
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        for (key, list) in [("named", Some(&self.named)), ("ignore", self.ignore.as_ref())] {
            validate_objects(list, ObjectKind::WORKLOADS, &at.place.child(key), problems);
        }
    }

    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Read)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    fn destroys(&self) -> Vec<Destruction<'_>> {
        Vec::new()
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
        Some("row.known")
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["rows", "absent", "unread"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Writers(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let on = context.on_kubernetes(&self.on, self.of.namespace.as_ref());
        let namespaces = match &self.namespaces {
            Some(list) => format!("in {}", humanize::list(&context.paths(list))),
            None => "in all namespaces that may be read".to_owned(),
        };
        let known = context.paths(&self.named).into_iter();
        let known: Vec<String> = known.chain(self.ignore.iter().flat_map(|it| context.paths(it))).collect();
        let known = match known.is_empty() {
            true => "none is known".to_owned(),
            false => format!("known are {}", humanize::list(&known)),
        };
        let secret = context.text(&self.of.secret);
        vec![ShownStatement::words(
            on,
            format!("every workload {namespaces} that is given the Secret {secret}; {known}"),
        )]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let on = context.scope().target(&self.on);
        let namespaces: Vec<Within> = match &self.namespaces {
            Some(list) => context.paths(list).into_iter().map(Within::Namespace).collect(),
            None => vec![Within::WholeCluster],
        };
        let resources = ObjectKind::WORKLOADS.iter().map(|kind| (kind.group(), kind.plural()));
        let scalers = [("autoscaling", "horizontalpodautoscalers"), ("keda.sh", "scaledobjects")];
        let resources: Vec<_> = resources.chain(scalers).collect();
        let of = |within: Within| {
            let list = |(group, resource): &(&str, &str)| Permission::new(on, group, resource, &["list"]);
            resources.iter().map(list).map(move |it| it.within(within.clone())).collect::<Vec<_>>()
        };
        namespaces.into_iter().flat_map(of).collect()
    }
}
