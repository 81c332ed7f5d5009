//! Whether the world is what `into` says, on every replica of the shard, before a RESTORE is sent. Changes nothing.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{RestoreScope, RestoreTask, table::Found};
use crate::{
    action::{
        failure::of_query,
        inventory::{
            self,
            definition::{self, Definition},
        },
        operation::NEVER,
    },
    connect::{
        clickhouse::{QueryError, Statement, quote_string},
        target::Member,
    },
    diagnose::Context,
    engine::{
        event::{Failure, Refusal},
        performer::{Progress, Site},
    },
    plan::action::Into,
};

/// How long replication may take to come to rest before that is a reason to stop.
pub(super) const REST: Duration = Duration::from_secs(60);
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// What a guard says.
pub(super) enum Guarded {
    /// Send it. For `into: append`: how many rows there were before.
    Clear {
        rows_before: Option<u64>,
    },
    /// There is nothing that RESTORE would bring; this is the output.
    NothingToDo(Value),
    Refused(Refusal),
    Unread(Failure),
    /// The process has to end; nothing was sent.
    Interrupted,
}

/// Reasons to stop: those that stay, and those that may pass.
#[derive(Default)]
struct Objections {
    lasting: Vec<Vec<String>>,
    passing: Vec<Vec<String>>,
}

impl RestoreTask {
    pub(super) async fn guard(&self, site: &Site) -> Guarded {
        match self.guarded(site).await {
            Ok(guarded) => guarded,
            Err((member, error)) => {
                let operation = self.operation("");
                let context = Context { member: Some(member.name.clone()), ..operation.context() };
                Guarded::Unread(of_query(&context, &error, &operation.secrets))
            }
        }
    }

    async fn guarded(&self, site: &Site) -> Result<Guarded, (std::sync::Arc<Member>, QueryError)> {
        if let Some(refusal) = self.several_shards() {
            return Ok(Guarded::Refused(refusal));
        }
        if let RestoreScope::Table { database, name, expected } = &self.scope
            && self.into != Into::Absent
        {
            return self.guard_table(site, database, name, expected.as_deref()).await;
        }
        let mut found = Vec::new();
        for member in self.replicas() {
            let objections = self.guard_many(member).await.map_err(|error| (std::sync::Arc::clone(member), error))?;
            found.extend(objections.into_iter().map(|(table, what)| vec![member.name.to_string(), table, what]));
        }
        Ok(match found.is_empty() {
            true => Guarded::Clear { rows_before: None },
            false => Guarded::Refused(self.refusal(found, None)),
        })
    }

    /// A plan that would restore onto several shards is not valid; this is for what no plan's text tells.
    fn several_shards(&self) -> Option<Refusal> {
        let others = self.cluster.members.iter().filter(|member| member.shard != self.member.shard);
        let found: Vec<Vec<String>> =
            others.map(|member| vec![member.name.to_string(), format!("shard {}", member.shard)]).collect();
        (!found.is_empty()).then(|| Refusal {
            check: "the target has one shard".to_owned(),
            phase: "precondition".to_owned(),
            expected: format!("all members in shard {}, as {} is", self.member.shard, self.member.name),
            found,
            otherwise: Some(
                "A backup is one server's: restored on every shard its rows would be multiplied. Nothing was restored. Give \
                 each shard a target of its own."
                    .to_owned(),
            ),
            waited: None,
        })
    }

    async fn guard_table(
        &self,
        site: &Site,
        database: &str,
        name: &str,
        expected: Option<&inventory::Table>,
    ) -> Result<Guarded, (std::sync::Arc<Member>, QueryError)> {
        let begun = Instant::now();
        loop {
            let mut objections = Objections::default();
            let mut rows_before = None;
            let mut holds_rows = expected.is_some_and(holds_rows);
            for member in self.replicas() {
                let found =
                    Found::on(member, database, name).await.map_err(|error| (std::sync::Arc::clone(member), error))?;
                holds_rows |= found.as_ref().is_some_and(|found| found.storage.is_some()) && expected.is_none();
                if member.name == self.member.name {
                    rows_before = found.as_ref().and_then(|found| found.rows);
                }
                for (lasting, what) in self.objections(found.as_ref(), expected) {
                    let line = vec![member.name.to_string(), name.to_owned(), what];
                    if lasting { &mut objections.lasting } else { &mut objections.passing }.push(line);
                }
            }
            if !objections.lasting.is_empty() {
                objections.lasting.append(&mut objections.passing);
                return Ok(Guarded::Refused(self.refusal(objections.lasting, None)));
            }
            if objections.passing.is_empty() {
                if !holds_rows {
                    let why = "it holds no rows of its own, and is there already";
                    return Ok(Guarded::NothingToDo(
                        json!({ "database": database, "table": name, "rows": null, "skipped": why }),
                    ));
                }
                return Ok(Guarded::Clear { rows_before: rows_before.filter(|_| self.into == Into::Append) });
            }
            if site.interrupted.is_cancelled() {
                return Ok(Guarded::Interrupted);
            }
            if begun.elapsed() > REST {
                return Ok(Guarded::Refused(self.refusal(objections.passing, Some(begun.elapsed()))));
            }
            (site.progress)(Progress {
                doing: Some("waiting until replication is at rest".to_owned()),
                ..Progress::default()
            });
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = site.interrupted.cancelled() => {}
            }
        }
    }

    /// What is not as it has to be of one replica's table; each with whether that stays so by itself.
    fn objections(&self, found: Option<&Found>, expected: Option<&inventory::Table>) -> Vec<(bool, String)> {
        let Some(found) = found else { return vec![(true, "missing".to_owned())] };
        let mut objections = Vec::new();
        if let Some(expected) = expected.filter(|expected| holds_rows(expected)) {
            match found.storage {
                None => objections.push((true, format!("{}, which holds no rows", found.engine))),
                Some(_) => objections.extend(differences(found, expected).into_iter().map(|what| (true, what))),
            }
        }
        if self.into == Into::Existing
            && let Some(rows) = found.rows.filter(|rows| *rows > 0)
        {
            objections.push((true, format!("not empty: {rows} rows")));
        }
        if let Some(trouble) = found.replication.as_ref().and_then(super::table::Replication::trouble) {
            objections.push((false, trouble));
        }
        objections
    }

    /// The same for a whole database (or all of them, or an absent table) on one replica: table → what is not as it has to be.
    pub(super) async fn guard_many(&self, member: &Member) -> Result<Vec<(String, String)>, QueryError> {
        let within = match &self.scope {
            RestoreScope::Table { database, name, .. } => {
                format!("database = {} AND table = {}", quote_string(database), quote_string(name))
            }
            RestoreScope::Database { name, .. } => format!("database = {}", quote_string(name)),
            RestoreScope::AllExcept(except) => {
                let mut names = NEVER.to_vec();
                names.extend(except.iter().map(String::as_str));
                let names: Vec<String> = names.into_iter().map(quote_string).collect();
                format!("database NOT IN ({})", names.join(", "))
            }
        };
        let query = match self.into {
            Into::Absent => format!(
                "SELECT full_name, what FROM (SELECT concat(database, '.', table) AS full_name, 'is there already' AS what FROM system.tables WHERE {within} \
                 UNION ALL SELECT concat(database, '.', table), 'was dropped without SYNC, and its drop is still pending' \
                 FROM system.dropped_tables WHERE {within}) ORDER BY full_name"
            ),
            Into::Existing => format!(
                "SELECT full_name, what FROM (SELECT concat(database, '.', table) AS full_name, concat('not empty: ', toString(total), ' rows') AS what \
                 FROM (SELECT database, table, sum(rows) AS total FROM system.parts WHERE active AND {within} \
                       GROUP BY database, table) WHERE total > 0 \
                 UNION ALL SELECT concat(database, '.', table), \
                 concat('has ', toString(active_replicas), ' of ', toString(total_replicas), ' replicas active, ', \
                        toString(queue_size - merges_in_queue), ' entries queued') FROM system.replicas \
                 WHERE {within} AND (is_readonly OR total_replicas = 0 OR active_replicas < total_replicas \
                 OR queue_size > merges_in_queue)) \
                 ORDER BY full_name"
            ),
            Into::Append => return Ok(Vec::new()),
        };
        let rows = member.client.query(&Statement::read(query)).await?;
        let cell = |row: &crate::connect::clickhouse::Row, name: &str| {
            row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Ok(rows.0.iter().map(|row| (cell(row, "full_name"), cell(row, "what"))).collect())
    }

    fn refusal(&self, found: Vec<Vec<String>>, waited: Option<Duration>) -> Refusal {
        let (check, expected, otherwise) = match self.into {
            Into::Existing => (
                "the tables are there, empty, with the same definition",
                "on every replica: there, empty, with the inventory's columns, keys and engine, all replicas active and at rest",
                "RESTORE compares no definitions and sees one replica only; what was found here would end in doubled or unreadable rows. \
                 Nothing was restored.",
            ),
            Into::Absent => (
                "none of the tables is there",
                "on every replica: no such table, and no pending drop of one",
                "Nothing was restored. Drop what is there (DROP … SYNC), or let the plan drop it first, or restore into \
                 tables that are there and empty (`into: existing`). The shipped plan `restore` does so in another run, with \
                 `--set mode=replace` or `--set mode=existing`.",
            ),
            Into::Append => (
                "the tables are there, with the same columns",
                "on every replica: there, with the inventory's columns and types, all replicas active and at rest",
                "Nothing was restored.",
            ),
        };
        Refusal {
            check: check.to_owned(),
            phase: "precondition".to_owned(),
            expected: expected.to_owned(),
            found,
            otherwise: Some(otherwise.to_owned()),
            waited,
        }
    }
}

/// Whether an inventory's table holds rows that a backup has.
fn holds_rows(table: &inventory::Table) -> bool {
    table.rows.rows.is_some()
}

/// How the columns that are stored differ from the inventory's, whose order does not matter to parts, and the definition
/// that merges follow: RESTORE attaches parts under another sorting key without a word.
fn differences(found: &Found, expected: &inventory::Table) -> Vec<String> {
    let stored = |column: &&inventory::Column| column.is_stored();
    let mut differences = Vec::new();
    for column in expected.columns.iter().filter(stored) {
        match found.columns.iter().find(|(name, _)| *name == column.name) {
            None => differences.push(format!("column {} is missing", column.name)),
            Some((_, type_name)) if *type_name != column.type_name => {
                differences.push(format!("column {} is {type_name}, not {}", column.name, column.type_name));
            }
            Some(_) => {}
        }
    }
    for (name, type_name) in &found.columns {
        if !expected.columns.iter().filter(stored).any(|column| column.name == *name) {
            differences.push(format!("column {name} {type_name} is not in the inventory"));
        }
    }
    let (engine, expected_engine) = (&found.storage_engine, &expected.engine);
    if definition::engine_base(engine) != definition::engine_base(expected_engine) {
        differences.push(format!("engine {engine} instead of {expected_engine}"));
    }
    if let Some(definition) = &expected.definition {
        // A view's SELECT and target are no matter of the parts inside it.
        let expected = Definition { select: String::new(), to: String::new(), ..definition.clone() };
        differences.extend(found.definition.differences(&expected));
    }
    differences
}
