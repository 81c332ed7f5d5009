//! What became of a RESTORE whose answer is unknown.
//!
//! Survives: our own death, the server's, and both. While the server has not restarted it is asked (`system.backups`, by the
//! id), and the same statement under the same id finds out whether it ever arrived. After a restart the tables count, on
//! **all** replicas: empty is not done, equal to the inventory is done, and anything else a person has to look at: parts are
//! attached one after the other once all of a table's files are read, so a crash can leave some of them.

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    guard::{Guarded, PAUSE, REST},
    statement::{RestoreScope, RestoreTask},
    table::ReplicaTable,
};

use crate::{
    action::{
        inventory,
        operation::{Followed, Note, Operation, OperationRow, Sent, Status, patiently, server_state, unsettled},
    },
    catalogue::{self, Filled},
    connect::clickhouse::QueryError,
    engine::{
        event::Verdict,
        performer::{Progress, Settlement, TaskContext},
    },
    failure::Failure,
    plan::{actions::Into, outputs::Restored},
    sql::quote_qualified,
};

/// What one replica holds, beside what it should.
struct Holding {
    member: String,
    rows: inventory::Rows,
    /// Whether its count says what was added: its engine merges no rows away.
    counts: bool,
}

impl Holding {
    /// Whether it holds what the inventory does: as stored or, since a restart forgets SYSTEM STOP MERGES, as after all merges.
    fn equals(&self, expected: &inventory::Rows) -> bool {
        let stored =
            expected.checksum.is_some() && self.rows.rows == expected.rows && self.rows.checksum == expected.checksum;
        let merged = self.counts_after_merges_as(expected) && self.rows.final_checksum == expected.final_checksum;
        stored || merged
    }

    fn counts_after_merges_as(&self, expected: &inventory::Rows) -> bool {
        expected.final_checksum.is_some() && self.rows.final_rows == expected.final_rows
    }
}

impl RestoreTask {
    pub(super) async fn find_out(&self, task_context: &TaskContext, notes: &[Value]) -> Settlement {
        // The note is durable before the statement is sent: without one, nothing was.
        let Some(note) = Note::last_of(notes) else { return Settlement::Settled(Verdict::NotDone) };
        let operation = self.operation(&note.id);
        let unknown = |error: &QueryError| unsettled(task_context, operation.failure(error));
        let row = match patiently(task_context, &self.member.name, || operation.row()).await {
            Ok(row) => row,
            Err(error) => return unknown(&error),
        };
        if row.is_none() {
            let state = match patiently(task_context, &self.member.name, || server_state(&self.member)).await {
                Ok(state) => state,
                Err(error) => return unknown(&error),
            };
            if note.restarted(&state) {
                return self.after_restart(task_context, &operation, &note).await;
            }
            // It never arrived, and the world may have changed since: the guards speak before it is sent once more. Where
            // they object, a new attempt will say so and send nothing.
            match self.guard(task_context).await {
                Guarded::Clear { .. } => {}
                Guarded::Refused(_) | Guarded::NothingToDo(_) => return Settlement::Settled(Verdict::NotDone),
                Guarded::Unread(failure) => return unsettled(task_context, failure),
                Guarded::Interrupted => return Settlement::Interrupted,
            }
            match self.send(&note, &state).await {
                Sent::Begun => {}
                Sent::Refused(failure) => return Settlement::Settled(Verdict::Failed(failure)),
                Sent::Unknown(failure) => return Settlement::Unsettled(failure),
            }
        }
        match operation.follow(task_context, self.attempt.stalled_after).await {
            Followed::Ended(row) => self.verdict(&operation, &note, &row).await,
            Followed::Missing | Followed::Aborted => self.after_restart(task_context, &operation, &note).await,
            Followed::LetGo(failure) => unsettled(task_context, failure),
        }
    }

    async fn verdict(&self, operation: &Operation, note: &Note, row: &OperationRow) -> Settlement {
        if row.status == Status::Done {
            return Settlement::Settled(Verdict::Done(json!(self.output(note, row).await)));
        }
        match self.after_failure(note, operation.failure_of(row)).await {
            Ok(failure) => Settlement::Settled(Verdict::Failed(failure)),
            Err(failure) => Settlement::Unsettled(failure),
        }
    }

    /// RESTORE is no transaction. One that failed is known to have done nothing only where all replicas hold what they held
    /// before; else it is in doubt, and a person has to look.
    pub(super) async fn after_failure(&self, note: &Note, failure: Failure) -> Result<Failure, Failure> {
        // The server's own guard (608), and what it cannot read or find: said before anything is attached.
        let early = |code| matches!(code, 57 | 60 | 81 | 599 | 605 | 608);
        if failure.server.as_ref().is_some_and(|server| early(server.code)) {
            return Ok(failure);
        }
        match &self.scope {
            RestoreScope::Table { database, name, .. } if self.into != Into::Absent => {
                self.after_failed_table(note, failure, database, name).await
            }
            // Tables without rows: what is there of them a new attempt will tell.
            RestoreScope::Database { structure_only: true, .. } => Ok(failure),
            _ => self.after_failed_many(failure).await,
        }
    }

    async fn after_failed_table(
        &self,
        note: &Note,
        failure: Failure,
        database: &str,
        name: &str,
    ) -> Result<Failure, Failure> {
        let before = if self.into == Into::Append { note.rows_before.unwrap_or_default() } else { 0 };
        let table = quote_qualified(database, name);
        let mut found = Vec::new();
        for member in self.replicas() {
            let Ok(table) = ReplicaTable::on(member, database, name).await else {
                return Err(failure.with_cause("the RESTORE failed, and what it left cannot be read"));
            };
            let table = table.unwrap_or_default();
            let rows = table.rows.unwrap_or_default();
            let counts = before == 0 || keeps_count(&table.engine);
            let moves = self.into == Into::Append && table.replication.iter().any(|it| it.trouble().is_some());
            if rows != before || !counts || moves {
                found.push(format!("{}: {rows} rows ({})", member.name, table.engine));
            }
        }
        if found.is_empty() {
            return Ok(failure);
        }
        let found = found.join("; ");
        Err(match self.into {
            Into::Append => failure
                .with_cause(format!(
                    "the RESTORE failed, and may have added rows to {table}: it had {before} rows before; found: {found}"
                ))
                .with_help(catalogue::restore::APPEND_IN_DOUBT.with("table", table).help()),
            _ => failure
                .with_cause(format!("the RESTORE failed, and left rows in the table: {found}"))
                .with_help(self.half_filled(&table).help()),
        })
    }

    async fn after_failed_many(&self, failure: Failure) -> Result<Failure, Failure> {
        if self.into == Into::Append {
            let cause = "the RESTORE failed, and may have added rows to some tables and not to others";
            return Err(failure.with_cause(cause).with_help(catalogue::restore::PARTLY_DONE.bare().help()));
        }
        for member in self.replicas() {
            match self.guard_many(member).await {
                Ok(found) if found.is_empty() => {}
                Ok(found) => {
                    let found: Vec<String> = found.iter().map(|(table, what)| format!("{table} {what}")).collect();
                    let cause =
                        format!("the RESTORE failed, and left something on {}: {}", member.name, found.join("; "));
                    return Err(failure.with_cause(cause).with_help(catalogue::restore::PARTLY_DONE.bare().help()));
                }
                Err(_) => return Err(failure.with_cause("the RESTORE failed, and what it left cannot be read")),
            }
        }
        Ok(failure)
    }

    /// Nothing works on it any more: what the replicas hold counts.
    async fn after_restart(&self, task_context: &TaskContext, operation: &Operation, note: &Note) -> Settlement {
        match operation.logged_end().await {
            Ok(Some(row)) => return self.verdict(operation, note, &row).await,
            Ok(None) => {}
            Err(error) => return unsettled(task_context, operation.failure(&error)),
        }
        let judged = match &self.scope {
            RestoreScope::Table { database, name, expected } if self.into != Into::Absent => {
                self.judge_table(task_context, note, database, name, expected.as_deref()).await
            }
            _ => self.judge_many(task_context).await,
        };
        judged.unwrap_or_else(|error| unsettled(task_context, operation.failure(&error)))
    }

    async fn judge_table(
        &self,
        task_context: &TaskContext,
        note: &Note,
        database: &str,
        name: &str,
        expected: Option<&inventory::Table>,
    ) -> Result<Settlement, QueryError> {
        let Some(holdings) = self.holdings_at_rest(task_context, database, name, expected).await? else {
            let not_yet = catalogue::restore::NOT_SETTLED_YET.with("table", quote_qualified(database, name));
            return Ok(unsettled(task_context, not_yet.failure_in(&self.operation("").context())));
        };
        let before = if self.into == Into::Append { note.rows_before } else { Some(0) };
        if before.is_some()
            && holdings.iter().all(|holding| {
                holding.rows.rows.unwrap_or_default() == before.unwrap_or_default()
                    && (before == Some(0) || holding.counts)
            })
        {
            return Ok(Settlement::Settled(Verdict::NotDone));
        }
        let equal = self.into == Into::Existing
            && expected.is_some_and(|table| holdings.iter().all(|holding| holding.equals(&table.rows)));
        if equal {
            let rows = holdings.first().and_then(|holding| holding.rows.rows);
            let output = Restored { rows, ..self.noted(note) };
            return Ok(Settlement::Settled(Verdict::Done(json!(output))));
        }
        Ok(Settlement::Unsettled(self.in_doubt(database, name, expected, &holdings)))
    }

    /// What each replica of the shard holds, once replication has come to rest; `None` where it does not within a minute.
    async fn holdings_at_rest(
        &self,
        task_context: &TaskContext,
        database: &str,
        name: &str,
        expected: Option<&inventory::Table>,
    ) -> Result<Option<Vec<Holding>>, QueryError> {
        let begun = Instant::now();
        loop {
            let mut holdings = Vec::new();
            let mut at_rest = true;
            for member in self.replicas() {
                let found = patiently(task_context, &member.name, || ReplicaTable::on(member, database, name)).await?;
                at_rest &= found.iter().all(|it| it.replication.as_ref().and_then(|it| it.trouble()).is_none());
                let rows = match (&found, expected) {
                    (Some(found), Some(expected)) => found.holds(member, database, expected).await?,
                    (found, _) => inventory::Rows { rows: found.as_ref().and_then(|it| it.rows), ..Default::default() },
                };
                let counts = found.as_ref().is_some_and(|found| keeps_count(&found.engine));
                holdings.push(Holding { member: member.name.to_string(), rows, counts });
            }
            if at_rest {
                return Ok(Some(holdings));
            }
            if begun.elapsed() > REST || task_context.interrupted.is_cancelled() {
                return Ok(None);
            }
            let doing = Some("waiting until replication is idle".to_owned());
            (task_context.progress)(Progress { doing, ..Progress::default() });
            sleep(PAUSE).await;
        }
    }

    fn in_doubt(
        &self,
        database: &str,
        name: &str,
        expected: Option<&inventory::Table>,
        holdings: &[Holding],
    ) -> Failure {
        let table = quote_qualified(database, name);
        let filled = match self.into {
            Into::Append => catalogue::restore::APPEND_IN_DOUBT.with("table", &table),
            _ => self.half_filled(&table),
        };
        filled
            .failure_in(&self.operation("").context())
            .with_message(format!(
                "the server restarted during the RESTORE of {table}, which is neither empty nor complete"
            ))
            .with_cause(held_instead(expected, holdings))
    }

    /// A table that has some of its rows.
    fn half_filled(&self, table: &str) -> Filled {
        catalogue::restore::IN_DOUBT.with("table", table).with("member", &self.member.name)
    }

    /// A whole database, or all: where nothing is there (for `existing`: no row), nothing was done.
    async fn judge_many(&self, task_context: &TaskContext) -> Result<Settlement, QueryError> {
        Ok(match self.guard(task_context).await {
            Guarded::Clear { .. } if self.into != Into::Append => Settlement::Settled(Verdict::NotDone),
            Guarded::Unread(failure) => unsettled(task_context, failure),
            Guarded::Interrupted => Settlement::Interrupted,
            Guarded::Refused(refusal) => {
                let found: Vec<String> = refusal.found.iter().map(|line| line.join(" ")).collect();
                Settlement::Unsettled(self.partly(&found.join("; ")))
            }
            Guarded::Clear { .. } | Guarded::NothingToDo(_) => {
                Settlement::Unsettled(self.partly("rows may have been added"))
            }
        })
    }

    fn partly(&self, found: &str) -> Failure {
        catalogue::restore::PARTLY_DONE
            .failure_in(&self.operation("").context())
            .with_message("the server restarted during the RESTORE, and something is there already")
            .with_cause(found)
    }
}

/// What was expected, what is held, and why that may be the same nevertheless.
fn held_instead(expected: Option<&inventory::Table>, holdings: &[Holding]) -> String {
    let words = |rows: &inventory::Rows| {
        let count = rows.rows.map_or_else(|| "no rows".to_owned(), |rows| format!("{rows} rows"));
        let sum = rows.checksum.as_ref().map(|sum| format!(", checksum {sum}")).unwrap_or_default();
        format!("{count}{sum}")
    };
    let found: Vec<String> = holdings.iter().map(|it| format!("{}: {}", it.member, words(&it.rows))).collect();
    let undecided = expected
        .filter(|it| holdings.iter().all(|holding| holding.counts_after_merges_as(&it.rows)))
        .and_then(|it| inventory::merging::undecided(&it.columns))
        .map(|why| format!("; {why}"));
    let expected = expected.map_or_else(|| "not known".to_owned(), |expected| words(&expected.rows));
    format!("expected: {expected}; found: {}{}", found.join("; "), undecided.unwrap_or_default())
}

/// Whether as many rows as before mean the same rows as before. The engines that merge rows into one may hold fewer than were
/// added, and of one that is not known nothing is.
fn keeps_count(engine: &str) -> bool {
    let engine = engine.strip_prefix("Replicated").or_else(|| engine.strip_prefix("Shared")).unwrap_or(engine);
    matches!(engine, "MergeTree" | "Log" | "TinyLog" | "StripeLog" | "Memory")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Holding, held_instead, inventory, keeps_count};

    #[test]
    fn states_in_which_the_order_of_merging_shows_are_no_proof_and_that_is_told() {
        let found = |function: &str, final_rows: u64| {
            let rows = |rows: u64, sum: &str| json!({ "rows": rows, "checksum": sum, "final_rows": final_rows, "final_checksum": sum });
            let mut table = rows(3, "0a");
            let type_name = format!("AggregateFunction({function}, UInt64)");
            let rest = json!({
                "name": "states", "kind": "table", "engine": "AggregatingMergeTree", "copies": {},
                "columns": [{ "name": "s", "type": type_name }],
            });
            table.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            let table: inventory::Table = serde_json::from_value(table).unwrap();
            let mut held: inventory::Rows = serde_json::from_value(rows(1, "0b")).unwrap();
            held.final_rows = Some(1);
            let holding = Holding { member: "replica1".to_owned(), rows: held, counts: false };
            assert!(!holding.equals(&table.rows));
            held_instead(Some(&table), &[holding])
        };
        let plain = "expected: 3 rows, checksum 0a; found: replica1: 1 rows, checksum 0b";
        assert_eq!(found("avg", 1), plain);
        assert_eq!(found("quantile", 2), plain, "it differs whatever the order");
        let undecided = found("quantile", 1);
        assert!(
            undecided.starts_with(plain) && undecided.contains("FINAL cannot say whether they differ"),
            "{undecided}"
        );
    }

    #[test]
    fn the_count_of_an_engine_that_merges_rows_proves_nothing() {
        assert!(["MergeTree", "ReplicatedMergeTree", "SharedMergeTree", "Log"].into_iter().all(keeps_count));
        let merging =
            ["ReplacingMergeTree", "ReplicatedSummingMergeTree", "CollapsingMergeTree", "MaterializedView", ""];
        assert!(!merging.into_iter().any(keeps_count));
    }
}
