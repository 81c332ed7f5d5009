//! Waits until nothing that bears a mark runs on a server any more.

use crate::catalogue::task::STILL_RUNNING;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    connect::target::Member,
    diagnose::{Activity, Context},
    engine::performer::{Progress, TaskContext},
    failure::Failure,
    world::work,
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Returns when no statement whose mark begins with `mark` runs on `member`, and no entry of its queue of ON CLUSTER is
/// unfinished.
///
/// Waits as long as that takes, or as `patience` lasts: the server ends the statement some time, and nothing else may be
/// sent before. Fails where the server cannot be asked, or the process has to end.
pub(in crate::action) async fn await_idle(
    member: &Member,
    mark: &str,
    task_context: &TaskContext,
    patience: Option<Duration>,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let running = work::statements(member, mark, Activity::Sql).await?;
        if running.is_empty() {
            return Ok(());
        }
        let what = running.join("; ");
        (task_context.progress)(Progress {
            doing: Some(format!("an earlier attempt still runs on {}: {what}", member.name)),
            done: Some(begun.elapsed().as_secs()),
            ..Progress::default()
        });
        if patience.is_some_and(|patience| begun.elapsed() > patience) {
            let message = format!("an earlier attempt still runs on {}: {what}", member.name);
            return Err(STILL_RUNNING.failure_in(&Context::on(Activity::Sql, member)).with_message(message));
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = task_context.interrupted.cancelled() => {
                let context = Context::on(Activity::Sql, member);
                return Err(STILL_RUNNING.failure_in(&context));
            }
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
