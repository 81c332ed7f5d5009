//! Whether a store lets in those who will use it: each server that works with it, and this machine where it reads it itself.
//!
//! Asked by listing what is below a name that nothing has, which takes the address, the bucket, the key and the right to list,
//! and reads nothing.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::time::timeout;

use super::{Readiness, Use, needed, needs::Uses};
use crate::{
    action::{context::RunContext, look_into_store},
    catalogue,
    connect::target::{Member, Store},
    diagnose::{Activity, Context, is_no_answer},
    failure::Failure,
    humanize,
    name::Name,
};

/// How long one of them may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The user may not read S3 with a statement of its own; what BACKUP may do is another privilege.
const ACCESS_DENIED: i32 = 497;

/// Asks through each server, and by this machine, as the plan uses it.
pub(super) async fn ask(context: &RunContext, name: &Name, uses: &Uses) -> Readiness {
    let Some(store) = context.connections.stores.get(name) else { return Readiness::default() };
    let mut by: Vec<(Option<Arc<Member>>, &[Use])> = Vec::new();
    for (through, uses) in uses {
        match through.as_ref().map(|target| context.connections.clickhouse.get(target)) {
            None => by.push((None, uses)),
            Some(cluster) => {
                let members = cluster.into_iter().flat_map(|it| &it.members);
                by.extend(members.map(|member| (Some(Arc::clone(member)), uses.as_slice())));
            }
        }
    }
    let looks = join_all(by.iter().map(|(member, _)| look(store, member.as_deref()))).await;
    let mut found = Readiness::default();
    let (mut reached, mut refused): (Vec<String>, Vec<(String, Failure)>) = (Vec::new(), Vec::new());
    for ((member, uses), look) in by.into_iter().zip(looks) {
        let who = member.as_ref().map_or_else(|| "this machine".to_owned(), |it| it.name.to_string());
        match look {
            Ok(()) => reached.push(who),
            // Of a server that does not answer, the look at the servers tells.
            Err(failure) if member.is_some() && is_no_answer(&failure) => {}
            Err(failure) if failure.server.as_ref().is_some_and(|it| it.code == ACCESS_DENIED) => {
                found
                    .unknown
                    .push(format!("{who} may not list `{name}` for its user: not asked whether it reaches it"));
            }
            Err(failure) => refused.push((who, needed(failure, uses))),
        }
    }
    if !reached.is_empty() {
        let who = humanize::first_of(&reached, 4);
        found
            .answered
            .push(format!("`{name}` can be listed by {who}; whether they may write there, only writing shows"));
    }
    found.failures = told_once(refused);
    found
}

async fn look(store: &Store, member: Option<&Member>) -> Result<(), Failure> {
    let context = member.map_or_else(|| Context::new(Activity::Store), |it| Context::on(Activity::Store, it));
    match timeout(PATIENCE, look_into_store(store, member)).await {
        Ok(answer) => answer,
        Err(_) => {
            let message = format!("`{}` gave no answer within {} s", store.name, PATIENCE.as_secs());
            Err(catalogue::store::UNREACHABLE.failure_in(&context).with_message(message))
        }
    }
}

/// One failure of each kind: a store that is not there is one trouble, and not one of each server.
fn told_once(refused: Vec<(String, Failure)>) -> Vec<Failure> {
    let mut told: Vec<(Failure, Vec<String>)> = Vec::new();
    for (who, failure) in refused {
        match told.iter_mut().find(|(known, _)| known.code == failure.code) {
            Some((_, others)) => others.push(who),
            None => told.push((failure, Vec::new())),
        }
    }
    let with_others = told.into_iter().map(|(failure, others)| match others.as_slice() {
        [] => failure,
        others => {
            let message = format!("{}; the same for {}", failure.message, humanize::first_of(others, 4));
            failure.with_message(message)
        }
    });
    with_others.collect()
}
