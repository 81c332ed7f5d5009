//! Whether the world is what `into` says, on every replica of the shard, before a RESTORE is sent. Changes nothing.

use std::time::Duration;

use indexmap::IndexSet;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    statement::{RestoreScope, RestoreTask},
    table::ReplicaTable,
    tables_match::TableMatch,
};

use crate::{
    action::{
        failure::statement_failed,
        inventory::{self, columns::OfColumns},
        store_reader::StoreReader,
    },
    connect::{
        clickhouse::{QueryError, Statement, quote_string},
        target::Member,
    },
    diagnose::Context,
    engine::performer::{Progress, TaskContext},
    failure::{Failure, Refusal},
    plan::{actions::Into, outputs::Restored},
    statements::NEVER,
};

/// How long replication may take to come to rest before that is a reason to stop.
pub(super) const REST: Duration = Duration::from_secs(60);
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// What is said of a table whose delayed drop would take from a new one at the same place in Keeper what it needs there.
const PENDING: &str = "was dropped without SYNC, and its drop is still pending";

/// The engines that a delayed drop is dangerous for; of others it removes a folder that no new table uses *(run)*.
const IN_KEEPER: &str = "(engine LIKE 'Replicated%' OR engine IN ('KeeperMap', 'S3Queue', 'AzureQueue'))";

/// What to do where tables are there that should not be.
const ABSENT: &str = "Nothing was restored. Drop what is there (DROP … SYNC), or let the plan drop it first, or restore into \
    tables that are there and empty (`into: existing`). The shipped plan `restore` does so in another run, with \
    `--set mode=replace` or `--set mode=existing`.";

/// What a guard says.
pub(super) enum Guarded {
    /// Send it. For `into: append`: how many rows there were before. `notes` is what differs and does no harm.
    Clear {
        rows_before: Option<u64>,
        notes: Vec<String>,
    },
    /// There is nothing that RESTORE would bring; this is the output.
    NothingToDo(Restored),
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
    pub(super) async fn guard(&self, task_context: &TaskContext) -> Guarded {
        self.guarded(task_context).await.unwrap_or_else(Guarded::Unread)
    }

    /// What could not be read of a member.
    pub(super) fn unread(&self, member: &Member, error: &QueryError) -> Failure {
        let operation = self.operation("");
        let context = Context { member: Some(member.name.clone()), ..operation.context() };
        statement_failed(&context, error, &operation.secrets)
    }

    async fn guarded(&self, task_context: &TaskContext) -> Result<Guarded, Failure> {
        if let Some(refusal) = self.several_shards() {
            return Ok(Guarded::Refused(refusal));
        }
        if let RestoreScope::Table { database, name, expected } = &self.scope
            && self.into != Into::Absent
        {
            return self.guard_table(task_context, database, name, expected.as_deref()).await;
        }
        self.refuse_newer().await?;
        let mut found = Vec::new();
        for member in self.replicas() {
            let objections = self.guard_many(member).await.map_err(|error| self.unread(member, &error))?;
            found.extend(objections.into_iter().map(|(table, what)| vec![member.name.to_string(), table, what]));
        }
        let mut notes = IndexSet::new();
        for TableMatch { member, table, differences, notes: harmless } in self.table_matches().await? {
            notes.extend(harmless.into_iter().map(|what| format!("{table}: {what}")));
            found.extend(differences.into_iter().map(|what| vec![member.clone(), table.clone(), what]));
        }
        Ok(match found.is_empty() {
            true => Guarded::Clear { rows_before: None, notes: notes.into_iter().collect() },
            false => Guarded::Refused(self.refusal(found, None)),
        })
    }

    /// Refuses a backup that is newer than one of the replicas.
    pub(super) async fn refuse_newer(&self) -> Result<(), Failure> {
        let reader = StoreReader::of(&self.source.store, Some(&self.member));
        let made = reader.made_by(&self.source.path).await?;
        for member in self.replicas() {
            reader.refuse_newer(made.clone(), &self.source.path, member).await?;
        }
        Ok(())
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
        task_context: &TaskContext,
        database: &str,
        name: &str,
        expected: Option<&inventory::Table>,
    ) -> Result<Guarded, Failure> {
        let shape = self.shape(database, name, expected).await?;
        let begun = Instant::now();
        loop {
            let mut objections = Objections::default();
            let mut notes = IndexSet::new();
            let mut rows_before = None;
            let mut holds_rows = shape.is_some();
            for member in self.replicas() {
                let found =
                    ReplicaTable::on(member, database, name).await.map_err(|error| self.unread(member, &error))?;
                holds_rows |= found.as_ref().is_some_and(|found| found.storage.is_some()) && expected.is_none();
                if member.name == self.member.name {
                    rows_before = found.as_ref().and_then(|found| found.rows);
                }
                let OfColumns { differences, notes: harmless, .. } = match shape.as_ref().zip(found.as_ref()) {
                    Some((shape, found)) => shape.differences(member, found).await?,
                    None => OfColumns::default(),
                };
                notes.extend(harmless.into_iter().map(|what| format!("{name}: {what}")));
                for (lasting, what) in self.objections(found.as_ref(), differences) {
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
                    return Ok(Guarded::NothingToDo(Restored {
                        database: Some(database.to_owned()),
                        table: Some(name.to_owned()),
                        skipped: Some(why.to_owned()),
                        ..Restored::default()
                    }));
                }
                let rows_before = rows_before.filter(|_| self.into == Into::Append);
                return Ok(Guarded::Clear { rows_before, notes: notes.into_iter().collect() });
            }
            if task_context.interrupted.is_cancelled() {
                return Ok(Guarded::Interrupted);
            }
            if begun.elapsed() > REST {
                return Ok(Guarded::Refused(self.refusal(objections.passing, Some(begun.elapsed()))));
            }
            (task_context.progress)(Progress {
                doing: Some("waiting until replication is idle".to_owned()),
                ..Progress::default()
            });
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = task_context.interrupted.cancelled() => {}
            }
        }
    }

    /// What is not as it has to be of one replica's table; each with whether that stays so by itself.
    fn objections(&self, found: Option<&ReplicaTable>, differences: Vec<String>) -> Vec<(bool, String)> {
        let Some(found) = found else { return vec![(true, "missing".to_owned())] };
        let mut objections: Vec<(bool, String)> = differences.into_iter().map(|what| (true, what)).collect();
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
            RestoreScope::Database { name, except, .. } => {
                let left_out: String =
                    except.iter().map(|table| format!(" AND table != {}", quote_string(table))).collect();
                format!("database = {}{left_out}", quote_string(name))
            }
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
                 UNION ALL SELECT concat(database, '.', table), '{PENDING}' \
                 FROM system.dropped_tables WHERE {within} AND {IN_KEEPER}) ORDER BY full_name"
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
                "on every replica: there, empty, with the columns, keys and engine of the inventory or the backup, all replicas active and idle",
                "RESTORE compares no definitions and sees one replica only; what was found here would end in doubled or unreadable rows. \
                 Nothing was restored.",
            ),
            Into::Absent => (
                "none of the tables is there",
                "on every replica: no such table, and no pending drop of a replicated one",
                match found.iter().all(|line| line.last().is_some_and(|what| what == PENDING)) {
                    true => {
                        "Nothing was restored, and nothing has to be dropped. The drop is over by itself, 8 minutes after it was \
                         sent unless the server is set otherwise (database_atomic_delay_before_drop_table_sec); \
                         `system.dropped_tables` tells. Then resume."
                    }
                    false => ABSENT,
                },
            ),
            Into::Append => (
                "the tables are there, with the same columns",
                "on every replica: there, with the columns, keys and engine of the inventory or the backup, all replicas active and idle",
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
