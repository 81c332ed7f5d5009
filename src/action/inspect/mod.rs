//! Reads a backup in a store: whose it is, and whether every file that it names is there with its size.
//!
//! What a backup names stands in [`manifest`]; how the store is read (by this machine or through a server), in [`reader`]; how
//! the definitions of its tables are, in [`definitions`].
//! Contents are not read: a file with the right size and wrong bytes is found by RESTORE, which checks parts by their own
//! checksums. Of an archive (`.tar.gz`, `.tar.zst`) only its existence can be seen.

mod definitions;
mod manifest;
mod reader;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    connect::{
        clickhouse::Row,
        target::{Member, Store},
    },
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, Site, TaskRun},
    },
    failure::{Failure, Refusal},
};

pub(super) use definitions::Definitions;
pub(super) use reader::Reader;

/// How many file names are listed of what is missing.
const SHOWN: usize = 20;

/// What was found: the one row of an `inspect`.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrongSize {
    pub name: String,
    pub expected: u64,
    pub found: u64,
}

impl Inspection {
    /// There is nothing at the path that says it is a backup.
    pub(super) fn absent() -> Self {
        Self {
            complete: Some(false),
            exists: false,
            id: None,
            uuid: None,
            timestamp: None,
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

    fn could_not_check(mut self, why: impl Into<String>) -> Self {
        self.unchecked = Some(why.into());
        if self.complete == Some(true) {
            self.complete = None;
        }
        self
    }

    fn miss(&mut self, name: String) {
        self.complete = Some(false);
        self.missing_count += 1;
        if self.missing.len() < SHOWN {
            self.missing.push(name);
        }
    }

    fn mismatch(&mut self, wrong: WrongSize) {
        self.complete = Some(false);
        self.wrong_size_count += 1;
        if self.wrong_size.len() < SHOWN {
            self.wrong_size.push(wrong);
        }
    }
}

/// Reads one backup, as an action or for a check.
pub struct InspectTask {
    pub store: Arc<Store>,
    pub path: String,
    /// The server that reads the store for us; houseplan reads it itself where there is none.
    pub through: Option<Arc<Member>>,
    /// The id that it has to bear: that of the `backup` step whose outputs were given.
    pub expected_id: Option<String>,
    /// The database whose tables are told as well.
    pub database: Option<String>,
}

impl InspectTask {
    /// The row, for a check with an `expect` of its own.
    pub async fn row(&self) -> Result<Inspection, Failure> {
        Reader::of(&self.store, self.through.as_deref()).inspect(&self.path).await
    }

    /// The row as the plan sees it: what was found, where it is, and the tables of the database that was asked for.
    pub fn as_row(&self, inspection: &Inspection) -> Row {
        let mut row: Row = match json!(inspection) {
            Value::Object(fields) => fields.into_iter().collect(),
            other => unreachable!("{other} is no map"),
        };
        row.insert("store".to_owned(), json!(self.store.name));
        row.insert("path".to_owned(), json!(self.path));
        if let Some(database) = &self.database {
            let tables = inspection.tables.iter().filter(|(of, _)| of == database);
            row.insert("tables".to_owned(), tables.map(|(_, name)| json!({ "name": name })).collect());
        }
        row
    }

    /// What an `inspect` without an `expect` of its own expects: a whole backup, with no other id than ours.
    pub fn refuses(&self, row: &Inspection) -> Option<Refusal> {
        let url = self.store.url_of(&self.path);
        let mut found: Vec<Vec<String>> = Vec::new();
        let mut say = |what: String| found.push(vec![url.clone(), what]);
        if !row.exists {
            say("no backup (there is no .backup file)".to_owned());
        } else {
            for name in &row.missing {
                say(format!("missing: {name}"));
            }
            for wrong in &row.wrong_size {
                say(format!("{}: {} B, expected {} B", wrong.name, wrong.found, wrong.expected));
            }
            let more = (row.missing_count + row.wrong_size_count)
                .saturating_sub((row.missing.len() + row.wrong_size.len()) as u64);
            if more > 0 {
                say(format!("and {more} more"));
            }
            if let Some(why) = row.unchecked.iter().find(|_| row.complete != Some(true)) {
                say(why.clone());
            }
            // One without an id may well be ours (ClickHouse before 26.7 writes none); one with another id is not.
            if let (Some(expected), Some(id)) = (&self.expected_id, &row.id)
                && expected != id
            {
                say(format!("its id is {id}, not {expected}"));
            }
        }
        (!found.is_empty()).then(|| Refusal {
            check: "the backup is whole".to_owned(),
            phase: "check".to_owned(),
            expected: "every file that the backup names is there with its size, and it is the one that was made"
                .to_owned(),
            found,
            otherwise: None,
            waited: None,
        })
    }
}

#[async_trait]
impl TaskRun for InspectTask {
    async fn perform(self: Box<Self>, _: Site) -> Answer {
        match self.row().await {
            Err(failure) => Answer::Failed(failure),
            Ok(row) => match self.refuses(&row) {
                Some(refusal) => Answer::Stopped(refusal),
                None => Answer::Acted(json!(self.as_row(&row))),
            },
        }
    }

    /// It only reads: again.
    async fn settle(self: Box<Self>, _: Site, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}

#[cfg(test)]
mod tests;
