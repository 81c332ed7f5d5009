//! The environment as people write it: the types behind `schemas/environment.v1.json`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    name::Name,
    plan::{
        actions::PlanInclusion,
        model::{ApiVersion, Step, TargetKind},
        quantity::HumanDuration,
    },
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EnvironmentKind {
    Environment,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentMetadata {
    /// Its name: `[a-z][a-z0-9-]*`.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]*$"))]
    pub name: String,
    /// What it is, in one line.
    #[serde(default)]
    pub summary: Option<String>,
}

/// Where a target is. Which keys it takes is said by its `kind`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What it is.
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
    /// `s3`: the secret of the access key.
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
    /// The user's password; none where it is left out.
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
    /// The steps; `{}` where there is nothing to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<IndexMap<Name, Step>>,
    /// A plan whose steps they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanInclusion>,
}
