//! Runs that a person ends: without some of its servers, or without the run's folder.

pub(super) mod abandon_without;
mod orphaned_claim;

pub use abandon_without::Abandoning;
pub use orphaned_claim::{Insisting, OrphanedClaim, release_orphaned_claim};
