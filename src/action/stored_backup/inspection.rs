//! What a look at a backup in a store found: whose it is, and what of it is missing.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{MadeBy, manifest::Manifest};

/// How many file names are listed of what is missing.
const SHOWN: usize = 20;

/// What is said of a backup without an id.
const NO_ID: &str =
    "its `.backup` file has no id (none has before ClickHouse 26.7), so only its path says which backup it is";

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

impl Inspection {
    /// Compares what a backup names with what is there.
    pub(super) fn of(manifest: Manifest, there: &HashMap<String, u64>) -> Self {
        let unidentified = manifest.id.is_none().then(|| NO_ID.to_owned());
        let mut inspection = Self {
            made_by: MadeBy::of(&manifest),
            complete: Some(true),
            exists: true,
            unidentified,
            id: manifest.id,
            uuid: manifest.uuid,
            tables: manifest.tables,
            timestamp: manifest.timestamp,
            files: manifest.files,
            size: manifest.size,
            stored_size: manifest.stored.values().sum(),
            missing: Vec::new(),
            missing_count: 0,
            ..Self::none()
        };
        for (name, expected) in manifest.stored {
            match there.get(&name) {
                None => inspection.miss(name),
                Some(found) if *found != expected => inspection.mismatch(WrongSize { name, expected, found: *found }),
                Some(_) => {}
            }
        }
        if manifest.elsewhere > 0 {
            let why = format!("{} files stay in the server's own bucket (a lightweight snapshot)", manifest.elsewhere);
            inspection = inspection.could_not_check(why);
        }
        inspection
    }

    /// There is nothing at the path that says it is a backup.
    pub(in crate::action) fn none() -> Self {
        Self {
            complete: Some(false),
            exists: false,
            id: None,
            uuid: None,
            timestamp: None,
            made_by: MadeBy::default(),
            files: 0,
            size: 0,
            stored_size: 0,
            base: None,
            missing: vec![".backup".to_owned()],
            missing_count: 1,
            wrong_size: Vec::new(),
            wrong_size_count: 0,
            unchecked: None,
            unidentified: None,
            tables: Vec::new(),
        }
    }

    pub(super) fn could_not_check(mut self, why: impl Into<String>) -> Self {
        self.unchecked = Some(why.into());
        if self.complete == Some(true) {
            self.complete = None;
        }
        self
    }

    pub(super) fn miss(&mut self, name: String) {
        self.complete = Some(false);
        self.missing_count += 1;
        if self.missing.len() < SHOWN {
            self.missing.push(name);
        }
    }

    pub(super) fn mismatch(&mut self, wrong: WrongSize) {
        self.complete = Some(false);
        self.wrong_size_count += 1;
        if self.wrong_size.len() < SHOWN {
            self.wrong_size.push(wrong);
        }
    }
}
