//! `retain`: what stays when the objects that hold it go.

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

/// Lets volumes outlive their claims (reclaim policy `Retain`), and objects a `helm upgrade` that no longer has them
/// (`helm.sh/resource-policy: keep`). What was so before is kept in an annotation of each, and in the outputs `volumes` and `objects`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retain {
    /// The Kubernetes target.
    pub on: Name,
    /// The namespace of what names none; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// Workloads whose volumes are retained: those of their claims, and of the claims that a StatefulSet has made.
    #[serde(default)]
    pub volumes_of: Option<TemplateOrList>,
    /// Claims whose volumes are retained, by name.
    #[serde(default)]
    pub claims: Option<TemplateOrList>,
    /// Objects that Helm is to keep, as in `statefulset/langsmith-clickhouse`, `secret/…`.
    #[serde(default)]
    pub objects: Option<TemplateOrList>,
    /// Gives everything back: the reclaim policy that was, and the annotation taken away. Only what houseplan has changed.
    #[serde(default)]
    pub undo: bool,
}

impl Retain {
    /// Its lists, each with its key and what may stand there; claims are no objects.
    fn lists(&self) -> [(&'static str, Option<&TemplateOrList>, Option<&'static [ObjectKind]>); 3] {
        [
            ("volumes_of", self.volumes_of.as_ref(), Some(ObjectKind::WORKLOADS)),
            ("claims", self.claims.as_ref(), None),
            ("objects", self.objects.as_ref(), Some(ObjectKind::KEPT)),
        ]
    }
}

impl ActionSpec for Retain {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.optional_text("namespace", self.namespace.as_ref());
        for (key, list, _) in self.lists() {
            visitor.list(key, list);
        }
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        if self.lists().iter().all(|(_, list, _)| list.is_none()) {
            let message = "nothing is named that is to stay; write `volumes_of`, `claims` or `objects`";
            problems.push(Problem::at_key(at.place.clone(), message));
        }
        for (key, list, kinds) in self.lists() {
            if let Some(kinds) = kinds {
                validate_objects(list, kinds, &at.place.child(key), problems);
            }
        }
    }

    /// What was so before is kept with the object, so a repeat ends in the same state.
    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Idempotent)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    /// Nothing, also when it is undone: a volume whose claim is gone is refused then.
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
        None
    }

    fn outputs(&self) -> Outputs {
        Outputs::OfTask(&["volumes", "objects"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Retain(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let on = context.on_kubernetes(&self.on, self.namespace.as_ref());
        let named = |list: Option<&TemplateOrList>| list.map(|list| humanize::list(&context.paths(list)));
        let claims = named(self.claims.as_ref()).map(|it| format!("of the claims {it}"));
        let volumes: Vec<String> =
            named(self.volumes_of.as_ref()).map(|it| format!("of {it}")).into_iter().chain(claims).collect();
        let volumes = (!volumes.is_empty()).then(|| volumes.join(" and ")).map(|volumes| match self.undo {
            false => format!("set the reclaim policy of the volumes {volumes} to Retain"),
            true => format!("give the volumes {volumes} the reclaim policy that they had"),
        });
        let objects = named(self.objects.as_ref()).map(|objects| match self.undo {
            false => format!("annotate {objects} with helm.sh/resource-policy: keep"),
            true => format!("take the annotation helm.sh/resource-policy from {objects}"),
        });
        volumes.into_iter().chain(objects).map(|text| ShownStatement::words(on.clone(), text)).collect()
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let (on, own) = (context.scope().target(&self.on), context.within(self.namespace.as_ref()));
        let mut all = Vec::new();
        for (_, list, kinds) in self.lists() {
            let (Some(list), Some(kinds)) = (list, kinds) else { continue };
            let verbs: &[&str] = if std::ptr::eq(kinds, ObjectKind::KEPT) { &["get", "patch"] } else { &["get"] };
            all.extend(Permission::on_objects(on, context.objects(list).as_deref(), kinds, &own, verbs));
        }
        if self.volumes_of.is_some() || self.claims.is_some() {
            all.push(Permission::new(on, "", "persistentvolumeclaims", &["get", "list"]).within(own));
            let volumes = Permission::new(on, "", "persistentvolumes", &["get", "patch"]);
            all.push(volumes.within(Within::WholeCluster));
        }
        all
    }
}
