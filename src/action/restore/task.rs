//! One RESTORE: guarded, noted, sent and followed.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{guard::Guarded, statement::RestoreTask};
use crate::{
    action::operation::{Followed, Note, Sent, Status, await_previous, credentials_end, server_state},
    catalogue,
    engine::performer::{Answer, Settlement, TaskContext, TaskRun},
};

#[async_trait]
impl TaskRun for RestoreTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let context = self.operation("").context();
        if let Err(failure) = await_previous(&self.attempt, &self.member, &context, &task_context).await {
            return Answer::Failed(failure.before_sending());
        }
        let (rows_before, notes) = match self.guard(&task_context).await {
            Guarded::Clear { rows_before, notes } => (rows_before, notes),
            Guarded::NothingToDo(output) => return Answer::Acted(json!(output)),
            Guarded::Refused(refusal) => return Answer::Stopped(refusal),
            Guarded::Unread(failure) => return Answer::Failed(failure.before_sending()),
            // Without a note a settlement knows that nothing was sent.
            Guarded::Interrupted => {
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&context).before_sending());
            }
        };
        let state = match server_state(&self.member).await {
            Ok(state) => state,
            Err(error) => return Answer::Failed(self.operation("").failure(&error).before_sending()),
        };
        let id = self.attempt.operation_id();
        let note = Note {
            gives: json!(self.begun(&id, notes)),
            id,
            path: self.source.path.clone(),
            server_started: state.started,
            server_clock: state.clock.clone(),
            rows_before,
            credentials_end: credentials_end(&self.source.store),
        };
        if let Err(failure) = task_context.notes.note(note.to_value()).await {
            return Answer::Failed(failure.before_sending());
        }
        match self.send(&note, &state).await {
            Sent::Begun => {}
            Sent::Refused(failure) => return Answer::Failed(failure),
            Sent::Unknown(failure) => return Answer::Unknown(failure),
        }
        let operation = self.operation(&note.id);
        match operation.follow(&task_context, self.attempt.stalled_after).await {
            Followed::Ended(row) if row.status == Status::Done => Answer::Acted(json!(self.output(&note, &row).await)),
            Followed::Ended(row) => match self.after_failure(&note, operation.failure_of(&row)).await {
                Ok(failure) => Answer::Failed(failure),
                Err(failure) => Answer::Unknown(failure),
            },
            Followed::Missing => Answer::Unknown(operation.forgotten()),
            Followed::Aborted => Answer::Unknown(operation.aborted()),
            Followed::LetGo(failure) => Answer::Unknown(failure),
        }
    }

    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        self.find_out(&task_context, &notes).await
    }
}
