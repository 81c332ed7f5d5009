//! What a look at a backup in a store found: whose it is, and what of it is missing.

use std::collections::HashMap;

use super::manifest::Manifest;

use crate::plan::outputs::{Inspection, MadeBy, WrongSize};

/// How many file names are listed of what is missing.
const SHOWN: usize = 20;

/// What is said of a backup without an id.
const NO_ID: &str =
    "its `.backup` file has no id (none has before ClickHouse 26.7), so only its path says which backup it is";

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
