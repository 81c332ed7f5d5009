//! Waits until no BACKUP or RESTORE of an earlier attempt is under way any more.
//!
//! An attempt is settled before another one begins, but a person who settled it may have been mistaken. A RESTORE attaches
//! its parts at its end: until then its table is empty, and a second one beside it would double the rows.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::is_at_work;
use crate::{
    action::Attempt,
    catalogue,
    connect::{clickhouse::QueryError, target::Member},
    diagnose::{Context, diagnose},
    engine::performer::{Progress, TaskContext},
    failure::Failure,
    world::work,
};

/// How long a new attempt waits for the end of an earlier one.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

/// Returns when no operation of an earlier attempt works on `member`. Fails where one does for too long, where the server
/// cannot be asked, and where the process has to end; nothing was sent then.
pub(in crate::action) async fn await_previous(
    attempt: &Attempt,
    member: &Member,
    context: &Context,
    task_context: &TaskContext,
) -> Result<(), Failure> {
    let begun = Instant::now();
    loop {
        let under_way = previous(attempt, member).await.map_err(|error| diagnose(&error, context))?;
        let Some(operation) = under_way else { return Ok(()) };
        let what = format!("the {} of an earlier attempt still runs on {}", operation.verb, member.name);
        (task_context.progress)(Progress { doing: Some(what.clone()), ..Progress::default() });
        if begun.elapsed() > PATIENCE || task_context.interrupted.is_cancelled() {
            let message = format!("{what}: id `{}`", operation.id);
            return Err(catalogue::task::STILL_RUNNING.failure_in(context).with_message(message));
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = task_context.interrupted.cancelled() => {}
        }
    }
}

/// An operation of an earlier attempt that a query really works on.
async fn previous(attempt: &Attempt, member: &Member) -> Result<Option<work::Operation>, QueryError> {
    if attempt.number <= 1 {
        return Ok(None);
    }
    let prefix = attempt.id_prefix();
    for operation in work::operations(member).await? {
        if operation.id.starts_with(&prefix) && is_at_work(member, &operation.query_id).await? {
            return Ok(Some(operation));
        }
    }
    Ok(None)
}
