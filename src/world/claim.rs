//! The claim of a run on the servers that it acts on.
//!
//! It is the empty database `houseplan_claim`, with whose it is in its comment: making a database happens once or not at
//! all, so of two runs one gets it (82 DATABASE_ALREADY_EXISTS is the refusal). It lives as long as its run, crash or not,
//! and does not depend on Keeper. Inventories and backups of all databases leave it out.
//!
//! Members are claimed in the order of target and name, so that two runs never wait for each other half-way; a run that meets
//! another's claim gives back what it has just taken.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    catalogue,
    connect::{
        clickhouse::{QueryError, Statement, quote_identifier, quote_string},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose, is_no_answer},
    failure::Failure,
    wording::person,
};

/// The database that is the claim. BACKUP and RESTORE of everything leave it out.
pub const DATABASE: &str = "houseplan_claim";

/// DATABASE_ALREADY_EXISTS.
const EXISTS: i32 = 82;

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
}

/// What became of a claim that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It was ours, and is gone.
    Dropped,
    /// There was none of ours: it was given back before, or is another run's.
    NotOurs,
    /// The server cannot be reached; what stands there stays until somebody drops it.
    Unreachable(String),
}

/// Claims every member for a run. Members that the run has claimed before stay as they are.
///
/// Gives the members that were claimed just now, in the order of target and name. On a failure all of those are given back.
pub async fn claim<'a>(members: &[&'a Member], owner: &Owner) -> Result<Vec<&'a Member>, Failure> {
    let mut members = members.to_vec();
    members.sort_by(|a, b| (&a.target, &a.name).cmp(&(&b.target, &b.name)));
    let mut taken: Vec<&Member> = Vec::new();
    for member in members {
        match claim_one(member, owner).await {
            Ok(true) => taken.push(member),
            Ok(false) => {}
            Err(mut failure) => {
                for member in taken {
                    if let Err(left) = release_one(member, &owner.run).await {
                        let said = format!("; the claim on {} was not given back: {}", member.name, left.message);
                        failure.message.push_str(&said);
                    }
                }
                return Err(failure);
            }
        }
    }
    Ok(taken)
}

/// Whose a member is, where it is claimed.
pub async fn owner(member: &Member) -> Result<Option<Owner>, Failure> {
    let context = Context::on(Activity::Claim, member);
    let text = format!("SELECT comment FROM system.databases WHERE name = {}", quote_string(DATABASE));
    let rows = member.client.query(&Statement::read(text)).await.map_err(|error| diagnose(&error, &context))?;
    let Some(comment) = rows.scalar().and_then(|cell| cell.as_str()) else { return Ok(None) };
    match serde_json::from_str(comment) {
        Ok(owner) => Ok(Some(owner)),
        Err(_) => Err(catalogue::claim::UNREADABLE.failure_in(&context)),
    }
}

/// Fails where a run has claimed the member. Changes nothing.
pub async fn unclaimed(member: &Member) -> Result<(), Failure> {
    match owner(member).await? {
        None => Ok(()),
        Some(owner) => Err(claimed_by(&owner, &Context::on(Activity::Claim, member))),
    }
}

/// Writes `owner` into a claim that is its run's already: another machine than before has the run now.
pub async fn take_over(member: &Member, owner: &Owner) -> Result<(), Failure> {
    let comment = serde_json::to_string(owner).expect("an owner has string keys only");
    let text = format!("ALTER DATABASE {} MODIFY COMMENT {}", quote_identifier(DATABASE), quote_string(&comment));
    let statement = Statement::write(text).marked(format!("houseplan {}/claim", owner.run));
    let answer = member.client.query(&statement).await;
    answer.map(drop).map_err(|error| diagnose(&error, &Context::on(Activity::Claim, member)))
}

/// Gives back the claim of `run` on each member, and says what became of it. Another run's claim is left alone.
pub async fn release<'a>(members: &[&'a Member], run: &str) -> Vec<(&'a Member, Result<Released, Failure>)> {
    let mut outcomes = Vec::with_capacity(members.len());
    for member in members {
        outcomes.push((*member, release_one(member, run).await));
    }
    outcomes
}

/// Whether the member was claimed just now; false where it had been ours.
async fn claim_one(member: &Member, new: &Owner) -> Result<bool, Failure> {
    let context = Context::on(Activity::Claim, member);
    let comment = serde_json::to_string(new).expect("an owner has string keys only");
    // Atomic, whatever the server's default is.
    let text =
        format!("CREATE DATABASE {} ENGINE = Atomic COMMENT {}", quote_identifier(DATABASE), quote_string(&comment));
    match member.client.query(&Statement::write(text).marked(format!("houseplan {}/claim", new.run))).await {
        Ok(_) => Ok(true),
        // Also where the answer was lost: whose it is now, the server knows.
        Err(error) if error.has_code(EXISTS) || error.outcome_is_unknown() => match owner(member).await? {
            Some(owner) if owner.run == new.run => Ok(error.outcome_is_unknown() && owner == *new),
            Some(owner) => Err(claimed_by(&owner, &context)),
            None => Err(diagnose(&error, &context)),
        },
        Err(error) => Err(diagnose(&error, &context)),
    }
}

fn claimed_by(owner: &Owner, context: &Context) -> Failure {
    let Owner { run, who, host, since } = owner;
    let owner = format!(" of {}, since {since:.0}", person(who, host));
    catalogue::claim::HELD.with("run", run).with("owner", owner).failure_in(context)
}

async fn release_one(member: &Member, run: &str) -> Result<Released, Failure> {
    let context = Context::on(Activity::Claim, member);
    let is_ours = match owner(member).await {
        Ok(owner) => owner.is_some_and(|owner| owner.run == run),
        Err(failure) if is_no_answer(&failure) => {
            return Ok(Released::Unreachable(failure.message));
        }
        Err(failure) => return Err(failure),
    };
    if !is_ours {
        return Ok(Released::NotOurs);
    }
    // DROP DATABASE takes the tables with it, and if somebody put any there, they are not ours to drop.
    let tables = format!("SELECT count() FROM system.tables WHERE database = {}", quote_string(DATABASE));
    let tables = member.client.scalar(tables).await.map_err(|error| diagnose(&error, &context))?;
    if tables.as_u64() != Some(0) {
        return Err(catalogue::claim::NOT_EMPTY.failure_in(&context));
    }
    let text = format!("DROP DATABASE IF EXISTS {} SYNC", quote_identifier(DATABASE));
    match member.client.query(&Statement::write(text).marked(format!("houseplan {run}/release"))).await {
        Ok(_) => Ok(Released::Dropped),
        Err(error @ QueryError::Unreachable { .. }) => Ok(Released::Unreachable(error.to_string())),
        Err(error) => Err(diagnose(&error, &context)),
    }
}
