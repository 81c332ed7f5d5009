//! Follows an operation to its end by asking again and again.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{Operation, OperationRow, Status, is_at_work};
use crate::{
    catalogue,
    connect::clickhouse::QueryError,
    engine::performer::{Progress, TaskContext},
    failure::Failure,
    humanize,
    name::Name,
};

/// A look takes about as much from the server that works (5 ms alone on the sandbox's engine, more beside a BACKUP).
const COST_OF_A_LOOK: Duration = Duration::from_millis(10);
/// The pause between two looks lies between these two.
const SHORTEST_PAUSE: Duration = Duration::from_millis(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a server may not answer before we let go of what it works on.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing may move before we look whether the server still works on it at all.
const QUIET: Duration = Duration::from_secs(10);

/// How following ended.
pub(in crate::action) enum Followed {
    /// With a status that is final.
    Ended(OperationRow),
    /// The server does not know the id: it has restarted, or never got the statement.
    Missing,
    /// It calls the operation running, but no query runs it.
    Aborted,
    /// We had to go, or could not see: it may go on in the server. Why, is said.
    LetGo(Failure),
}

impl Operation {
    /// Follows it until it ends, shows how far it is, and lets go when the process has to end.
    pub(in crate::action) async fn follow(
        &self,
        task_context: &TaskContext,
        stalled_after: Option<Duration>,
    ) -> Followed {
        let begun = Instant::now();
        let mut seen = None;
        let mut moved = Instant::now();
        let mut answered = Instant::now();
        let mut silent_looks = 0;
        loop {
            match self.row().await {
                Ok(None) => return Followed::Missing,
                Ok(Some(row)) if row.status != Status::Running => return Followed::Ended(row),
                Ok(Some(row)) => {
                    answered = Instant::now();
                    if seen != Some(row.counters) {
                        seen = Some(row.counters);
                        moved = Instant::now();
                        silent_looks = 0;
                        (task_context.progress)(self.progress(&row));
                    } else if moved.elapsed() > QUIET {
                        match is_at_work(&self.member, &row.query_id).await {
                            // Twice, for the query ends a moment before the status changes.
                            Ok(false) if silent_looks >= 1 => return Followed::Aborted,
                            Ok(false) => silent_looks += 1,
                            _ => silent_looks = 0,
                        }
                    }
                    if let Some(limit) = stalled_after.filter(|limit| moved.elapsed() > *limit) {
                        return Followed::LetGo(self.stalled(limit));
                    }
                }
                Err(QueryError::Exception(exception)) => {
                    return Followed::LetGo(self.failure(&QueryError::Exception(exception)));
                }
                Err(error) if answered.elapsed() > PATIENCE => {
                    return Followed::LetGo(self.failure(&error));
                }
                Err(_) => (task_context.progress)(silent(&self.member.name, answered)),
            }
            tokio::select! {
                () = sleep(pause(begun.elapsed())) => {}
                () = task_context.interrupted.cancelled() => return Followed::LetGo(self.interrupted()),
            }
        }
    }

    fn interrupted(&self) -> Failure {
        let message = format!("the {} is no longer followed; it still runs on {}", self.verb, self.member.name);
        catalogue::operation::NOT_FOLLOWED.failure_in(&self.context()).with_message(message)
    }

    fn stalled(&self, limit: Duration) -> Failure {
        let message = format!("the {} on {} made no progress for {} s", self.verb, self.member.name, limit.as_secs());
        catalogue::operation::STALLED.failure_in(&self.context()).with_message(message)
    }
}

/// How long to wait before the next look at what has taken so long already: as long as makes the looks, of which there are the
/// fewer the longer the pause, and the delay with which the end is seen, which grows with it, cost the same.
fn pause(elapsed: Duration) -> Duration {
    let seconds = (elapsed.as_secs_f64() * COST_OF_A_LOOK.as_secs_f64()).sqrt();
    Duration::from_secs_f64(seconds).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

/// A backup counts what it has written, of which the server knows the whole only at its end; a restore what it has read.
impl Operation {
    fn progress(&self, row: &OperationRow) -> Progress {
        let counters = row.counters;
        let (done, known) = match self.verb {
            "BACKUP" => (counters.uncompressed_size, None),
            _ => (counters.bytes_read, Some(counters.total_size)),
        };
        let total = self.bytes.or(known).filter(|total| *total > 0);
        Progress {
            doing: Some(self.doing(row)),
            done: Some(total.map_or(done, |total| done.min(total))),
            total,
            bytes: true,
            line: None,
        }
    }
}

/// How long before the credentials end that is shown.
const SOON: Duration = Duration::from_mins(10);

impl Operation {
    /// The server's own word, and that the credentials end soon with which it began.
    fn doing(&self, row: &OperationRow) -> String {
        let now = Timestamp::now();
        match self.credentials_end.filter(|end| now + SOON >= *end) {
            Some(end) if end > now => {
                format!("{}; its session token ends in {}", row.word, humanize::duration(humanize::between(now, end)))
            }
            Some(_) => format!("{}; its session token has ended", row.word),
            None => row.word.clone(),
        }
    }
}

/// That a server has not answered since, and how long it is asked for yet.
fn silent(member: &Name, since: Instant) -> Progress {
    let left = PATIENCE.saturating_sub(since.elapsed()).as_secs();
    let doing = format!("{member} does not answer; it is tried for {left} s more");
    Progress { doing: Some(doing), ..Progress::default() }
}

/// Asks again while the server cannot be reached, for as long as our patience lasts: it may just be restarting.
pub(in crate::action) async fn patiently<T, F>(
    task_context: &TaskContext,
    member: &Name,
    ask: impl Fn() -> F,
) -> Result<T, QueryError>
where
    F: Future<Output = Result<T, QueryError>>,
{
    let begun = Instant::now();
    loop {
        match ask().await {
            Err(error) if error.no_answer().is_some() => {
                if begun.elapsed() > PATIENCE || task_context.interrupted.is_cancelled() {
                    return Err(error);
                }
                (task_context.progress)(silent(member, begun));
            }
            answer => return answer,
        }
        tokio::select! {
            () = sleep(LONGEST_PAUSE) => {}
            () = task_context.interrupted.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::engine::performer::NoteSender;

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_told_and_for_how_long_it_is_asked() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let task_context = TaskContext {
            progress: Arc::new(move |progress: Progress| heard.lock().unwrap().extend(progress.doing)),
            notes: NoteSender(tokio::sync::mpsc::unbounded_channel().0),
            interrupted: Default::default(),
        };
        let silence = || QueryError::Unreachable { url: "http://one".to_owned(), reason: "refused".to_owned() };
        let answer = patiently(&task_context, &"replica1".into(), || async { Err::<(), _>(silence()) }).await;
        assert!(answer.is_err());
        let said = said.lock().unwrap();
        assert_eq!(said[0], "replica1 does not answer; it is tried for 30 s more");
        assert_eq!(said.last().map(String::as_str), Some("replica1 does not answer; it is tried for 0 s more"));
    }
}
