//! The environment as people write it: the types behind `schemas/environment.v1.json`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    name::{FILE_NAME_PATTERN, Name},
    plan::{
        actions::PlanInclusion,
        model::{ApiVersion, Step, TargetKind},
    },
    targets::Target,
};

/// One installation: where the targets are, and how it carries out a plan's procedures.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentDocument {
    /// The version of the language.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// Says that the file is an environment.
    pub kind: EnvironmentKind,
    /// What the environment is called.
    pub metadata: EnvironmentMetadata,
    /// Where each target is, by the names that plans use.
    pub targets: IndexMap<Name, Target>,
    /// How this installation carries out each procedure.
    #[serde(default)]
    pub procedures: IndexMap<Name, Procedure>,
}

impl EnvironmentDocument {
    /// The targets that its procedures may use whether the plan has them or not: clusters of Kubernetes.
    pub fn own_targets(&self) -> impl Iterator<Item = &Name> {
        let own = |(_, target): &(&Name, &Target)| target.kind() == TargetKind::Kubernetes;
        self.targets.iter().filter(own).map(|(name, _)| name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EnvironmentKind {
    Environment,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentMetadata {
    /// Its name: `[a-z][a-z0-9-]*`.
    #[schemars(regex(pattern = FILE_NAME_PATTERN))]
    pub name: String,
    /// What it is, in one line.
    #[serde(default)]
    pub summary: Option<String>,
}

/// Steps, or a plan. They see the plan's inputs and targets, the environment's own targets of kind `kubernetes`, and none of
/// the plan's steps.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// The steps; `{}` where there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<IndexMap<Name, Step>>,
    /// A plan whose steps they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanInclusion>,
}
