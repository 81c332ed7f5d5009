//! The actions as people write them. What they do is told in [`crate::action`].

mod phase;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{OneOrMany, Scalar, Template, TemplateOrList};
use crate::{name::Name, sql, template::without_placeholders};

pub use phase::{RestoreMembers, RestorePhase, RestoreStatements};

/// Statements for every member of a target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The ClickHouse target, or a list of them: every member of each, one task a member.
    pub on: OneOrMany<Name>,
    /// One statement or several, with `;` between them. A `{{ value }}` is a literal; `| ident` makes an identifier.
    pub query: Template,
    /// What repeating the statements would do. `read` where they only read; else `once`, and then there is one statement.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// ClickHouse settings for these statements.
    #[serde(default)]
    pub settings: IndexMap<String, Scalar>,
    /// Only in `finally`: what to do about a member that cannot be reached.
    #[serde(default)]
    pub absent: Option<Absent>,
}

impl Sql {
    /// What repeating the statements would do: what the plan says; else what their words tell.
    pub fn effect(&self) -> Effect {
        let reads = || sql::split(&without_placeholders(&self.query.0)).iter().all(sql::is_read);
        self.effect.unwrap_or_else(|| if reads() { Effect::Read } else { Effect::Once })
    }
}

/// What repeating a statement would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It changes nothing. Sent with `readonly = 2`.
    Read,
    /// It ends in the same state.
    Idempotent,
    /// It must not be repeated.
    Once,
}

impl Effect {
    /// As it is written in a plan.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Once => "once",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// A member that cannot be reached is passed over, and that is said.
    Skip,
}

/// BACKUP of a database, of tables, or of everything. Outputs: `store`, `path`, `id`, `num_files`, `total_size`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The ClickHouse target, of one server.
    pub on: Name,
    /// The database to back up.
    #[serde(default)]
    pub database: Option<Template>,
    /// Only these tables of the database.
    #[serde(default)]
    pub tables: Option<TemplateOrList>,
    /// Everything on the server but the system's databases and houseplan's own.
    #[serde(default)]
    pub all: Option<AllDatabases>,
    /// Where the backup goes; nothing may be there yet.
    pub to: StorePath,
    /// An earlier backup that this one builds on: a `backup` step's outputs, or `{ store, path }` of the same store.
    #[serde(default)]
    pub base: Option<Template>,
    /// Settings of BACKUP, as in `max_backup_bandwidth`.
    #[serde(default)]
    pub settings: IndexMap<String, Scalar>,
}

/// Every database but those of the system and these.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllDatabases {
    /// Databases that are left out.
    #[serde(default)]
    pub except: Vec<Template>,
}

/// A place in a store.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorePath {
    /// The store.
    pub store: Name,
    /// The path in it.
    pub path: Template,
}

/// RESTORE from a backup, onto a target of one shard.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The ClickHouse target.
    pub on: Name,
    /// A `backup` step's outputs, or a path in `store`.
    pub from: Template,
    /// The store, where `from` is a path.
    #[serde(default)]
    pub store: Option<Name>,
    /// The tables to restore, each one a task with its own journal entries: an inventory's `tables`, or names.
    #[serde(default)]
    pub tables: Option<TemplateOrList>,
    /// The database of the tables; where there are no `tables`, the whole of it in one statement.
    #[serde(default)]
    pub database: Option<Template>,
    /// Everything that is in the backup, in one statement (RESTORE ALL EXCEPT the system's databases).
    #[serde(default)]
    pub all: Option<AllDatabases>,
    /// What the world has to be.
    pub into: Into,
    /// Settings of RESTORE.
    #[serde(default)]
    pub settings: IndexMap<String, Scalar>,
}

/// What has to be so of the tables that are restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Into {
    /// They are there, with the same columns, and empty on every replica.
    Existing,
    /// None of them is there.
    Absent,
    /// They are there and may hold rows: what is restored is added, and a repeat would double it.
    Append,
}

/// Reads a backup in a store. Gives one row: `complete`, `id`, `missing`, `files`, `size`; with `database` also `tables`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    /// The store.
    pub on: Name,
    /// A `backup` step's outputs, or a path.
    pub backup: Template,
    /// The ClickHouse target whose server reads the store for us; where it is left out, houseplan reads it itself.
    #[serde(default)]
    pub through: Option<Name>,
    /// The database whose tables in the backup are told as well, as `tables`.
    #[serde(default)]
    pub database: Option<Template>,
}

/// What a database holds. Outputs: `database`, `tables`, `zookeeper_paths`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The ClickHouse target; all its members are asked.
    pub on: Name,
    /// The database.
    pub database: Template,
    /// Tables that are left out.
    #[serde(default)]
    pub except: Option<TemplateOrList>,
    /// Whether the rows are read to make a checksum of them; else they are only counted.
    #[serde(default)]
    pub checksum: bool,
}

/// Compares an inventory with what every member of a target holds. Gives one row a table and member: `member`, `table`,
/// `equal`, `replicated`, `differences`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// An `inventory` step.
    pub left: Template,
    /// The ClickHouse target that is compared with it: each of its members.
    pub right: Name,
    /// What has to be the same.
    pub by: Vec<Aspect>,
    /// What becomes of tables that only the right has: they are differences (the default), or they are left out.
    #[serde(default)]
    pub extra: Extra,
    /// The database on the right, where it has another name than on the left.
    #[serde(default)]
    pub database: Option<Template>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// The table's definition, as far as its rows depend on it: the columns' names and types, the engine and its
    /// arguments, the keys, TTLs.
    Columns,
    /// The number of rows.
    Rows,
    /// What the rows hold.
    Checksum,
}

/// What becomes of tables that only the right side of a comparison has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Extra {
    /// Each is a difference.
    #[default]
    Refuse,
    /// They are left out of the comparison.
    Ignore,
}

/// A local process. houseplan finds one that outlives it by `HOUSEPLAN_TASK` in its environment; one that drops its environment
/// (`env -i`, sudo) cannot be found, so it has to be harmless beside itself, or `effect: once`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// A `local` target, or `local` itself.
    pub on: Name,
    /// The program and its arguments, each a template. Files that stand there by their path from the folder it runs in count in
    /// the digest.
    pub command: Vec<Template>,
    /// Environment variables for the process, besides houseplan's own.
    #[serde(default)]
    pub env: IndexMap<String, Template>,
    /// The folder it runs in; the one that houseplan runs in where it is left out.
    #[serde(default)]
    pub directory: Option<Template>,
    /// What repeating it would do; `once` where it is left out.
    #[serde(default)]
    pub effect: Option<Effect>,
}

impl Exec {
    /// What repeating it would do.
    pub fn effect(&self) -> Effect {
        self.effect.unwrap_or(Effect::Once)
    }
}

/// Something in Keeper: `remove` replicas' paths, or see whether one `exists`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeeperAction {
    /// The Keeper target.
    pub on: Name,
    /// The paths of replicated tables whose dead replicas are to be removed, as in an inventory's `zookeeper_paths`.
    #[serde(default)]
    pub remove: Option<TemplateOrList>,
    /// The ClickHouse target whose server removes them (SYSTEM DROP REPLICA … FROM ZKPATH).
    #[serde(default)]
    pub through: Option<Name>,
    /// A path; gives one row: `path`, `exists`, `children`.
    #[serde(default)]
    pub exists: Option<Template>,
}

/// Something in a store: `probe`, `exists`, `list` or `remove`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Action {
    /// The store.
    pub on: Name,
    /// Put, get, list and delete a small object below this path.
    #[serde(default)]
    pub probe: Option<Template>,
    /// Whether there is an object with this key; gives one row: `path`, `exists`, `size`.
    #[serde(default)]
    pub exists: Option<Template>,
    /// What lies below this prefix; gives one row an object: `path`, `size`.
    #[serde(default)]
    pub list: Option<Template>,
    /// Removes everything below this prefix, which is never empty.
    #[serde(default)]
    pub remove: Option<Template>,
    /// The ClickHouse targets whose servers do it: their reach and rights count, not those of this machine.
    #[serde(default)]
    pub through: Option<OneOrMany<Name>>,
}

/// Waits until a person has approved what is shown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// What the person is to see; the approval is bound to it.
    pub show: Template,
    /// What is asked.
    #[serde(default)]
    pub message: Option<Template>,
}

/// The steps of another plan, inlined.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInclusion {
    /// A shipped plan's name, or a path beside this file.
    pub name: String,
    /// Values for its inputs; templates may use this plan's `inputs.` and `run.`.
    #[serde(default)]
    pub with: IndexMap<Name, serde_json::Value>,
    /// Its targets, each by the name it has here; a target that is left out has the same name here.
    #[serde(default)]
    pub targets: IndexMap<Name, Name>,
}
