//! Whether a store can be used as BACKUP uses it, from where it is used.
//!
//! Through a server the probe is a BACKUP itself, of `information_schema`: it has no rows, is on every server, and needs
//! nothing to be made first. It puts objects, puts and deletes `.lock`, and reading it back takes get and list. A server
//! has no other statement that deletes an object.

use std::sync::Arc;

use super::rights::named;
use crate::{
    action::{
        Attempt,
        failure::{statement_failed, store_failed},
        operation::{server_state, statement},
        secrets::Secrets,
        store_reader::StoreReader,
    },
    catalogue,
    collections::keep_up,
    connect::{
        store::StoreError,
        target::{Member, Store},
    },
    diagnose::{Activity, Context},
    failure::Failure,
    humanize,
    plan::outputs::S3Row,
    statements::{self, AsSent},
};

/// What is written by this machine.
const WORDS: &[u8] = b"houseplan was here";

/// What is probed, and through which servers.
#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    pub attempt: &'a Attempt,
    pub store: &'a Store,
    pub through: &'a [Arc<Member>],
}

/// One row for each that probed: `by`, `reached`, `removed`.
pub(super) async fn rows(probe: Probe<'_>, path: &str) -> Result<Vec<S3Row>, Failure> {
    let mut rows = Vec::new();
    for member in probe.through {
        let below = format!("{path}/.probe-{}-{}", member.name, uuid::Uuid::new_v4().simple());
        if let Err(failure) = through(probe, member, &below).await {
            return Err(named(failure, probe.store, &below).await);
        }
        // What is left lies in a folder of its own: a server cannot delete it, and this machine perhaps does not get there.
        let removed = match StoreReader::of(probe.store, None).direct().await {
            Ok(store) => store.delete_below(&below).await.is_ok(),
            Err(_) => false,
        };
        let left = (!removed).then_some(below);
        rows.push(S3Row::Probed { by: member.name.to_string(), reached: true, removed, left });
    }
    if probe.through.is_empty() {
        let below = format!("{path}/.probe-{}", uuid::Uuid::new_v4().simple());
        if let Err(failure) = directly(probe, &below).await {
            return Err(named(failure, probe.store, &below).await);
        }
        rows.push(S3Row::Probed { by: "houseplan".to_owned(), reached: true, removed: true, left: None });
    }
    Ok(rows)
}

async fn through(probe: Probe<'_>, member: &Member, below: &str) -> Result<(), Failure> {
    let context = Context::on(Activity::Backup, member);
    let secrets = Secrets::of_store(probe.store);
    let failed = |error| statement_failed(&context, &error, &secrets);
    keep_up(probe.store, Some(member)).await?;
    let state = server_state(member).await.map_err(failed)?;
    let worded = statements::probe::<AsSent>(&probe.store.place(below), &state.retry_settings);
    let statement = statement(&worded).marked(probe.attempt.mark());
    member.client.query(&statement).await.map_err(|error| statement_failed(&context, &error, &secrets))?;
    let reader = StoreReader::of(probe.store, Some(member));
    let inspection = reader.inspect(below).await?;
    let here = Context::on(Activity::Store, member);
    if inspection.complete != Some(true) {
        let what = match inspection.exists {
            false => "its file `.backup` is not there".to_owned(),
            true => format!("of its {} not all are there", humanize::count(inspection.files, "file")),
        };
        let message =
            format!("{} has written a small backup to {}, and {what}", member.name, probe.store.url_of(below));
        return Err(catalogue::store::NOT_READABLE.failure_in(&here).with_message(message));
    }
    if reader.list(below).await?.iter().any(|object| object.key.ends_with("/.lock")) {
        return Err(catalogue::store::CANNOT_DELETE.failure_in(&here));
    }
    Ok(())
}

/// As this machine uses the store: what was written has to be there, in a listing as well, and gone once it was deleted.
async fn directly(probe: Probe<'_>, below: &str) -> Result<(), Failure> {
    let here = Context::new(Activity::Store);
    let failed = |error: StoreError| store_failed(&error, Activity::Store);
    let store = StoreReader::of(probe.store, None).direct().await?;
    let key = format!("{below}/object");
    let url = probe.store.url_of(&key);
    store.put(&key, WORDS).await.map_err(failed)?;
    let is_there = match store.get(&key).await {
        Ok(bytes) => bytes == WORDS && store.list(below).await.map_err(failed)?.iter().any(|object| object.key == key),
        Err(StoreError::NotFound { .. }) => false,
        Err(error) => return Err(failed(error)),
    };
    if !is_there {
        let message = format!("this machine has written {url}, and does not find it there");
        return Err(catalogue::store::NOT_READABLE.failure_in(&here).with_message(message));
    }
    let is_gone = match store.delete(&key).await {
        Ok(()) => store.head(&key).await.map_err(failed)?.is_none(),
        Err(StoreError::Denied { .. }) => false,
        Err(error) => return Err(failed(error)),
    };
    if !is_gone {
        let message = format!("this machine could not delete {url}, which it has written");
        return Err(catalogue::store::CANNOT_DELETE.failure_in(&here).with_message(message));
    }
    Ok(())
}
