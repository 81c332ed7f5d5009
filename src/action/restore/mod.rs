//! RESTORE: of one table, of a database or of everything, on one replica of a shard, tracked in the server.
//!
//! Before anything is sent the world is compared with what `into` says, on **all** replicas of the shard: the server's own
//! guard reads one replica only, and compares no columns. What is sent stands here, the comparison in [`guard`], how a table has
//! to be in [`shape`], whether all of a step are so in [`tables_match`], what one replica holds in [`table`], and how doubt is settled
//! in [`settle`].

mod guard;
mod prepare;
mod settle;
mod shape;
mod table;
pub mod tables_match;

pub use prepare::Restoring;

use std::sync::Arc;

use async_trait::async_trait;
use guard::Guarded;
use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    Attempt,
    failure::Secrets,
    inventory::Table,
    operation::{
        Followed, Note, Operation, OperationRow, Sent, ServerState, Status, await_previous, refused, server_state,
    },
    stored_backup::BackupSource,
};

use crate::{
    catalogue,
    connect::target::{Cluster, Member},
    engine::performer::{Answer, Settlement, Site, TaskRun},
    failure::Failure,
    plan::actions::Into,
    statements::{AsSent, NEVER, Restore, Settings, Subject},
};

/// What a RESTORE brings back.
#[derive(Debug, Clone, PartialEq)]
pub enum RestoreScope {
    /// One table, or a materialized view, which brings the rows of its inner table along *(run)*.
    Table {
        database: String,
        name: String,
        /// As the inventory holds it; columns are compared with it, and a doubt is settled by its rows and checksum.
        expected: Option<Box<Table>>,
    },
    Database {
        name: String,
        /// The tables without their rows: the first phase of `into: absent`.
        structure_only: bool,
    },
    /// Everything in the backup but the databases of the system and these.
    AllExcept(Vec<String>),
}

impl RestoreScope {
    /// Whether tables of the database are brought back.
    fn has(&self, of: &str) -> bool {
        match self {
            Self::Table { database, .. } => database == of,
            Self::Database { name, .. } => name == of,
            Self::AllExcept(except) => !NEVER.contains(&of) && !except.iter().any(|name| name == of),
        }
    }
}

/// One RESTORE on one replica of one shard.
#[derive(Clone)]
pub struct RestoreTask {
    pub attempt: Attempt,
    /// The one replica of its shard that it is sent to: a RESTORE on a second one would double the rows.
    pub member: Arc<Member>,
    /// Its cluster: the other replicas of the shard are guarded too.
    pub cluster: Arc<Cluster>,
    pub scope: RestoreScope,
    pub source: BackupSource,
    /// What has to be so. The second phase of `into: absent`, table by table, is [`Into::Existing`].
    pub into: Into,
    /// Whether the tables were made from this very backup just before (the first phase of `into: absent`): then there is nothing
    /// to compare.
    pub made_from_backup: bool,
    /// Settings of RESTORE, rendered.
    pub settings: IndexMap<String, Value>,
}

impl RestoreTask {
    /// The replicas of the shard, the one that it is sent to first.
    fn replicas(&self) -> Vec<&Arc<Member>> {
        let others = self.cluster.members.iter().filter(|member| member.shard == self.member.shard);
        let others = others.filter(|member| member.name != self.member.name);
        std::iter::once(&self.member).chain(others).collect()
    }

    fn operation(&self, id: &str) -> Operation {
        let (table, bytes) = match &self.scope {
            RestoreScope::Table { database, name, expected } => {
                (Some(format!("{database}.{name}")), expected.as_ref().and_then(|table| table.bytes))
            }
            _ => (None, None),
        };
        Operation {
            member: Arc::clone(&self.member),
            id: id.to_owned(),
            verb: "RESTORE",
            table,
            bytes,
            secrets: Secrets::of_store(&self.source.store),
        }
    }

    /// The text that is sent.
    fn statement(&self, id: &str, known: &[String]) -> Result<SecretString, Failure> {
        let (subject, structure_only) = match &self.scope {
            RestoreScope::Table { database, name, .. } => {
                (Subject::Tables { database: Some(database.clone()), tables: vec![name.clone()] }, false)
            }
            RestoreScope::Database { name, structure_only } => (Subject::Database(name.clone()), *structure_only),
            RestoreScope::AllExcept(except) => (Subject::AllExcept(except.clone()), false),
        };
        let restore = Restore::<AsSent> {
            subject,
            from: self.source.store.place(&self.source.path),
            into: self.into,
            structure_only,
            settings: Settings { id: id.to_owned(), of_plan: self.settings.clone(), known: known.to_vec() },
        };
        restore.text().map_err(|setting| refused(&setting))
    }

    /// Sends the statement; the note about it is durable already.
    async fn send(&self, note: &Note, state: &ServerState) -> Sent {
        match self.statement(&note.id, &state.retry_settings) {
            Ok(statement) => self.operation(&note.id).send(&statement).await,
            Err(failure) => Sent::Refused(failure),
        }
    }

    /// What was restored. The rows are those of this replica, right after; comparing is left to `compare`.
    async fn output(&self, note: &Note, row: &OperationRow) -> Value {
        let (rows, files, bytes) = (self.rows_now().await, row.counters.files_read, row.counters.bytes_read);
        match &self.scope {
            RestoreScope::Table { database, name, .. } => json!({
                "database": database, "table": name, "rows": rows, "files": files, "bytes": bytes, "id": note.id,
                "told": note.gives["told"],
            }),
            RestoreScope::Database { name, .. } => json!({
                "database": name, "table": null, "rows": null, "files": files, "bytes": bytes, "id": note.id,
                "told": note.gives["told"],
            }),
            RestoreScope::AllExcept(_) => json!({
                "database": null, "table": null, "rows": null, "files": files, "bytes": bytes, "id": note.id,
                "told": note.gives["told"],
            }),
        }
    }

    async fn rows_now(&self) -> Option<u64> {
        let RestoreScope::Table { database, name, .. } = &self.scope else { return None };
        table::Found::on(&self.member, database, name).await.ok().flatten().and_then(|found| found.rows)
    }
}

#[async_trait]
impl TaskRun for RestoreTask {
    async fn perform(self: Box<Self>, site: Site) -> Answer {
        let context = self.operation("").context();
        if let Err(failure) = await_previous(&self.attempt, &self.member, &context, &site).await {
            return Answer::Failed(failure);
        }
        let (rows_before, told) = match self.guard(&site).await {
            Guarded::Clear { rows_before, told } => (rows_before, told),
            Guarded::NothingToDo(output) => return Answer::Acted(output),
            Guarded::Refused(refusal) => return Answer::Stopped(refusal),
            Guarded::Unread(failure) => return Answer::Failed(failure),
            // Without a note a settlement knows that nothing was sent.
            Guarded::Interrupted => {
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&context));
            }
        };
        let state = match server_state(&self.member).await {
            Ok(state) => state,
            Err(error) => return Answer::Failed(self.operation("").failure(&error)),
        };
        let id = self.attempt.operation_id();
        let (database, table) = match &self.scope {
            RestoreScope::Table { database, name, .. } => (Some(database), Some(name)),
            RestoreScope::Database { name, .. } => (Some(name), None),
            RestoreScope::AllExcept(_) => (None, None),
        };
        let note = Note {
            gives: json!({ "database": database, "table": table, "id": id, "told": told }),
            id,
            path: self.source.path.clone(),
            server_started: state.started,
            server_clock: state.clock.clone(),
            rows_before,
        };
        if let Err(failure) = site.notes.note(note.to_value()).await {
            return Answer::Failed(failure);
        }
        match self.send(&note, &state).await {
            Sent::Begun => {}
            Sent::Refused(failure) => return Answer::Failed(failure),
            Sent::Unknown(failure) => return Answer::Unknown(failure),
        }
        let operation = self.operation(&note.id);
        match operation.follow(&site, self.attempt.stalled_after).await {
            Followed::Ended(row) if row.status == Status::Done => Answer::Acted(self.output(&note, &row).await),
            Followed::Ended(row) => match self.after_failure(&note, operation.failure_of(&row)).await {
                Ok(failure) => Answer::Failed(failure),
                Err(failure) => Answer::Unknown(failure),
            },
            Followed::Missing => Answer::Unknown(operation.forgotten()),
            Followed::Aborted => Answer::Unknown(operation.aborted()),
            Followed::LetGo(failure) => Answer::Unknown(failure),
        }
    }

    async fn settle(self: Box<Self>, site: Site, notes: Vec<Value>) -> Settlement {
        self.find_out(&site, &notes).await
    }
}
