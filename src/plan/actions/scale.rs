//! `scale`: how many pods workloads have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Action, ActionSpec, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, Written,
    spec::exactly_one,
};
use crate::{
    document::Problem,
    humanize,
    name::Name,
    plan::{
        describe::{NamedFile, RenderContext, ShownStatement},
        model::TargetKind,
        object::{ObjectKind, ObjectRef, validate_objects},
        permission::{Permission, Within},
        quantity::HumanDuration,
        text::{Scalar, TemplateOrList, TemplateText},
        visit::{TargetRole, Visitor},
    },
};

/// How many pods Deployments, StatefulSets and Rollouts have. It ends when the pods are gone, or ready. What they had before, and who
/// set it, is kept in an annotation of each (`houseplan/scaled`), and in the output `scaled`.
///
/// At 0 they are held: houseplan owns `.spec.replicas`, so a `helm upgrade` of Helm 4 with another number is refused, and a
/// ScaledObject of KEDA is paused. Any other number, and `previous`, ends that: the number belongs to whom it belonged to before.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The Kubernetes target.
    pub on: Name,
    /// The namespace of workloads that name none; the target's where it is left out.
    #[serde(default)]
    pub namespace: Option<TemplateText>,
    /// As in `deployment/langsmith-queue`, `statefulset/…`, `rollout/…`; with another namespace as in `other/deployment/api`.
    pub workloads: TemplateOrList,
    /// A number; or `previous`: as many as before houseplan scaled them. What it has not scaled stays as it is then.
    #[serde(default)]
    pub to: Option<Scalar>,
    /// Only ends the hold, with as many pods as there are: whatever comes next sets the number, as an upgrade of a chart.
    #[serde(default)]
    pub release: bool,
    /// How long pods may take to end, or to become ready; 5m where it is left out.
    #[serde(default)]
    pub within: Option<HumanDuration>,
    /// That Argo CD and Flux are suspended for these workloads. Where it is left out, one that they look after is refused: they would
    /// scale it back within minutes.
    #[serde(default)]
    pub suspended: bool,
}

/// How many pods there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleGoal {
    Number(u64),
    /// As many as before houseplan scaled it.
    Previous,
}

impl ScaleGoal {
    /// What a value means, as it is written or as a template gives it.
    ///
    /// # Errors
    /// In words, where it is none.
    pub fn of(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::String(text) if text == "previous" => return Ok(Self::Previous),
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        number.map(Self::Number).ok_or_else(|| format!("{value} is no number of pods; write one, or `previous`"))
    }
}

impl Scale {
    pub const WITHIN: HumanDuration = HumanDuration(std::time::Duration::from_secs(300));

    /// The number that stands in the plan, or `None` where only the run knows it.
    fn known_goal(&self, context: &RenderContext<'_>) -> Option<ScaleGoal> {
        match &self.to.as_ref()?.0 {
            Value::String(text) => ScaleGoal::of(&context.known(text)?).ok(),
            value => ScaleGoal::of(value).ok(),
        }
    }

    /// What is done, in words.
    fn words(&self, context: &RenderContext<'_>) -> String {
        let workloads = humanize::list(&context.paths(&self.workloads));
        let within = self.within.unwrap_or(Self::WITHIN);
        let back = "end the hold: KEDA goes on, and `.spec.replicas` belongs to whom it belonged to before";
        if self.release {
            return format!("leave {workloads} with the pods that there are, and {back}");
        }
        match self.known_goal(context) {
            Some(ScaleGoal::Number(0)) => format!(
                "pause KEDA where it scales them, scale {workloads} to 0 as the owner of `.spec.replicas`, and wait until their pods are gone, within {within}"
            ),
            Some(ScaleGoal::Previous) => format!(
                "scale {workloads} to what they had before houseplan scaled them, wait until they are ready, within {within}, and {back}"
            ),
            Some(ScaleGoal::Number(number)) => {
                format!("scale {workloads} to {number}, wait until they are ready, within {within}, and {back}")
            }
            None => {
                let to = self.to.as_ref().map(|it| it.0.as_str().unwrap_or_default()).unwrap_or_default();
                format!("scale {workloads} to {to}, and wait until their pods are gone or ready, within {within}")
            }
        }
    }
}

impl ActionSpec for Scale {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a, '_>) {
        visitor.target("on", &self.on, TargetKind::Kubernetes, TargetRole::Subject);
        visitor.optional_text("namespace", self.namespace.as_ref());
        visitor.list("workloads", Some(&self.workloads));
        if let Some(to) = &self.to {
            visitor.key("to", |it| it.value(&to.0));
        }
    }

    fn validate(&self, at: &Written<'_>, problems: &mut Vec<Problem>) {
        exactly_one("`scale`", &[("to", self.to.is_some()), ("release", self.release)], &at.place, problems);
        let place = at.place.child("workloads");
        if matches!(&self.workloads, TemplateOrList::List(items) if items.is_empty()) {
            problems.push(Problem::at(place.clone(), "no workload is named here; write at least one"));
        }
        validate_objects(Some(&self.workloads), ObjectKind::SCALABLE, &place, problems);
        if let Some(Scalar(to)) = &self.to
            && !to.as_str().is_some_and(|it| it.contains("{{"))
            && let Err(message) = ScaleGoal::of(to)
        {
            problems.push(Problem::at(at.place.child("to"), message));
        }
    }

    /// What it was is kept with the workload before it is changed, so a repeat ends in the same state.
    fn repeat(&self) -> Option<Repeat> {
        Some(Repeat::Idempotent)
    }

    fn fan_out(&self) -> FanOut {
        FanOut::One
    }

    /// Pods, which come back; a StatefulSet that deletes its claims with its pods is refused.
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
        Outputs::OfTask(&["scaled"])
    }

    fn steps(&self) -> Vec<StepOf> {
        StepOf::whole(Action::Scale(Box::new(self.clone())))
    }

    fn describe(&self, context: &RenderContext<'_>) -> Vec<ShownStatement> {
        let on = context.on_kubernetes(&self.on, self.namespace.as_ref());
        vec![ShownStatement::words(on, self.words(context))]
    }

    fn files(&self, _: &RenderContext<'_>) -> Vec<NamedFile> {
        Vec::new()
    }

    fn permissions(&self, context: &RenderContext<'_>) -> Vec<Permission> {
        let (on, own) = (context.scope().target(&self.on), context.within(self.namespace.as_ref()));
        let objects = context.objects(&self.workloads);
        let verbs = ["get", "patch"];
        let mut all = Permission::on_objects(on, objects.as_deref(), ObjectKind::SCALABLE, &own, &verbs);
        let named = objects.iter().flatten();
        let other = |object: &ObjectRef| object.namespace.clone().map(Within::Namespace);
        let mut namespaces: Vec<Within> = named.map(|object| other(object).unwrap_or_else(|| own.clone())).collect();
        namespaces.push(own);
        namespaces.sort();
        namespaces.dedup();
        for within in namespaces {
            for (group, resource, verbs) in [
                ("", "pods", ["list"].as_slice()),
                ("apps", "replicasets", &["list"]),
                ("autoscaling", "horizontalpodautoscalers", &["list"]),
                ("keda.sh", "scaledobjects", &["list", "patch"]),
            ] {
                all.push(Permission::new(on, group, resource, verbs).within(within.clone()));
            }
        }
        all
    }
}
