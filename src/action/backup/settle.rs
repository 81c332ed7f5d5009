//! What became of a BACKUP whose answer is unknown.
//!
//! Survives: our own death, the server's, and both. While the server has not restarted it is asked (`system.backups`, by the
//! id), and the same statement under the same id finds out whether it ever arrived. After a restart the store is what
//! counts: a backup is done when its `.backup` file, which is written last, is ours and every file it names is there.

use serde_json::{Value, json};

use super::task::BackupTask;

use crate::{
    action::{
        operation::{Followed, Note, Operation, OperationRow, Sent, Status, patiently, server_state, unsettled},
        store_reader::StoreReader,
        stored_backup::Inspection,
    },
    catalogue,
    collections::keep_up,
    engine::{
        event::Verdict,
        performer::{Settlement, TaskContext},
    },
    plan::outputs::BackupOutput,
};

impl BackupTask {
    pub(super) async fn find_out(&self, task_context: &TaskContext, notes: &[Value]) -> Settlement {
        // The note is durable before the statement is sent: without one, nothing was.
        let Some(note) = Note::last_of(notes) else { return Settlement::Settled(Verdict::NotDone) };
        let operation = Operation { credentials_end: note.credentials_end, ..self.operation(&note.id) };
        let row = match patiently(task_context, &self.member.name, || operation.row()).await {
            Ok(row) => row,
            Err(error) => {
                return unsettled(task_context, operation.failure(&error));
            }
        };
        if row.is_none() {
            let state = match patiently(task_context, &self.member.name, || server_state(&self.member)).await {
                Ok(state) => state,
                Err(error) => {
                    return unsettled(task_context, operation.failure(&error));
                }
            };
            if note.restarted(&state) {
                return self.after_restart(task_context, &operation, &note).await;
            }
            if let Err(failure) = keep_up(&self.store, Some(&self.member)).await {
                return unsettled(task_context, failure);
            }
            let sent = match self.statement(&note.id, &note.path, &state.retry_settings) {
                Ok(statement) => operation.send(&statement).await,
                Err(failure) => Sent::Refused(failure),
            };
            match sent {
                Sent::Begun => {}
                Sent::Refused(failure) => return Settlement::Settled(Verdict::Failed(failure)),
                Sent::Unknown(failure) => return Settlement::Unsettled(failure),
            }
        }
        match operation.follow(task_context, self.stalled_after()).await {
            Followed::Ended(row) => self.verdict(&operation, &note, &row),
            Followed::Missing | Followed::Aborted => self.after_restart(task_context, &operation, &note).await,
            Followed::LetGo(failure) => unsettled(task_context, failure),
        }
    }

    fn verdict(&self, operation: &Operation, note: &Note, row: &OperationRow) -> Settlement {
        Settlement::Settled(match row.status {
            Status::Done => Verdict::Done(json!(self.output(note, row))),
            _ => Verdict::Failed(operation.failure_of(row)),
        })
    }

    /// Nothing works on it any more: what was written counts.
    async fn after_restart(&self, task_context: &TaskContext, operation: &Operation, note: &Note) -> Settlement {
        match operation.logged_end().await {
            Ok(Some(row)) => return self.verdict(operation, note, &row),
            Ok(None) => {}
            Err(error) => {
                return unsettled(task_context, operation.failure(&error));
            }
        }
        let inspection = match StoreReader::of(&self.store, Some(&self.member)).inspect(&note.path).await {
            Ok(inspection) => inspection,
            Err(failure) => return unsettled(task_context, failure),
        };
        match inspection.complete {
            Some(true) if is_ours(&inspection, note) => {
                Settlement::Settled(Verdict::Done(json!(self.output_of(note, &inspection))))
            }
            None if inspection.exists => {
                Settlement::Unsettled(catalogue::backup::ARCHIVE_IN_DOUBT.failure_in(&operation.context()))
            }
            _ => Settlement::Settled(Verdict::NotDone),
        }
    }

    fn output_of(&self, note: &Note, inspection: &Inspection) -> BackupOutput {
        BackupOutput {
            place: self.place(&note.path, &note.id),
            num_files: Some(inspection.files),
            total_size: Some(inspection.size),
            uncompressed_size: Some(inspection.stored_size),
            compressed_size: Some(inspection.stored_size),
            start_time: None,
            end_time: None,
        }
    }
}

/// Whether it is the backup that the note is about: by its id, or where its `.backup` file bears none (before ClickHouse 26.7)
/// by its time. The server refuses to write where a backup is already (598), and no other attempt has this path, so one that
/// was begun after the note was made there is ours. Were it taken for another one, a new attempt would write beside it.
pub(super) fn is_ours(inspection: &Inspection, note: &Note) -> bool {
    match (&inspection.id, &inspection.timestamp, &note.server_clock) {
        (Some(id), _, _) => *id == note.id,
        // Both as the same server writes them, in its own zone: their order as texts is that of the times.
        (None, Some(begun), Some(noted)) => begun >= noted,
        (None, _, _) => false,
    }
}
