//! The credentials that servers are given for a run: lent when a process takes it up, taken back when that has done, on record.
//! See [`crate::collections`].
//!
//! That a server is given them is durable before it is, so no crash leaves a collection that nobody knows of: a resume makes it anew,
//! with the credentials of then, and the end of the run drops it, also on a server that nothing uses any more. While nobody works on
//! the run its servers hold none: a BACKUP or RESTORE that goes on without us has its own already.

use std::sync::Arc;

use futures::future::join_all;

use crate::{
    action::context::{RunContext, name_of},
    collections::{Collection, drop_by_name},
    connect::target::{Member, Store},
    engine::{
        event::{Event, MemberName},
        recorder::Recorder,
        state::LentCredentials,
    },
    failure::Failure,
    run::{error::SessionError, readiness::through_servers},
};

/// A store, and a server that is let into it by a collection.
struct Loan {
    store: Arc<Store>,
    member: Arc<Member>,
    /// Where in the store it is used, as far as that is known.
    path: Option<String>,
}

/// Gives the servers the credentials of each store that the `wanted` steps use through them, where a collection does that. The inner
/// result is the refusal: then nothing of it is left on any of them that answers.
pub(super) async fn lend(
    recorder: &mut Recorder,
    context: &RunContext,
    wanted: impl Fn(usize) -> bool,
) -> Result<Result<(), Vec<Failure>>, SessionError> {
    let loans = loans(context, wanted);
    if loans.is_empty() {
        return Ok(Ok(()));
    }
    recorder.record(loans.iter().filter_map(Loan::lent).collect::<Vec<_>>())?;
    // One after the other: servers may keep one set of collections for all of them, in Keeper.
    let mut refused = Vec::new();
    for loan in &loans {
        let Some(collection) = Collection::of(&loan.store, &loan.member) else { continue };
        if let Err(failure) = collection.make(loan.path.as_deref()).await {
            refused.push(failure);
        }
    }
    if refused.is_empty() {
        return Ok(Ok(()));
    }
    take_back(recorder, context).await?;
    Ok(Err(refused))
}

fn loans(context: &RunContext, wanted: impl Fn(usize) -> bool) -> Vec<Loan> {
    let mut loans: Vec<Loan> = Vec::new();
    for (store, target, path) in through_servers(context, wanted) {
        let Some(store) = context.connections.stores.get(&store).filter(|it| it.collection.is_some()) else { continue };
        let members = context.connections.clickhouse.get(&target).into_iter().flat_map(|it| &it.members);
        for member in members.filter(|it| !context.without.contains(&name_of(it))) {
            loans.push(Loan { store: Arc::clone(store), member: Arc::clone(member), path: path.clone() });
        }
    }
    loans
}

impl Loan {
    fn lent(&self) -> Option<Event> {
        let MemberName { target, member } = name_of(&self.member);
        let collection = self.store.collection.as_ref()?.name.clone();
        Some(Event::CredentialsLent { target, member, collection })
    }
}

/// Drops every collection that is on record, and says in a sentence of each that could not be.
pub(super) async fn take_back(recorder: &mut Recorder, context: &RunContext) -> Result<Vec<String>, SessionError> {
    let lent = recorder.state().lent().to_vec();
    let dropped = join_all(lent.iter().map(|it| drop_one(context, it))).await;
    let (mut events, mut left) = (Vec::new(), Vec::new());
    for (LentCredentials { to, collection }, outcome) in lent.into_iter().zip(dropped) {
        let MemberName { target, member } = to;
        match outcome {
            Ok(()) => events.push(Event::CredentialsTakenBack { target, member, collection }),
            Err(why) => left.push(not_dropped(&context.run.id, member.as_str(), &collection, &why)),
        }
    }
    recorder.record(events)?;
    Ok(left)
}

async fn drop_one(context: &RunContext, lent: &LentCredentials) -> Result<(), String> {
    let LentCredentials { to, collection } = lent;
    if context.without.contains(to) {
        return Err("the run was abandoned without it".to_owned());
    }
    let member = context.member(&to.target, &to.member).ok_or("the environment no longer has it")?;
    let mut stores = context.connections.stores.values();
    let store = stores.find(|it| it.collection.as_ref().is_some_and(|of| of.name == *collection));
    let dropped = match store.and_then(|store| Collection::of(store, &member)) {
        Some(collection) => collection.drop().await,
        // Its store is written otherwise by now.
        None => drop_by_name(&member, collection, &context.run.id).await,
    };
    dropped.map_err(|failure| failure.message)
}

fn not_dropped(run: &str, member: &str, collection: &str, why: &str) -> String {
    format!(
        "the named collection {collection} on {member} holds credentials of a store, and is not dropped ({why}): \
         `houseplan abandon {run}` drops it once that server answers, or do it there by \
         `DROP NAMED COLLECTION IF EXISTS \"{collection}\"`"
    )
}
