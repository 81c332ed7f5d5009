//! What a RESTORE brings back, on which replica, and the text that is sent.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::table::ReplicaTable;

use crate::{
    action::{
        Attempt,
        inventory::Table,
        operation::{Note, Operation, OperationRow, Sent, ServerState, credentials_end, refused},
        secrets::Secrets,
        stored_backup::BackupSource,
    },
    collections::keep_up,
    connect::target::{Cluster, Member},
    failure::Failure,
    plan::{actions::Into, outputs::Restored},
    statements::{AsSent, NEVER, Restore, Settings, Subject, Worded},
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
        /// Tables of it that are not brought back.
        except: Vec<String>,
        /// The tables without their rows: the first phase of `into: absent`.
        structure_only: bool,
    },
    /// Everything in the backup but the databases of the system and these.
    AllExcept(Vec<String>),
}

impl RestoreScope {
    /// Whether tables of the database are brought back.
    pub(super) fn has(&self, of: &str) -> bool {
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
    pub(super) fn replicas(&self) -> Vec<&Arc<Member>> {
        let others = self.cluster.members.iter().filter(|member| member.shard == self.member.shard);
        let others = others.filter(|member| member.name != self.member.name);
        std::iter::once(&self.member).chain(others).collect()
    }

    pub(super) fn operation(&self, id: &str) -> Operation {
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
            credentials_end: credentials_end(&self.source.store),
        }
    }

    /// The text that is sent.
    pub(super) fn statement(&self, id: &str, known: &[String]) -> Result<Worded<AsSent>, Failure> {
        let (subject, structure_only) = match &self.scope {
            RestoreScope::Table { database, name, .. } => {
                (Subject::Tables { database: Some(database.clone()), tables: vec![name.clone()] }, false)
            }
            RestoreScope::Database { name, except, structure_only } => {
                (Subject::database(name.clone(), except.clone()), *structure_only)
            }
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
    pub(super) async fn send(&self, note: &Note, state: &ServerState) -> Sent {
        if let Err(failure) = keep_up(&self.source.store, Some(&self.member)).await {
            return Sent::Refused(failure.before_sending());
        }
        match self.statement(&note.id, &state.retry_settings) {
            Ok(statement) => self.operation(&note.id).send(&statement).await,
            Err(failure) => Sent::Refused(failure.before_sending()),
        }
    }

    /// What was restored. The rows are those of this replica, right after; comparing is left to `compare`.
    pub(super) async fn output(&self, note: &Note, row: &OperationRow) -> Restored {
        let (files, bytes) = (Some(row.counters.files_read), Some(row.counters.bytes_read));
        Restored { rows: self.rows_now().await, files, bytes, ..self.noted(note) }
    }

    /// What is known of it before it is sent.
    pub(super) fn begun(&self, id: &str, notes: Vec<String>) -> Restored {
        let (database, table) = match &self.scope {
            RestoreScope::Table { database, name, .. } => (Some(database), Some(name)),
            RestoreScope::Database { name, .. } => (Some(name), None),
            RestoreScope::AllExcept(_) => (None, None),
        };
        let (database, table) = (database.cloned(), table.cloned());
        Restored { database, table, id: Some(id.to_owned()), notes, ..Restored::default() }
    }

    /// The same, as it was noted.
    pub(super) fn noted(&self, note: &Note) -> Restored {
        let noted: Restored = serde_json::from_value(note.gives.clone()).unwrap_or_default();
        self.begun(&note.id, noted.notes)
    }

    pub(super) async fn rows_now(&self) -> Option<u64> {
        let RestoreScope::Table { database, name, .. } = &self.scope else { return None };
        ReplicaTable::on(&self.member, database, name).await.ok().flatten().and_then(|found| found.rows)
    }
}
