//! What `inspect` gives: one row.

use serde::{Deserialize, Serialize};

use crate::name::Name;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectOutput {
    #[serde(flatten)]
    pub found: Inspection,
    pub store: Name,
    pub path: String,
    /// The database that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Its tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<Vec<BackedUpTable>>,
    /// Those of its tables that act by themselves as soon as they are made; only where the contents were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting: Option<Vec<Acting>>,
}

/// A table that acts by itself, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    pub name: String,
    pub what: String,
}

/// A table, a view or a dictionary of a backup. Where the contents were not read, no more than its name is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackedUpTable {
    pub name: String,
    /// Its engine, as `system.tables` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// How many rows the backup holds of it, those of the table inside a view included; `None` where it holds none by its nature,
    /// the backup does not say, or nobody has looked.
    #[serde(default)]
    pub rows: Option<u64>,
    /// What it does by itself as soon as it is made; `None` where that is nothing that changes rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts: Option<String>,
    /// Whether it is replicated, or the table inside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replicated: bool,
    /// Its parts of one content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equal_parts: Vec<EqualParts>,
}

/// Parts of one partition that have the same content, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EqualParts {
    pub partition: String,
    pub parts: u64,
}

/// What a look at a backup found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// Whether every file that the backup (and each one it builds on) names is there with its size. `None` where that cannot
    /// be seen from outside; `unchecked` says why.
    pub complete: Option<bool>,
    /// Whether there is a backup at all.
    pub exists: bool,
    /// The id it was made under. `None` where the `.backup` file bears none; `unidentified` says so then.
    pub id: Option<String>,
    pub uuid: Option<String>,
    pub timestamp: Option<String>,
    /// Which ClickHouse has made it, as far as it tells.
    #[serde(default)]
    pub made_by: MadeBy,
    /// How many files it names, those that it shares with its base included.
    pub files: u64,
    /// What they take together.
    pub size: u64,
    /// What lies in the store for it alone: each distinct content once.
    pub stored_size: u64,
    /// The backup that it builds on, by its path in the store.
    pub base: Option<String>,
    pub missing: Vec<String>,
    pub missing_count: u64,
    pub wrong_size: Vec<WrongSize>,
    pub wrong_size_count: u64,
    /// Why something could not be checked.
    pub unchecked: Option<String>,
    /// Why its id is not known, where there is a backup all the same.
    pub unidentified: Option<String>,
    /// The tables, views and dictionaries whose definitions are in it: database and name.
    #[serde(skip)]
    pub tables: Vec<(String, String)>,
}

/// A file that is not as long as the backup says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrongSize {
    pub name: String,
    pub expected: u64,
    pub found: u64,
}

/// A release of ClickHouse: servers of one read what the other has written.
pub type Release = (u32, u32);

/// What tells which ClickHouse has made a backup, in that backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MadeBy {
    /// As the server calls it: `26.9.2.1`. Only of a backup of ours.
    pub version: Option<String>,
    /// A release that does not write what is in the backup.
    pub newer_than: Option<Release>,
    /// A release that would have written what is not in the backup.
    pub older_than: Option<Release>,
}
