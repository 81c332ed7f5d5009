//! What the steps of `finally` would do if the run were abandoned now, and how each is done by hand.

use crate::name::StepId;

/// One step of `finally`, as a person knows it: an inclusion counts as one; a step in it only where it has a condition of its
/// own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinallyStep {
    pub step: StepId,
    pub becomes: Becomes,
    /// What it sends or runs that changes something: `local: kubectl scale …`. Empty where it only reads.
    pub by_hand: Vec<String>,
}

/// Whether a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    Runs,
    /// Why it is skipped.
    Skipped(String),
    /// Why that cannot be known before.
    Unknown(String),
}
