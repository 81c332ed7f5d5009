//! Reads one backup: whose it is, and whether every file that it names is there with its size.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    action::{store_reader::StoreReader, stored_backup::Inspection},
    connect::target::{Member, Store},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::{Failure, Refusal},
    plan::outputs::{Acting, BackedUpTable, InspectOutput},
};

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
    /// Whether their definitions and the rows of their parts are read.
    pub contents: bool,
}

impl InspectTask {
    /// The row, for a check with an `expect` of its own. Fails where the server that reads it is older than the backup.
    pub async fn row(&self) -> Result<Inspection, Failure> {
        let reader = StoreReader::of(&self.store, self.through.as_deref());
        let found = reader.inspect(&self.path).await?;
        let Some(member) = self.through.as_deref().filter(|_| found.exists) else { return Ok(found) };
        let made_by = reader.refuse_newer(found.made_by.clone(), &self.path, member).await?;
        Ok(Inspection { made_by, ..found })
    }

    /// What the plan sees: what was found, where it is, and the tables of the database that was asked for.
    pub async fn output(&self, found: &Inspection) -> Result<InspectOutput, Failure> {
        let tables = match &self.database {
            None => None,
            Some(database) if self.contents => {
                Some(StoreReader::of(&self.store, self.through.as_deref()).contents(&self.path, database).await?)
            }
            Some(database) => {
                let named = found.tables.iter().filter(|(of, _)| of == database);
                Some(named.map(|(_, name)| BackedUpTable { name: name.clone(), ..BackedUpTable::default() }).collect())
            }
        };
        let acting = |table: &BackedUpTable| Some(Acting { name: table.name.clone(), what: table.acts.clone()? });
        Ok(InspectOutput {
            found: found.clone(),
            store: self.store.name.clone(),
            path: self.path.clone(),
            database: self.database.clone(),
            acting: tables.as_ref().filter(|_| self.contents).map(|tables| tables.iter().filter_map(acting).collect()),
            tables,
        })
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
            check: "the backup is complete".to_owned(),
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
    async fn perform(self: Box<Self>, _: TaskContext) -> Answer {
        match self.row().await {
            Err(failure) => Answer::Failed(failure),
            Ok(row) => match self.refuses(&row) {
                Some(refusal) => Answer::Stopped(refusal),
                None => match self.output(&row).await {
                    Ok(output) => Answer::Acted(json!(output)),
                    Err(failure) => Answer::Failed(failure),
                },
            },
        }
    }

    /// It only reads: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
