//! The environment as people write it: the types behind `schemas/environment.v1.json`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{
    action::PlanInclusion,
    model::{ApiVersion, Step, TargetKind},
    name::Name,
    quantity::HumanDuration,
};

/// One installation: where the targets are, and how it carries out a plan's procedures.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentDocument {
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    pub kind: EnvironmentKind,
    pub metadata: EnvironmentMetadata,
    pub targets: IndexMap<Name, Target>,
    /// How this installation carries out each procedure.
    #[serde(default)]
    pub procedures: IndexMap<Name, Procedure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EnvironmentKind {
    Environment,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentMetadata {
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]*$"))]
    pub name: String,
    #[serde(default)]
    pub summary: Option<String>,
}

/// Where a target is. Which keys it takes is said by its `kind`; [`Target::resolve`](crate::environment) tells them apart.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub kind: TargetKind,

    /// `clickhouse`: the servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<IndexMap<Name, Member>>,
    /// `clickhouse`: the cluster's name in `system.clusters`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// `keeper`: the host name or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `keeper`: the client port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `s3`: the URL of the bucket, or of a folder in it, as the ClickHouse servers reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `s3`: the region; us-east-1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `s3`: the access key. Where it is left out, the servers use their own credentials (a role).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<SecretSource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<SecretSource>,
    /// `local`: the folder that processes run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

/// One ClickHouse server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The URL of its HTTP interface, as in `https://clickhouse-0.example.com:8443`.
    pub url: String,
    /// The user; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// The number of its shard, from 1; 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// A PEM file with the authority that signed its certificate, where the system does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// How long to wait for a connection; 10s where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<HumanDuration>,
}

/// Where a secret comes from. Read anew each time houseplan starts, and never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretSource {
    /// An environment variable of houseplan's.
    Env(String),
    /// A file, beside the environment's where the path is relative; one line end at its end is left out.
    File(String),
}

/// Steps, or a plan. They see the plan's inputs and targets, and none of its steps.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<IndexMap<Name, Step>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanInclusion>,
}
