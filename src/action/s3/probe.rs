//! Whether a store can be used as BACKUP uses it, from where it is used.
//!
//! Through a server the probe is a BACKUP itself, of `information_schema`: it has no rows, is on every server, and needs
//! nothing to be made first. It puts objects, puts and deletes `.lock`, and reading it back takes get and list. A server
//! has no other statement that deletes an object.

use std::sync::Arc;

use crate::{
    action::{
        Attempt,
        failure::{statement_failed, store_failed},
        operation::{server_state, statement},
        secrets::Secrets,
        store_reader::StoreReader,
    },
    catalogue,
    connect::{
        store::StoreClient,
        target::{Member, Store},
    },
    diagnose::{Activity, Context},
    failure::Failure,
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
        through(probe, member, &below).await?;
        // What is left lies in a folder of its own: a server cannot delete it, and this machine perhaps does not get there.
        let removed = match StoreClient::new(probe.store) {
            Ok(store) => store.delete_below(&below).await.is_ok(),
            Err(_) => false,
        };
        let left = (!removed).then_some(below);
        rows.push(S3Row::Probed { by: member.name.to_string(), reached: true, removed, left });
    }
    if probe.through.is_empty() {
        let below = format!("{path}/.probe-{}", uuid::Uuid::new_v4().simple());
        directly(probe, &below).await.map_err(|error| store_failed(&error, Activity::Store))?;
        rows.push(S3Row::Probed { by: "houseplan".to_owned(), reached: true, removed: true, left: None });
    }
    Ok(rows)
}

async fn through(probe: Probe<'_>, member: &Member, below: &str) -> Result<(), Failure> {
    let context = Context::on(Activity::Backup, member);
    let secrets = Secrets::of_store(probe.store);
    let failed = |error| statement_failed(&context, &error, &secrets);
    let state = server_state(member).await.map_err(failed)?;
    let worded = statements::probe::<AsSent>(&probe.store.place(below), &state.retry_settings);
    let statement = statement(&worded).marked(probe.attempt.mark());
    member.client.query(&statement).await.map_err(|error| statement_failed(&context, &error, &secrets))?;
    let reader = StoreReader::of(probe.store, Some(member));
    let inspection = reader.inspect(below).await?;
    let here = Context::on(Activity::Store, member);
    if inspection.complete != Some(true) {
        return Err(catalogue::store::NOT_READABLE.failure_in(&here));
    }
    if reader.list(below).await?.iter().any(|object| object.key.ends_with("/.lock")) {
        return Err(catalogue::store::CANNOT_DELETE.failure_in(&here));
    }
    Ok(())
}

async fn directly(probe: Probe<'_>, below: &str) -> Result<(), crate::connect::store::StoreError> {
    let store = StoreClient::new(probe.store)?;
    let key = format!("{below}/object");
    store.put(&key, WORDS).await?;
    store.get(&key).await?;
    store.list(below).await?;
    store.delete(&key).await
}
