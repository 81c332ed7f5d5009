//! Whether a session token lasts as long as a BACKUP takes at least: one that ends meanwhile fails it, for it keeps the credentials
//! that it began with.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::BackupSubject;
use crate::{
    catalogue,
    connect::{
        clickhouse::quote_string,
        target::{Member, Store},
    },
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    humanize,
    statements::NEVER,
};

/// The fastest that a BACKUP is taken to be, in bytes a second: what a link of 25 Gbit/s carries. Whether it is as fast nobody
/// knows before; what would be too late even so is refused.
const FASTEST: u64 = 3_125_000_000;
/// The plan's own limit, in bytes a second.
const BANDWIDTH: &str = "max_backup_bandwidth";

/// Fails where the token of the store ends before a backup of the subject could.
pub async fn outlasts(
    member: &Member,
    store: &Store,
    subject: &BackupSubject,
    settings: &IndexMap<String, Value>,
) -> Result<(), Failure> {
    let Some(expires) = store.credentials.as_ref().and_then(|it| it.keys().expires) else { return Ok(()) };
    let context = Context::on(Activity::Backup, member);
    let text = format!("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND {}", of(subject));
    let bytes = member.client.scalar(text).await.map_err(|error| diagnose(&error, &context))?;
    let bytes = bytes.as_u64().unwrap_or_default();
    let limit = settings.get(BANDWIDTH).and_then(Value::as_u64).filter(|it| *it > 0);
    let rate = limit.map_or(FASTEST, |it| it.min(FASTEST));
    let at_least = Duration::from_secs(bytes / rate);
    let left = humanize::between(Timestamp::now(), expires);
    if left > at_least {
        return Ok(());
    }
    let by = match limit {
        Some(_) => format!("with `{BANDWIDTH}: {rate}`"),
        None => format!("even at {} a second", humanize::size(rate)),
    };
    let why = format!(
        ": it ends at {expires:.0}, in {}, and {} take {} {by}",
        humanize::duration(left),
        humanize::size(bytes),
        humanize::duration(at_least)
    );
    Err(catalogue::store::TOKEN_ENDS_TOO_EARLY.with("store", &store.name).with("why", why).failure_in(&context))
}

/// Which parts those of the subject are.
fn of(subject: &BackupSubject) -> String {
    let quoted = |names: &[String]| names.iter().map(|name| quote_string(name)).collect::<Vec<_>>().join(", ");
    match subject {
        BackupSubject::Database(database) => format!("database = {}", quote_string(database)),
        BackupSubject::Tables { tables, .. } if tables.is_empty() => "0".to_owned(),
        BackupSubject::Tables { database, tables } => {
            format!("database = {} AND table IN ({})", quote_string(database), quoted(tables))
        }
        BackupSubject::AllExcept(except) => {
            let never = NEVER.into_iter().map(str::to_owned).chain(except.iter().cloned()).collect::<Vec<_>>();
            format!("database NOT IN ({})", quoted(&never))
        }
    }
}
