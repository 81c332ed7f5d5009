//! A plan with its inputs bound, as a person reviews it: every statement and command in order, without secrets; and its
//! digest.
//!
//! What only a run knows stays as it is written: `{{ steps.found.tables }}`, `{{ run.id }}`. Nothing is asked of any server,
//! so it can be rendered anywhere, and twice the same.

pub mod digest;
mod drawing;
mod markdown;
mod rbac;
mod step;
mod text;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::{
    environment::model::EnvironmentDocument,
    name::Name,
    plan::{
        binding::known_before_run,
        describe::{Files, KnownEnvironment, KnownTarget, RenderContext, RenderedCheck, ShownStatement},
        expanded::ExpandedPlan,
        model::TargetKind,
    },
    targets::{Target, s3},
    template::{InputValue, InputValues},
};

pub use digest::hexadecimal;
pub use drawing::drawing;
pub use rbac::{Needs, roles};

/// A plan as a person reviews it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderedPlan {
    pub plan: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What `run --digest` is given, so that nothing else runs.
    pub digest: String,
    /// A secret is `[secret]`.
    pub inputs: IndexMap<Name, Value>,
    pub targets: Vec<RenderedTarget>,
    pub steps: Vec<RenderedStep>,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderedTarget {
    pub name: Name,
    /// Its name in the plan, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called: Option<Name>,
    pub kind: String,
    /// `replica1: http://…`, or the one place that it is.
    pub places: Vec<String>,
}

/// A step: what it waits for, what it looks at, and what it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RenderedStep {
    pub id: String,
    pub action: String,
    pub needs: Vec<String>,
    pub finally: bool,
    pub irreversible: bool,
    /// What repeating it would do, where it says so or it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// `when`, `for_each`, `retry`, `timeout`, `stalled_after`, each as it is written.
    pub conditions: IndexMap<String, String>,
    pub preconditions: Vec<RenderedCheck>,
    pub does: Vec<ShownStatement>,
    pub postconditions: Vec<RenderedCheck>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, String>,
    /// The lints that it means, and why.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub accepts: IndexMap<String, String>,
}

/// Renders a plan. `inputs` are those that were given, with their types; defaults are filled in here, with `run.id` still a
/// symbol in them. What a run has bound must not be passed: its digest would be another for every run. `files` count in the
/// digest.
pub fn render(
    plan: &ExpandedPlan,
    inputs: &InputValues,
    environment: Option<&EnvironmentDocument>,
    files: &Files,
) -> RenderedPlan {
    let inputs = known_before_run(plan, inputs);
    let known = environment.map(known_environment);
    let context = |index| RenderContext { plan, index, inputs: &inputs, environment: known.as_ref(), files };
    RenderedPlan {
        plan: plan.metadata.name.clone(),
        version: plan.metadata.version.clone(),
        summary: plan.metadata.summary.clone(),
        environment: environment.map(|it| it.metadata.name.clone()),
        digest: digest::digest(plan, &inputs[0], environment, files),
        inputs: inputs[0].iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
        targets: plan.targets.iter().map(|(name, it)| target(plan, name, it.kind, environment)).collect(),
        steps: (0..plan.steps.len()).map(|index| step::step(&context(index))).collect(),
    }
}

/// The digest alone: what [`render`] gives with everything that a person reads.
pub fn digest(
    plan: &ExpandedPlan,
    inputs: &InputValues,
    environment: Option<&EnvironmentDocument>,
    files: &Files,
) -> String {
    digest::digest(plan, &known_before_run(plan, inputs)[0], environment, files)
}

impl RenderedPlan {
    /// For a terminal.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// For a merge request.
    pub fn markdown(&self) -> String {
        markdown::markdown(self)
    }
}

fn shown(value: &InputValue) -> Value {
    match value {
        InputValue::Plain(value) => value.clone(),
        InputValue::Secret(_) => crate::redact::MARK.into(),
    }
}

fn target(
    plan: &ExpandedPlan,
    name: &Name,
    kind: TargetKind,
    environment: Option<&EnvironmentDocument>,
) -> RenderedTarget {
    let places = environment.and_then(|it| it.targets.get(name)).map(Target::places).unwrap_or_default();
    let called = plan.scopes[0].targets.iter().find(|(called, there)| *there == name && *called != name);
    let called = called.map(|(called, _)| called.clone());
    RenderedTarget { name: name.clone(), called, kind: kind.as_str().to_owned(), places }
}

/// What a review may show of an environment.
pub(crate) fn known_environment(environment: &EnvironmentDocument) -> KnownEnvironment {
    let known = |target: &Target| KnownTarget {
        members: target.members().into_iter().cloned().collect(),
        url: target.as_store().map(s3::Keys::shown),
        access_key: target.as_store().and_then(|it| it.access_key_id.as_ref()).map(ToString::to_string),
        cluster: (target.kind() == TargetKind::Kubernetes).then(|| target.places().join("; ")),
    };
    let targets = environment.targets.iter().map(|(name, target)| (name.clone(), known(target)));
    KnownEnvironment { name: environment.metadata.name.clone(), targets: targets.collect() }
}

#[cfg(test)]
mod tests;
