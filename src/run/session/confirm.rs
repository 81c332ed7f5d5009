//! That the servers are those that the run began with, and that nobody else has its claim.

use std::{collections::HashSet, sync::Arc};

use super::{
    claims,
    load::Loaded,
    options::{OnChange, Options},
    prepared::PreparedRun,
};
use crate::{
    catalogue,
    claims::ClaimStore,
    connect::target::Member,
    diagnose::{Activity, Context, diagnose_kubernetes},
    document::Limits,
    engine::state::State,
    failure::Failure,
    name::Name,
    plan::expanded::ExpandedPlan,
    run::{abandon::abandon_without, documents::changes, error::SessionError, readiness::ask},
    world::{
        Identity,
        identity::{OtherVersion, confirm as confirm_member},
    },
};

/// What was found of the servers, and is accepted.
pub(super) struct Confirmed<'a> {
    /// The servers that run another version than when the run began.
    pub versions: Vec<OtherVersion>,
    /// Where the claim stands that another machine has made, to be taken over.
    pub theirs: Vec<&'a dyn ClaimStore>,
    /// Where what is left to do needs the claim.
    pub needed: Vec<Arc<dyn ClaimStore>>,
    /// The members whose claim was gone.
    pub freed: Vec<Name>,
}

/// Asks the servers, and refuses what the person has not accepted. `claimed` is where the run's claim may stand.
pub(super) async fn confirm<'a>(
    loaded: &Loaded,
    claimed: &'a [Arc<dyn ClaimStore>],
    on_change: OnChange,
    limits: &Limits,
    options: &Options,
) -> Result<Confirmed<'a>, SessionError> {
    let Loaded { prepared, state, documents, .. } = loaded;
    let id = prepared.context.run.id.as_str();
    confirm_clusters(prepared, state, loaded.ends()).await?;
    if !loaded.ends() {
        same_members(prepared, &documents.plan, state)?;
    }
    let theirs = claims::elsewhere(claimed, id, options.gone.as_deref()).await?;
    // What is abandoned has only to be put back, and cannot wait for an older version, or for what somebody else has changed.
    let ends = loaded.ends();
    let versions = confirm_members(prepared, &documents.plan, state).await;
    let versions = versions.map_err(|failed| {
        let members = prepared.members();
        abandon_without::not_confirmed(failed, ends.then_some((members.as_slice(), id)))
    })?;
    if !on_change.accepts() && !ends && !versions.is_empty() {
        let documents_differ = on_change.as_begun() && changes(documents, limits).is_some();
        return Err(SessionError::World(versions.iter().map(|it| other_version(it, documents_differ)).collect()));
    }
    let needed = prepared.claims_on(&prepared.needed_members(&documents.plan, state));
    let freed = match prepared.writes {
        true => claims::freed(if ends { claimed } else { &needed }, id, state).await,
        false => Vec::new(),
    };
    if !freed.is_empty() && !ends && !options.claim_again {
        return Err(SessionError::ClaimGone { run: id.to_owned(), members: freed });
    }
    // What ends has only to be put back: it finds out by itself what is gone.
    if !ends {
        let left = |step: usize| !state.step(step).phase.is_done();
        let ready = ask(&prepared.context, left).await;
        if !ready.failures.is_empty() {
            return Err(SessionError::World(ready.failures));
        }
    }
    Ok(Confirmed { versions, theirs, needed, freed })
}

/// Each cluster of Kubernetes has to be the one that the run began with: what it has done, it has done there.
async fn confirm_clusters(prepared: &PreparedRun, state: &State, ends: bool) -> Result<(), SessionError> {
    let mut failures = Vec::new();
    for kubernetes in &prepared.kubernetes {
        let Some(pinned) = state.clusters().get(&kubernetes.name) else { continue };
        let context = Context { member: Some(kubernetes.name.clone()), ..Context::new(Activity::Preflight) };
        match kubernetes.cluster().await {
            Ok(now) if now == *pinned => {}
            Ok(now) => {
                let other = catalogue::kubernetes::OTHER_CLUSTER.with("target", &kubernetes.name).failure_in(&context);
                failures.push(
                    other.with_cause(format!("its namespace `kube-system` has the uid {now} instead of {pinned}")),
                );
            }
            // Whoever ends a run puts back what can be reached.
            Err(_) if ends => {}
            Err(error) => failures.push(diagnose_kubernetes(&error, &context)),
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(SessionError::World(failures)) }
}

/// Of servers that are found by their labels: those that the run began with have to be there, and no others.
fn same_members(prepared: &PreparedRun, plan: &ExpandedPlan, state: &State) -> Result<(), SessionError> {
    let needed = prepared.needed_members(plan, state);
    let targets: HashSet<&Name> = needed.iter().map(|member| &member.target).collect();
    let is_there = |target: &Name, name: &Name| needed.iter().any(|it| it.target == *target && it.name == *name);
    let without = |target: &Name, name: &Name| {
        prepared.context.without.iter().any(|it| it.target == *target && it.member == *name)
    };
    let gone = state
        .pins()
        .keys()
        .filter(|(target, name)| targets.contains(target) && !is_there(target, name) && !without(target, name));
    let gone = gone.map(|(target, name)| format!("{target}.{name} was there when the run started, and is not found"));
    let new = needed.iter().filter(|it| !state.pins().contains_key(&(it.target.clone(), it.name.clone())));
    let new = new.map(|it| format!("{}.{} was not there when the run started", it.target, it.name));
    let failures: Vec<Failure> =
        gone.chain(new).map(|message| catalogue::world::CHANGED.failure().with_message(message)).collect();
    if failures.is_empty() { Ok(()) } else { Err(SessionError::World(failures)) }
}

/// Each member that is still needed has to be the server that it was when the run began. Gives those that run another version.
async fn confirm_members(
    prepared: &PreparedRun,
    plan: &ExpandedPlan,
    state: &State,
) -> Result<Vec<OtherVersion>, Vec<(Arc<Member>, Failure)>> {
    let needed = prepared.needed_members(plan, state);
    let checks = needed.iter().filter_map(|member| {
        let pinned = state.pins().get(&(member.target.clone(), member.name.clone()))?;
        Some(async move {
            let pinned: Result<Identity, Failure> = serde_json::from_value(pinned.clone()).map_err(|error| {
                catalogue::journal::UNREADABLE.with("reason", format!("the identity of a server: {error}")).failure()
            });
            let confirmed = match pinned {
                Ok(pinned) => confirm_member(member, &pinned).await,
                Err(failure) => Err(failure),
            };
            confirmed.map_err(|failure| (Arc::clone(member), failure))
        })
    });
    let (mut versions, mut failures) = (Vec::new(), Vec::new());
    for confirmed in futures::future::join_all(checks).await {
        match confirmed {
            Ok(version) => versions.extend(version),
            Err(failed) => failures.push(failed),
        }
    }
    if failures.is_empty() { Ok(versions) } else { Err(failures) }
}

/// What is said of a server that runs another version. Who goes on with the documents as they were is not told to take others.
fn other_version(version: &OtherVersion, documents_differ: bool) -> Failure {
    match documents_differ {
        true => version.refusal().with_help(
            "`houseplan resume RUN --as-begun --accept-changes` goes on with it as it is now, and with the documents as they \
             were; or put the old version back",
        ),
        false => version.refusal(),
    }
}
