//! The plan as people write it: the types behind `schemas/plan.v1.json`.
//!
//! These types say what a document may hold and nothing of what it means. Their doc comments are the language's
//! reference: they become the schema's descriptions, which editors show. Places in the file are not kept here but found by
//! JSON Pointer ([`crate::document`]).

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    actions::{
        Approve, Backup, Check, CheckList, Compare, Exec, Helm, Inspect, Inventory, Job, KeeperAction, KnownBugs,
        PlanInclusion, PodExec, Restore, Retain, S3Action, Scale, SecretAction, Sql, Writers,
    },
    quantity::HumanDuration,
    text::ExpressionText,
};

use crate::name::{FILE_NAME_PATTERN, Name};

/// A plan: what is to be done, never where.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// The version of the language.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// Says that the file is a plan.
    pub kind: PlanKind,
    /// What the plan is called, and what it does.
    pub metadata: Metadata,
    /// What the person who runs the plan may or must give.
    #[serde(default)]
    pub inputs: IndexMap<Name, Input>,
    /// What the plan acts on; the environment says where each one is.
    #[serde(default)]
    pub targets: IndexMap<Name, TargetRequirement>,
    /// Parts of the plan that differ from installation to installation; the environment binds them.
    #[serde(default)]
    pub procedures: Vec<Name>,
    /// The steps, a directed acyclic graph by their `needs`.
    pub steps: IndexMap<Name, Step>,
    /// Steps that run once, when the run ends: when all steps succeeded, or when the run is abandoned.
    #[serde(default)]
    pub finally: IndexMap<Name, Step>,
    /// What becomes of a run that fails; `suspend` where it is left out.
    #[serde(default)]
    pub on_failure: OnFailure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    #[serde(rename = "houseplan/v1")]
    V1,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanKind {
    Plan,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The stem of the file's name: `[a-z][a-z0-9-]*`.
    #[schemars(regex(pattern = FILE_NAME_PATTERN))]
    pub name: String,
    /// The plan's own version, as in 1.0.0.
    #[serde(default)]
    pub version: Option<String>,
    /// What the plan does, in one line.
    #[serde(default)]
    pub summary: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It waits: fix what failed, and `houseplan resume` goes on.
    #[default]
    Suspend,
    /// It is abandoned at once, as long as nothing irreversible has started.
    Abandon,
}

/// An input: its type, and what it may be.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: InputType,
    /// The value where none is given. May use `inputs.` and `run.` in a template.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
    /// A regular expression that the whole value has to match.
    #[serde(default)]
    pub pattern: Option<String>,
    /// What it is for, in a line: it is shown where the input is missing.
    #[serde(default)]
    pub description: Option<String>,
    /// The values of an `enum`.
    #[serde(default)]
    pub values: Option<Vec<String>>,
    /// The type of a `list`'s items; string where it is left out.
    #[serde(default)]
    pub items: Option<InputType>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputType {
    /// Any text.
    String,
    /// The name of a database, a table or a column.
    Identifier,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// As in `6h`.
    Duration,
    /// As in `64MiB`.
    Size,
    /// A path in a store or a file system, without `..`.
    Path,
    /// One of `values`.
    Enum,
    /// A list, of texts where `items` says nothing else.
    List,
    /// Never shown, never journalled, never given by `--set`.
    Secret,
}

/// What a target has to be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetRequirement {
    /// What it is.
    pub kind: TargetKind,
    /// How many servers a `clickhouse` target has to have: a number, or `{ min, max }`. At least one where it is left out.
    #[serde(default)]
    pub members: Option<Count>,
    /// How many shards a `clickhouse` target may have: a number, or `{ min, max }`. One where it is left out.
    #[serde(default)]
    pub shards: Option<Count>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// One or many ClickHouse servers.
    Clickhouse,
    /// ClickHouse Keeper or ZooKeeper.
    Keeper,
    /// A bucket, or a folder of one.
    S3,
    /// The machine that houseplan runs on.
    Local,
    /// A cluster of Kubernetes.
    Kubernetes,
}

impl TargetKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clickhouse => "clickhouse",
            Self::Keeper => "keeper",
            Self::S3 => "s3",
            Self::Local => "local",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// A number, or bounds of one, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub min: usize,
    pub max: Option<usize>,
}

impl Count {
    pub fn allows(&self, number: usize) -> bool {
        number >= self.min && self.max.is_none_or(|max| number <= max)
    }
}

/// The written form of [`Count`] with bounds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    #[serde(default)]
    min: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<usize>,
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bounds { min: self.min, max: self.max }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match value.as_u64().and_then(|exact| usize::try_from(exact).ok()) {
            Some(exact) => Ok(Self { min: exact, max: Some(exact) }),
            None => serde_json::from_value::<Bounds>(value)
                .map(|bounds| Self { min: bounds.min, max: bounds.max })
                .map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, or bounds of one.",
            "type": ["integer", "object"],
            "minimum": 0,
            "properties": {
                "min": { "description": "So many at least; 0 where it is left out.", "type": "integer", "minimum": 0 },
                "max": { "description": "So many at most; as many as there are where it is left out.", "type": "integer", "minimum": 0 }
            },
            "additionalProperties": false
        })
    }
}

/// A node of the graph: what it needs, what has to hold around it, and one action.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The steps that have to have succeeded (or been skipped) before this one starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Name>,
    /// The step is skipped where this expression is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ExpressionText>,
    /// A list; the step runs once for each `item` of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<ExpressionText>,
    /// What has to hold before the step starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preconditions: Vec<Check>,
    /// What has to hold after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postconditions: Vec<Check>,
    /// Whether and how a task that failed is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// How long one attempt may take; then the task is in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<HumanDuration>,
    /// How long a backup or a restore may make no progress; then the task is in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalled_after: Option<HumanDuration>,
    /// There is no way back once this step has started. In what a step includes, mark the one that matters: until it starts,
    /// the preconditions of the inclusion are read again. Where none is marked, all that change something count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// What later steps may use of this one, as expressions over `result`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<Name, ExpressionText>,
    /// Lints (warnings) that do not apply here: the lint's code, and why you mean it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub accepts: IndexMap<String, String>,

    /// Statements, on every member of a ClickHouse target, in parallel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Box<Sql>>,
    /// BACKUP to a store, tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Box<Backup>>,
    /// RESTORE from a store, tracked; table by table, on one replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<Box<Restore>>,
    /// Reads a backup in a store, and whether it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspect: Option<Box<Inspect>>,
    /// What a database holds, as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Box<Inventory>>,
    /// Compares an inventory with a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Box<Compare>>,
    /// Whether a RESTORE would meet a bug of ClickHouse that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_bugs: Option<Box<KnownBugs>>,
    /// Checks, as a step of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Box<CheckList>>,
    /// A process: an argument list, never a shell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec: Option<Box<Exec>>,
    /// An upgrade of a release of Helm's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helm: Option<Box<Helm>>,
    /// A Job of Kubernetes, to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Box<Job>>,
    /// A command in a container of a pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_exec: Option<Box<PodExec>>,
    /// What is left in Keeper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeper: Option<Box<KeeperAction>>,
    /// What is in a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<Box<S3Action>>,
    /// How many pods workloads have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Box<Scale>>,
    /// A Secret of Kubernetes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Box<SecretAction>>,
    /// Volumes and objects that stay when what holds them goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain: Option<Box<Retain>>,
    /// Every workload that is given a Secret; stops at one that the plan does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writers: Option<Box<Writers>>,
    /// Waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve: Option<Box<Approve>>,
    /// Gives back what it is told: an action that only tests have.
    #[cfg(test)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<Box<super::actions::Echo>>,
    /// The steps that the environment binds to this procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<Name>,
    /// The steps of another plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<PlanInclusion>>,
}

/// How a task that failed is tried again.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How many attempts there are in all.
    #[schemars(range(min = 1))]
    pub attempts: u32,
    /// How long to wait before the second attempt; doubled before each further one. One second where it is left out.
    #[serde(default)]
    pub delay: Option<HumanDuration>,
    /// The longest wait between two attempts. A minute where it is left out.
    #[serde(default)]
    pub max_delay: Option<HumanDuration>,
}
