//! A claim that stands on a ClickHouse server itself.
//!
//! It is the empty database `houseplan_claim`, with whose it is in its comment: making a database happens once or not at
//! all, so of two runs one gets it (82 DATABASE_ALREADY_EXISTS is the refusal). It does not depend on Keeper. Inventories and
//! backups of all databases leave it out.

use std::sync::Arc;

use async_trait::async_trait;

use super::{ClaimPlace, ClaimStore, Made, Owner, claimed_by};
use crate::{
    catalogue,
    connect::{
        clickhouse::{QueryError, Statement, quote_identifier, quote_string},
        target::Member,
    },
    diagnose::diagnose,
    failure::Failure,
};

/// The database that is the claim. BACKUP and RESTORE of everything leave it out.
pub const DATABASE: &str = crate::statements::CLAIM_DATABASE;

/// DATABASE_ALREADY_EXISTS.
const EXISTS: i32 = 82;
/// SYNTAX_ERROR: `MODIFY COMMENT` of a database is not known before ClickHouse 25.
const NOT_KNOWN: i32 = 62;

/// The claim on one server.
#[derive(Debug, Clone)]
pub struct DatabaseClaim(pub Arc<Member>);

#[async_trait]
impl ClaimStore for DatabaseClaim {
    fn place(&self) -> ClaimPlace {
        ClaimPlace { target: self.0.target.clone(), member: self.0.name.clone() }
    }

    async fn owner(&self) -> Result<Option<Owner>, Failure> {
        let text = format!("SELECT comment FROM system.databases WHERE name = {}", quote_string(DATABASE));
        let rows = self.0.client.query(&Statement::read(text)).await.map_err(|error| self.failed(&error))?;
        let Some(comment) = rows.scalar().and_then(|cell| cell.as_str()) else { return Ok(None) };
        match serde_json::from_str(comment) {
            Ok(owner) => Ok(Some(owner)),
            Err(_) => Err(catalogue::claim::UNREADABLE.failure_in(&self.place().context())),
        }
    }

    async fn make(&self, owner: &Owner) -> Result<Made, Failure> {
        // Atomic, whatever the server's default is.
        let text = format!(
            "CREATE DATABASE {} ENGINE = Atomic COMMENT {}",
            quote_identifier(DATABASE),
            quote_string(&comment(owner))
        );
        match self.write(text, &owner.run, "claim").await {
            Ok(()) => Ok(Made::New),
            // Also where the answer was lost: whose it is now, the server knows.
            Err(error) if error.has_code(EXISTS) || error.outcome_is_unknown() => match self.owner().await? {
                Some(now) if error.outcome_is_unknown() && now == *owner => Ok(Made::New),
                Some(now) => Ok(Made::Held(now)),
                None => Err(self.failed(&error)),
            },
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn rewrite(&self, owner: &Owner) -> Result<(), Failure> {
        let comment = quote_string(&comment(owner));
        let text = format!("ALTER DATABASE {} MODIFY COMMENT {comment}", quote_identifier(DATABASE));
        match self.write(text, &owner.run, "claim").await {
            Ok(()) => Ok(()),
            Err(error) if error.has_code(NOT_KNOWN) => self.make_anew(owner).await,
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn remove(&self, run: &str) -> Result<(), Failure> {
        // DROP DATABASE takes the tables with it, and if somebody put any there, they are not ours to drop.
        let tables = format!("SELECT count() FROM system.tables WHERE database = {}", quote_string(DATABASE));
        let tables = self.0.client.scalar(tables).await.map_err(|error| self.failed(&error))?;
        if tables.as_u64() != Some(0) {
            return Err(catalogue::claim::NOT_EMPTY.failure_in(&self.place().context()));
        }
        let text = format!("DROP DATABASE IF EXISTS {} SYNC", quote_identifier(DATABASE));
        self.write(text, run, "release").await.map_err(|error| self.failed(&error))
    }
}

impl DatabaseClaim {
    /// The claim dropped and made again, on a server that cannot write another comment. It is not atomic: a run that begins
    /// between the two gets the claim, and this one is refused; a process that dies between them leaves no claim.
    async fn make_anew(&self, owner: &Owner) -> Result<(), Failure> {
        if let Some(now) = self.owner().await?.filter(|now| now.run != owner.run) {
            return Err(claimed_by(&now, &self.place()));
        }
        self.remove(&owner.run).await?;
        match self.make(owner).await? {
            Made::New | Made::TakenOver(_) => Ok(()),
            Made::Held(now) if now == *owner => Ok(()),
            Made::Held(now) => Err(claimed_by(&now, &self.place())),
        }
    }

    async fn write(&self, text: String, run: &str, what: &str) -> Result<(), QueryError> {
        let statement = Statement::write(text).marked(format!("houseplan {run}/{what}"));
        self.0.client.query(&statement).await.map(drop)
    }

    fn failed(&self, error: &QueryError) -> Failure {
        diagnose(error, &self.place().context())
    }
}

fn comment(owner: &Owner) -> String {
    serde_json::to_string(owner).expect("an owner has string keys only")
}

#[cfg(test)]
mod tests;
