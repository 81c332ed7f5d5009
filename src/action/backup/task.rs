//! One BACKUP: what is sent, followed and given.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::token;
use crate::{
    action::{
        Attempt,
        inventory::read::{ATOMIC, not_atomic},
        operation::{
            Followed, Note, Operation, OperationRow, Sent, Status, await_previous, credentials_end, refused,
            server_state,
        },
        secrets::Secrets,
        stored_backup::id_of,
    },
    catalogue,
    collections::keep_up,
    connect::{
        clickhouse::{Statement, quote_string},
        target::{Member, Store},
    },
    diagnose::{Activity, Context},
    engine::performer::{Answer, Settlement, TaskContext, TaskRun},
    failure::Failure,
    plan::outputs::{BackupOutput, BackupPlace},
    statements::{AsSent, Backup, NEVER, Settings, Subject, Worded},
};

/// What a BACKUP holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupSubject {
    Database(String),
    Tables {
        database: String,
        tables: Vec<String>,
    },
    /// Every database but those of the system, houseplan's claim, and these.
    AllExcept(Vec<String>),
}

/// One BACKUP of one member to one path.
pub struct BackupTask {
    pub attempt: Attempt,
    pub member: Arc<Member>,
    pub subject: BackupSubject,
    pub store: Arc<Store>,
    /// The first attempt's path; later ones go to `path-2`, `path-3`, …: a crash leaves `.lock` behind, and every later
    /// BACKUP there is refused (598 "is being written already", *run*).
    pub path: String,
    /// The path, in the same store, of the backup that this one builds on.
    pub base: Option<String>,
    /// Settings of BACKUP, rendered.
    pub settings: IndexMap<String, Value>,
}

impl BackupTask {
    /// The path of this attempt.
    pub(super) fn path_of_attempt(&self) -> String {
        let path = self.path.trim_matches('/');
        match self.attempt.number {
            0 | 1 => path.to_owned(),
            number => format!("{path}-{number}"),
        }
    }

    pub(super) fn operation(&self, id: &str) -> Operation {
        Operation {
            member: Arc::clone(&self.member),
            id: id.to_owned(),
            verb: "BACKUP",
            table: None,
            bytes: None,
            secrets: Secrets::of_store(&self.store),
            credentials_end: credentials_end(&self.store),
        }
    }

    /// A database of another engine comes back as an Atomic one, if at all. One that is not there is the server's to refuse.
    pub(super) async fn refuse_what_does_not_come_back(&self) -> Result<(), Failure> {
        let databases = match &self.subject {
            BackupSubject::Database(database) | BackupSubject::Tables { database, .. } => {
                format!("name = {}", quote_string(database))
            }
            BackupSubject::AllExcept(except) => {
                let left_out = NEVER.into_iter().chain(except.iter().map(String::as_str)).map(quote_string);
                format!("name NOT IN ({})", left_out.collect::<Vec<_>>().join(", "))
            }
        };
        let other = format!(
            "SELECT name, engine FROM system.databases WHERE {databases} AND engine != {} ORDER BY name LIMIT 1",
            quote_string(ATOMIC)
        );
        let found = self.member.client.query(&Statement::read(other)).await;
        let found = found.map_err(|error| self.operation("").failure(&error))?;
        let Some(row) = found.0.first() else { return Ok(()) };
        let cell = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
        let (database, engine) = (cell("name"), cell("engine"));
        Err(match self.subject {
            BackupSubject::AllExcept(_) => {
                let in_all = catalogue::database::NOT_ATOMIC_IN_ALL.with("database", database).with("engine", engine);
                in_all.failure_in(&Context::on(Activity::Backup, &self.member))
            }
            _ => not_atomic(database, engine, &self.member, Activity::Backup),
        })
    }

    /// Has the server let into the store, by credentials that last as long as the backup takes at least.
    pub(super) async fn let_in(&self) -> Result<(), Failure> {
        keep_up(&self.store, Some(&self.member)).await?;
        token::outlasts(&self.member, &self.store, &self.subject, &self.settings).await
    }

    /// The text that is sent.
    pub(super) fn statement(&self, id: &str, path: &str, known: &[String]) -> Result<Worded<AsSent>, Failure> {
        let backup = Backup::<AsSent> {
            subject: self.subject()?,
            to: self.store.place(path),
            base: self.base.as_ref().map(|base| self.store.place(base)),
            settings: Settings { id: id.to_owned(), of_plan: self.settings.clone(), known: known.to_vec() },
        };
        backup.text().map_err(|setting| refused(&setting))
    }

    pub(super) fn subject(&self) -> Result<Subject<AsSent>, Failure> {
        Ok(match &self.subject {
            BackupSubject::Database(database) => Subject::Database(database.clone()),
            BackupSubject::Tables { database, tables } if !tables.is_empty() => {
                Subject::Tables { database: Some(database.clone()), tables: tables.clone() }
            }
            BackupSubject::Tables { database, .. } => {
                let message = format!("no table of `{database}` is named: there is nothing to back up");
                return Err(catalogue::backup::NO_TABLES
                    .failure_in(&Context::on(Activity::Backup, &self.member))
                    .with_message(message));
            }
            BackupSubject::AllExcept(except) => Subject::AllExcept(except.clone()),
        })
    }

    /// What later steps get. Where a backup was found whole by its `.backup` file, what only the server knew is null.
    pub(super) fn output(&self, note: &Note, row: &OperationRow) -> BackupOutput {
        BackupOutput {
            place: self.place(&note.path, &note.id),
            num_files: Some(row.counters.num_files),
            total_size: Some(row.counters.total_size),
            uncompressed_size: Some(row.counters.uncompressed_size),
            compressed_size: Some(row.counters.compressed_size),
            start_time: Some(row.start_time.clone()),
            end_time: Some(row.end_time.clone()),
        }
    }

    pub(super) fn place(&self, path: &str, id: &str) -> BackupPlace {
        let (store, url) = (self.store.name.clone(), self.store.url_of(path));
        BackupPlace { store, path: path.to_owned(), url, id: id.to_owned() }
    }

    pub(super) fn stalled_after(&self) -> Option<Duration> {
        self.attempt.stalled_after
    }
}

#[async_trait]
impl TaskRun for BackupTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let context = Context::on(Activity::Backup, &self.member);
        if let Err(failure) = await_previous(&self.attempt, &self.member, &context, &task_context).await {
            return Answer::Failed(failure.before_sending());
        }
        let state = match server_state(&self.member).await {
            Ok(state) => state,
            Err(error) => return Answer::Failed(self.operation("").failure(&error).before_sending()),
        };
        if let Err(refused) = self.refuse_what_does_not_come_back().await {
            return Answer::Failed(refused.before_sending());
        }
        if let Err(refused) = self.let_in().await {
            return Answer::Failed(refused.before_sending());
        }
        let (id, path) = (id_of(&self.attempt.operation_id(), &state.version), self.path_of_attempt());
        let gives = json!(self.place(&path, &id));
        let server_clock = state.clock.clone();
        let credentials_end = credentials_end(&self.store);
        let server_started = state.started;
        let note = Note { id, path, server_started, server_clock, rows_before: None, credentials_end, gives };
        let statement = match self.statement(&note.id, &note.path, &state.retry_settings) {
            Ok(statement) => statement,
            Err(failure) => return Answer::Failed(failure.before_sending()),
        };
        if let Err(failure) = task_context.notes.note(note.to_value()).await {
            return Answer::Failed(failure.before_sending());
        }
        let operation = self.operation(&note.id);
        match operation.send(&statement).await {
            Sent::Begun => {}
            Sent::Refused(failure) => return Answer::Failed(failure),
            Sent::Unknown(failure) => return Answer::Unknown(failure),
        }
        match operation.follow(&task_context, self.stalled_after()).await {
            Followed::Ended(row) if row.status == Status::Done => Answer::Acted(json!(self.output(&note, &row))),
            Followed::Ended(row) => Answer::Failed(operation.failure_of(&row)),
            Followed::Missing => Answer::Unknown(operation.forgotten()),
            Followed::Aborted => Answer::Unknown(operation.aborted()),
            Followed::LetGo(failure) => Answer::Unknown(failure),
        }
    }

    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        self.find_out(&task_context, &notes).await
    }
}

#[cfg(test)]
mod tests;
