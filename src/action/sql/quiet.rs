//! Waits until nothing that bears a mark runs on a server any more.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    connect::{
        clickhouse::{Statement, quote_string},
        target::Member,
    },
    diagnose::{Action, Context, diagnose, failure},
    engine::{
        event::Failure,
        performer::{Progress, Site},
    },
};

/// What an attempt that does not end fails with.
pub(super) const STILL_RUNNING: &str = "houseplan::run::still_running";

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Servers without the queue of ON CLUSTER: UNKNOWN_TABLE, NO_ELEMENTS_IN_CONFIG, NO_ZOOKEEPER.
const NO_QUEUE: &[i32] = &[60, 139, 225];

/// Returns when no statement whose mark begins with `mark` runs on `member`, and no entry of its queue of ON CLUSTER is
/// unfinished.
///
/// Waits as long as that takes, or as `patience` lasts: the server ends the statement some time, and nothing else may be
/// sent before. Fails where
/// the server cannot be asked, or the process has to end.
pub(in crate::action) async fn await_quiet(
    member: &Member,
    mark: &str,
    site: &Site,
    patience: Option<Duration>,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(what) = running(member, mark).await? else { return Ok(()) };
        (site.progress)(Progress {
            doing: Some(format!("an earlier attempt still runs on {}: {what}", member.name)),
            done: Some(begun.elapsed().as_secs()),
            ..Progress::default()
        });
        if patience.is_some_and(|patience| begun.elapsed() > patience) {
            let message = format!("an earlier attempt still runs on {}: {what}", member.name);
            return Err(failure(STILL_RUNNING, Some(message), &Context::on(Action::Sql, member)));
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = site.interrupted.cancelled() => {
                let context = Context::on(Action::Sql, member);
                return Err(failure(STILL_RUNNING, None, &context));
            }
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What still runs, in words.
async fn running(member: &Member, mark: &str) -> Result<Option<String>, Failure> {
    let context = Context::on(Action::Sql, member);
    let mark = quote_string(mark);
    // The mark stands at the beginning of the text, but for `/* `; a look for it elsewhere would find this very statement.
    let processes = Statement::read(format!(
        "SELECT count() AS n, max(elapsed) AS seconds FROM system.processes \
         WHERE startsWith(query, concat('/* ', {mark})) AND query_id != queryID()"
    ));
    let rows = member.client.query(&processes).await.map_err(|error| diagnose(&error, &context))?;
    let cell = |column: &str| rows.0.first().and_then(|row| row.get(column)).cloned().unwrap_or(Value::Null);
    if cell("n").as_u64().unwrap_or_default() > 0 {
        return Ok(Some(format!("for {} s", cell("seconds").as_f64().unwrap_or_default().round())));
    }
    let queue = Statement::read(format!(
        "SELECT count() FROM system.distributed_ddl_queue \
         WHERE startsWith(settings['log_comment'], {mark}) AND status NOT IN ('Finished', 'Removing')"
    ));
    match member.client.query(&queue).await {
        Ok(rows) => {
            let entries = rows.scalar().and_then(Value::as_u64).unwrap_or_default();
            Ok((entries > 0).then(|| format!("{entries} entries of the queue of ON CLUSTER")))
        }
        Err(error) if NO_QUEUE.iter().any(|code| error.has_code(*code)) => Ok(None),
        Err(error) => Err(diagnose(&error, &context)),
    }
}
