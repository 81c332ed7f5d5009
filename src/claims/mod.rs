//! The claim of a run on what it acts on: one run at a time.
//!
//! A claim is made once or not at all, says whose it is, and lives as long as its run, crash or not. Where it is kept is a
//! [`ClaimStore`]'s: [a database](database) on each server, and [a Lease](lease) in each cluster of Kubernetes. Who may have it, take it over or work beside it is said once,
//! in [`Claimant`]. A run that acts on several places claims them in one order, so that two never wait for each other half-way;
//! one that meets another's claim gives back what it has just taken.

pub mod database;
pub mod fence;
pub mod lease;
mod rules;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::rules::{Claimant, Ownership};
use self::{database::DatabaseClaim, lease::LeaseClaim};
use crate::{
    catalogue,
    connect::target::Member,
    diagnose::{Activity, Context, is_no_answer},
    failure::Failure,
    humanize::person,
    name::Name,
};

/// Who claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its run's id.
    #[serde(rename = "houseplan")]
    pub run: String,
    /// Who started it.
    pub who: String,
    /// The machine it was started on, or last taken over to.
    pub host: String,
    pub since: Timestamp,
    /// Of a claim that has to be renewed: whether it was not, for so long that another run may take it over. Never written.
    #[serde(skip)]
    pub expired: bool,
}

/// Where a claim stands, as the journal names it. Claims are taken in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimPlace {
    pub target: Name,
    pub member: Name,
}

/// What came of making a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    New,
    /// It was another run's and had expired: it is ours now.
    TakenOver(Owner),
    /// There is one already, by whomever.
    Held(Owner),
}

/// What became of a claim that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It was ours, and is gone.
    Dropped,
    /// There was none of ours: it was given back before, or is another run's.
    NotOurs,
    /// It cannot be reached; what stands there stays until somebody removes it.
    Unreachable(String),
}

/// One place where a claim is kept. Knows how it is written and read, and nothing of who may have it.
#[async_trait]
pub trait ClaimStore: fmt::Debug + Send + Sync {
    fn place(&self) -> ClaimPlace;

    /// Whose it is, where there is a claim.
    async fn owner(&self) -> Result<Option<Owner>, Failure>;

    /// Makes the claim, once or not at all: of many that try at a time, one gets [`Made::New`].
    async fn make(&self, owner: &Owner) -> Result<Made, Failure>;

    /// Writes another owner into a claim that is its run's already.
    async fn rewrite(&self, owner: &Owner) -> Result<(), Failure>;

    /// Removes a claim, which has been seen to be `run`'s.
    async fn remove(&self, run: &str) -> Result<(), Failure>;
}

/// Where the claim of a run stands that acts on these servers, and in these clusters of Kubernetes.
pub fn of(members: &[Arc<Member>], leases: &[LeaseClaim]) -> Vec<Arc<dyn ClaimStore>> {
    let database = |member: &Arc<Member>| Arc::new(DatabaseClaim(Arc::clone(member))) as Arc<dyn ClaimStore>;
    let lease = |lease: &LeaseClaim| Arc::new(lease.clone()) as Arc<dyn ClaimStore>;
    members.iter().map(database).chain(leases.iter().map(lease)).collect()
}

impl ClaimPlace {
    fn context(&self) -> Context {
        Context { member: Some(self.member.clone()), ..Context::new(Activity::Claim) }
    }
}

/// Claims every place for a run. Those that the run has claimed before stay as they are.
///
/// Gives the places that were claimed just now, in their order. On a failure all of those are given back.
pub async fn claim(stores: &[Arc<dyn ClaimStore>], owner: &Owner) -> Result<Vec<ClaimPlace>, Failure> {
    let mut stores = stores.to_vec();
    stores.sort_by_key(|store| store.place());
    let mut taken: Vec<&Arc<dyn ClaimStore>> = Vec::new();
    for store in &stores {
        match claim_one(store.as_ref(), owner).await {
            Ok(true) => taken.push(store),
            Ok(false) => {}
            Err(mut failure) => {
                for store in taken {
                    if let Err(left) = release_one(store.as_ref(), &owner.run).await {
                        let member = store.place().member;
                        let said = format!("; the lock on {member} is not released: {}", left.message);
                        failure.message.push_str(&said);
                    }
                }
                return Err(failure);
            }
        }
    }
    Ok(taken.into_iter().map(|store| store.place()).collect())
}

/// Whether the place was claimed just now; false where it had been the run's.
async fn claim_one(store: &dyn ClaimStore, new: &Owner) -> Result<bool, Failure> {
    match store.make(new).await? {
        Made::New | Made::TakenOver(_) => Ok(true),
        Made::Held(owner) if owner.run == new.run => Ok(false),
        Made::Held(owner) => Err(claimed_by(&owner, &store.place())),
    }
}

/// Fails where a run has claimed the place. Changes nothing.
pub async fn unclaimed(store: &dyn ClaimStore) -> Result<(), Failure> {
    match store.owner().await? {
        None => Ok(()),
        Some(owner) if owner.expired => Ok(()),
        Some(owner) => Err(claimed_by(&owner, &store.place())),
    }
}

/// Gives back the claim of `run` in each place, and says what became of it. Another run's claim is left alone.
pub async fn release(stores: &[Arc<dyn ClaimStore>], run: &str) -> Vec<(ClaimPlace, Result<Released, Failure>)> {
    let mut outcomes = Vec::with_capacity(stores.len());
    for store in stores {
        outcomes.push((store.place(), release_one(store.as_ref(), run).await));
    }
    outcomes
}

/// The same for one place.
pub async fn release_one(store: &dyn ClaimStore, run: &str) -> Result<Released, Failure> {
    match store.owner().await {
        Ok(Some(owner)) if owner.run == run => {}
        Ok(_) => return Ok(Released::NotOurs),
        Err(failure) if is_no_answer(&failure) => return Ok(Released::Unreachable(failure.message)),
        Err(failure) => return Err(failure),
    }
    match store.remove(run).await {
        Ok(()) => Ok(Released::Dropped),
        // Where the answer was lost instead, it may be gone.
        Err(failure) if failure.is(&catalogue::connect::UNREACHABLE) => Ok(Released::Unreachable(failure.message)),
        Err(failure) => Err(failure),
    }
}

fn claimed_by(owner: &Owner, place: &ClaimPlace) -> Failure {
    let Owner { run, who, host, since, expired: _ } = owner;
    let owner = format!(" of {}, since {since:.0}", person(who, host));
    catalogue::claim::HELD.with("run", run).with("owner", owner).failure_in(&place.context())
}
