//! BACKUP and RESTORE under way in a server: sent under an id of our own, which is the fence against doing it twice, and
//! followed in `system.backups` by that id.
//!
//! Knows what the two have in common and nothing of what they are for. Kills nothing on a server.

mod await_previous;
mod follow;
mod row;

use std::sync::Arc;

use jiff::Timestamp;
use row::is_at_work;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{failure, secrets::Secrets, sql::doubt::is_before_any_effect};

use crate::{
    catalogue,
    connect::{
        clickhouse::{QueryError, Statement},
        target::{Member, Store},
    },
    diagnose::{Activity, Context},
    engine::performer::{Settlement, TaskContext},
    failure::Failure,
    statements::{AsSent, SettingRefused, Worded},
};

pub(super) use await_previous::await_previous;
pub(super) use follow::{Followed, patiently};
pub(super) use row::{OperationRow, Status};

/// The seconds by which a server's own account of when it started may waver: `uptime()` and `now()` are whole seconds.
const START_TOLERANCE: i64 = 3;

/// A BACKUP or a RESTORE, by its id, on the server that works on it.
pub(super) struct Operation {
    pub(super) member: Arc<Member>,
    pub(super) id: String,
    /// `BACKUP` or `RESTORE`, for messages.
    pub(super) verb: &'static str,
    /// `database.table`, where it is about one.
    pub(super) table: Option<String>,
    /// How much it will move, where that is known better than by the server: a RESTORE of one table counts the whole
    /// backup as its total *(run)*.
    pub(super) bytes: Option<u64>,
    pub(super) secrets: Secrets,
    /// When the credentials end with which it began, where they do: it keeps those, whatever comes after them.
    pub(super) credentials_end: Option<Timestamp>,
}

/// When the credentials end by which a store is opened now.
pub(super) fn credentials_end(store: &Store) -> Option<Timestamp> {
    store.credentials.as_ref()?.keys().expires
}

/// What came of sending a statement.
pub(super) enum Sent {
    /// It is under way (or has ended): follow it.
    Begun,
    /// The server said no, or was not reached: nothing has begun.
    Refused(Failure),
    /// Whether it has begun is unknown.
    Unknown(Failure),
}

/// What a server says of itself before something is sent to it.
pub(super) struct ServerState {
    /// When it started, as seconds since 1970, within a few seconds.
    pub(super) started: i64,
    pub(super) version: String,
    /// Its clock, as it writes times without a zone: `2026-11-22 14:30:00`.
    pub(super) clock: Option<String>,
    /// The settings for retries against S3 that it knows, and that its profile leaves as they are by default.
    pub(super) retry_settings: Vec<String>,
}

impl Operation {
    /// Sends the statement. The same id a second time is refused by the server while it remembers the first
    /// (36 BAD_ARGUMENTS, *run*), running or ended; then the first is what we follow.
    pub(super) async fn send(&self, worded: &Worded<AsSent>) -> Sent {
        let statement = statement(worded).marked(format!("houseplan {}", self.id));
        match self.member.client.query(&statement).await {
            Ok(_) => Sent::Begun,
            Err(QueryError::Exception(exception))
                if exception.code == 36 && exception.message.contains("with the same ID") =>
            {
                Sent::Begun
            }
            Err(error @ QueryError::Unreachable { .. }) => Sent::Refused(self.failure(&error).before_sending()),
            Err(error) if is_certain(&error) => Sent::Refused(self.failure(&error)),
            // It may have begun before it failed: the server knows.
            Err(error @ QueryError::Exception(_)) => match self.row().await {
                Ok(Some(_)) => Sent::Begun,
                Ok(None) => Sent::Refused(self.failure(&error)),
                Err(_) => Sent::Unknown(self.failure(&error)),
            },
            Err(error) => Sent::Unknown(self.failure(&error)),
        }
    }

    /// The operation as the server has it in memory.
    pub(super) async fn row(&self) -> Result<Option<OperationRow>, QueryError> {
        row::in_memory(&self.member, &self.id).await
    }

    /// Its end as the server has it on disk; `None` where it has none.
    pub(super) async fn logged_end(&self) -> Result<Option<OperationRow>, QueryError> {
        row::logged_end(&self.member, &self.id).await
    }

    /// A failure of this operation, by what the server answered.
    pub(super) fn failure(&self, error: &QueryError) -> Failure {
        self.with_ended_credentials(failure::statement_failed(&self.context(), error, &self.secrets))
    }

    /// The failure that the server itself has written down for this operation.
    pub(super) fn failure_of(&self, row: &OperationRow) -> Failure {
        self.with_ended_credentials(failure::operation_failed(&self.context(), &row.error, &self.secrets))
    }

    /// A store says 400 or 403 whatever is wrong with a key; that its token has ended meanwhile, we know.
    fn with_ended_credentials(&self, failure: Failure) -> Failure {
        match self.credentials_end.filter(|end| *end <= Timestamp::now()) {
            Some(end) if failure.code.starts_with("houseplan::store::") => {
                let why = format!(": it ended at {end:.0}, and the {} had begun with it", self.verb);
                let ended = catalogue::store::TOKEN_EXPIRED.with("store", "the environment").with("why", why);
                Failure { server: failure.server, ..ended.failure_in(&self.context()) }
            }
            _ => failure,
        }
    }

    /// The server has restarted under it.
    pub(super) fn forgotten(&self) -> Failure {
        catalogue::operation::UNKNOWN.failure_in(&self.context())
    }

    /// Its status says running, but nothing runs it.
    pub(super) fn aborted(&self) -> Failure {
        self.forgotten()
            .with_cause(format!("system.backups lists the {} as running, but no query works on it", self.verb))
    }

    /// Where it works, for messages.
    pub(super) fn context(&self) -> Context {
        let action = if self.verb == "BACKUP" { Activity::Backup } else { Activity::Restore };
        Context { table: self.table.clone(), ..Context::on(action, &self.member) }
    }
}

/// What houseplan words by itself, as the client takes it.
pub(super) fn statement(worded: &Worded<AsSent>) -> Statement {
    Statement { settings: worded.settings.clone(), ..Statement::write(worded.text.expose_secret()) }
}

/// Whether the statement certainly began nothing.
fn is_certain(error: &QueryError) -> bool {
    // What RESTORE and BACKUP themselves refuse before they begin: there is a backup already (598), there is none (599), the
    // table is not empty (608).
    is_before_any_effect(error) || [598, 599, 608].iter().any(|code| error.has_code(*code))
}

/// What a server says of itself.
pub(super) async fn server_state(member: &Member) -> Result<ServerState, QueryError> {
    let query = "SELECT toInt64(toUnixTimestamp(now())) - toInt64(uptime()) AS started, toString(now()) AS clock, version() AS version, \
                 (SELECT groupArray(name) FROM system.settings \
                  WHERE startsWith(name, 'backup_restore_s3_retry_') AND NOT changed) AS retry_settings";
    let rows = member.client.query(&Statement::read(query)).await?;
    let row = rows.0.first();
    let started = row.and_then(|row| row.get("started")).and_then(Value::as_i64).unwrap_or_default();
    let names = row.and_then(|row| row.get("retry_settings")).and_then(Value::as_array);
    let retry_settings = names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let clock = row.and_then(|row| row.get("clock")).and_then(Value::as_str).map(str::to_owned);
    let version = row.and_then(|row| row.get("version")).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(ServerState { started, version, clock, retry_settings })
}

/// The failure that a plan asks for a setting which it may not have.
pub(super) fn refused(setting: &SettingRefused) -> Failure {
    catalogue::backup::SETTING_REFUSED.failure_in(&Context::new(Activity::Backup)).with_message(setting.to_string())
}

/// It cannot be found out, for now: because the process has to end, or for this reason.
pub(super) fn unsettled(task_context: &TaskContext, failure: Failure) -> Settlement {
    if task_context.interrupted.is_cancelled() { Settlement::Interrupted } else { Settlement::Unsettled(failure) }
}

/// What is durable before the statement is sent: by this a settlement knows what to look for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    pub(super) id: String,
    /// Where a backup goes to; empty for a restore.
    pub(super) path: String,
    /// When the server started that the statement was sent to.
    pub(super) server_started: i64,
    /// The server's clock then; what it writes afterwards bears no earlier time.
    pub(super) server_clock: Option<String>,
    /// The rows that a table held before `into: append`.
    pub(super) rows_before: Option<u64>,
    /// When the credentials end with which it is sent.
    pub(super) credentials_end: Option<Timestamp>,
    /// What the task gives to later steps, as far as it is known already: what a person's `settle --as done` gives.
    pub(super) gives: Value,
}

impl Note {
    pub(super) fn to_value(&self) -> Value {
        json!({
            "id": self.id,
            "path": self.path,
            "server_started": self.server_started,
            "server_clock": self.server_clock,
            "rows_before": self.rows_before,
            "credentials_end": self.credentials_end,
            "gives": self.gives,
        })
    }

    /// The last note of an attempt; `None` where nothing was noted, and so nothing was sent.
    pub(super) fn last_of(notes: &[Value]) -> Option<Self> {
        let note = notes.iter().rev().find(|note| note.get("id").is_some())?;
        Some(Self {
            id: note["id"].as_str()?.to_owned(),
            path: note["path"].as_str().unwrap_or_default().to_owned(),
            server_started: note["server_started"].as_i64().unwrap_or_default(),
            server_clock: note["server_clock"].as_str().map(str::to_owned),
            rows_before: note["rows_before"].as_u64(),
            credentials_end: note["credentials_end"].as_str().and_then(|it| it.parse().ok()),
            gives: note["gives"].clone(),
        })
    }

    /// Whether the server has started anew since: what it held in memory (`system.backups`) is gone.
    pub(super) fn restarted(&self, state: &ServerState) -> bool {
        state.started > self.server_started + START_TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::clickhouse::Exception;

    #[test]
    fn most_exceptions_do_not_say_that_nothing_began() {
        let exception = |code| {
            let (name, message) = (String::new(), "it says no".to_owned());
            QueryError::Exception(Exception { code, name, message, version: None })
        };
        assert!([60, 62, 115, 497, 598, 599, 608].into_iter().all(|code| is_certain(&exception(code))));
        assert!(![159, 210, 241, 499, 999].into_iter().any(|code| is_certain(&exception(code))));
        assert!(is_certain(&QueryError::Unreachable { url: "u".to_owned(), reason: "refused".to_owned() }));
        assert!(!is_certain(&QueryError::Lost { url: "u".to_owned(), reason: "reset".to_owned() }));
    }
}
