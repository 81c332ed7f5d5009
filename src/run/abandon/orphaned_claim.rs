//! A run whose folder is lost: its claim is all that is left of it, and is given back here.
//!
//! What is lost here may live, on another machine or on this one. So the claim stands until a person says of the machine that it
//! names that nothing of the run is alive there; and as long as a server is at something for the run.

use std::sync::Arc;

use camino::Utf8Path;
use futures::future::join_all;

use crate::{
    bundle::{Bundle, LoadError, Role, SavedFile, TargetNames},
    catalogue,
    claims::{self, ClaimStore, Claimant, Owner, Ownership, Released, release_one},
    collections::{drop_by_name, left_by},
    connect::target::Member,
    diagnose::{Activity, Context, is_no_answer},
    document::Limits,
    failure::Failure,
    journal::lock::this_host,
    run::documents::{Documents, PrepareError, Wanted},
    world::work,
};

/// A plan that uses nothing: with it an environment can be read by itself.
const NO_PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: nothing }
steps: { nothing: { exec: { on: local, command: [nothing] } } }
";

/// What a person says of the run, beyond that its folder is lost.
#[derive(Debug, Default)]
pub struct Insisting {
    /// The machine that the claim names: the run's process there is dead, and nothing that it started still runs.
    pub gone: Option<String>,
    /// What servers are at for the run may go on without its claim.
    pub leave_at_work: bool,
}

/// What became of the claim of a run whose folder is lost.
#[derive(Debug)]
pub enum OrphanedClaim {
    /// The run may still live, or a server is at work for it or cannot say whether it is: nothing was given back.
    Kept(Failure),
    /// Where it could be, it was given back: of each member, what became of the lock on it.
    Freed(Vec<String>),
}

/// What one member tells of the run.
struct Look<'a> {
    member: &'a Member,
    store: Arc<dyn ClaimStore>,
    /// Who holds the claim, where it is this run's.
    owner: Result<Option<Owner>, Failure>,
    /// What it is at, or why it does not tell. Nothing where it cannot be reached: then nothing is given back there either.
    work: Vec<String>,
}

/// Gives back the claim of `run` on every ClickHouse server of the environment, where the machine that the claim names is said
/// to be gone, and unless one of the servers is at work for that run.
pub async fn release_orphaned_claim(
    environment: &Utf8Path,
    run: &str,
    insisting: &Insisting,
) -> Result<OrphanedClaim, PrepareError> {
    let text = std::fs::read_to_string(environment).map_err(|reason| PrepareError::File {
        path: environment.to_string(),
        by: "the command line",
        reason,
    })?;
    let saved = vec![
        SavedFile { role: Role::Plan, origin: "nothing.yaml".to_owned(), text: NO_PLAN.to_owned() },
        SavedFile { role: Role::Environment, origin: environment.to_string(), text },
    ];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::default())
        .map_err(|error: LoadError| PrepareError::from(error))?;
    let connections = Documents::new(bundle)?.connect(".".into(), run, &|_| Wanted::Needed).await?.connections;
    let members: Vec<Arc<Member>> =
        connections.clickhouse.values().flat_map(|cluster| &cluster.members).cloned().collect();
    let stores = claims::of(&members, &[]);
    let looks = join_all(members.iter().zip(stores).map(|(member, store)| look(member, store, run))).await;
    let command = format!("houseplan abandon {run} --env {environment}");
    if let Some(failure) = may_live(&looks, insisting, &command).or_else(|| at_work(&looks, run, insisting, &command)) {
        return Ok(OrphanedClaim::Kept(failure));
    }
    let mut said = Vec::with_capacity(looks.len());
    for look in &looks {
        said.push(format!("{}.{}: {}", look.member.target, look.member.name, give_back(look, run).await));
    }
    Ok(OrphanedClaim::Freed(said))
}

async fn look<'a>(member: &'a Member, store: Arc<dyn ClaimStore>, run: &str) -> Look<'a> {
    let owner = store.owner().await.map(|owner| owner.filter(|owner| owner.run == run));
    let work = match work::of_run(member, run).await {
        Ok(work) => work,
        Err(failure) if is_no_answer(&failure) => Vec::new(),
        Err(failure) => vec![format!("cannot read what it works on: {}", failure.message)],
    };
    Look { member, store, owner, work }
}

/// What became of what the run has left on a member, in words.
async fn give_back(look: &Look<'_>, run: &str) -> String {
    let credentials = take_credentials_back(look.member, run).await;
    std::iter::once(release(look, run).await).chain(credentials).collect::<Vec<_>>().join("; ")
}

/// What became of the named collections of the run on a member, in words; nothing where there are none.
async fn take_credentials_back(member: &Member, run: &str) -> Vec<String> {
    // A member that does not answer says so of its lock.
    let names = left_by(member, run).await.unwrap_or_default();
    let drop_one = async |name: String| match drop_by_name(member, &name, run).await {
        Ok(()) => format!("the named collection {name} is dropped"),
        Err(failure) => format!("the named collection {name} is not dropped: {}", failure.message),
    };
    join_all(names.into_iter().map(drop_one)).await
}

/// What became of the lock on a member, in words.
async fn release(look: &Look<'_>, run: &str) -> String {
    let failed = |failure: &Failure| match is_no_answer(failure) {
        true => format!("cannot be reached: {}", failure.message),
        false => format!("the lock is not released: {}", failure.message),
    };
    match &look.owner {
        Ok(Some(_)) => {}
        Ok(None) => return "no lock of this run".to_owned(),
        Err(failure) => return failed(failure),
    }
    match release_one(look.store.as_ref(), run).await {
        Ok(Released::Dropped) => format!("the lock is released{}", look.still_at_work()),
        Ok(Released::Unreachable(reason)) => format!("cannot be reached: {reason}"),
        Err(failure) => failed(&failure),
        Ok(Released::NotOurs) => "no lock of this run".to_owned(),
    }
}

impl Look<'_> {
    fn claim(&self) -> Option<&Owner> {
        self.owner.as_ref().ok()?.as_ref()
    }

    /// Whose the claim was, and what goes on without it.
    fn still_at_work(&self) -> String {
        let whose = self.claim().into_iter().map(|owner| format!(" ({}, since {:.0})", owner.who, owner.since));
        let work = (!self.work.is_empty()).then(|| format!("; still at work there: {}", self.work.join("; ")));
        whose.chain(work).collect()
    }
}

/// Why the claim stands, if the machine that it names was not said to be gone. Between two statements, in a process that the
/// plan has started, or while it waits for a person, a living run shows on no server.
fn may_live(looks: &[Look<'_>], insisting: &Insisting, command: &str) -> Option<Failure> {
    let alive = |look: &Look<'_>| {
        let owner = look.claim()?;
        let claimant = Claimant { run: &owner.run, host: None, lender: None, gone: insisting.gone.as_deref() };
        match claimant.ownership(Some(owner.clone()), true) {
            Ownership::Elsewhere(owner) => Some((look.member.name.clone(), owner)),
            _ => None,
        }
    };
    let (member, Owner { run, who, host, since, .. }) = looks.iter().find_map(alive)?;
    let which = if host == this_host() { ", this machine" } else { ", another machine than this one" };
    let also = if insisting.leave_at_work { " --leave-at-work" } else { "" };
    let may_be_in_use = catalogue::claim::MAY_BE_IN_USE
        .with("run", run)
        .with("owner", format!(" of {who}"))
        .with("host", host)
        .with("which", which)
        .with("where", format!(" on {member}"))
        .with("since", format!(", since {since:.0}"))
        .with("who", format!(", {who}"))
        .with("command", command)
        .with("also", also);
    Some(may_be_in_use.failure_in(&Context::new(Activity::Claim)))
}

/// Why the claim stands, if the servers are at work for the run.
fn at_work(looks: &[Look<'_>], run: &str, insisting: &Insisting, command: &str) -> Option<Failure> {
    let busy = looks.iter().filter(|look| !look.work.is_empty());
    let found: Vec<String> = busy.map(|look| format!("{}: {}", look.member.name, look.work.join("; "))).collect();
    if found.is_empty() || insisting.leave_at_work {
        return None;
    }
    let gone = insisting.gone.iter().map(|host| format!(" --gone-from {host}")).collect::<String>();
    let failure = catalogue::claim::SERVERS_STILL_WORKING
        .with("run", run)
        .with("found", format!(": {}", found.join(" · ")))
        .with("command", format!("{command}{gone}"))
        .failure_in(&Context::new(Activity::Claim));
    let owner = looks.iter().find_map(Look::claim);
    let of_owner = owner.map(|owner| format!("the run is of {}, since {:.0}", owner.who, owner.since));
    Some(Failure { cause: of_owner, ..failure })
}
