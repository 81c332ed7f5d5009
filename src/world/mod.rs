//! That the world is the one that was meant, and ours alone: identities, preflight, claims, what is still at work.
//!
//! [`preflight`] and [`work`] read only; [`claim`] writes one empty database on each server. Knows nothing of steps.

pub mod claim;
pub mod identity;
mod preflight;
pub mod work;

pub use identity::Identity;
pub use preflight::{Expectation, Pinned, preflight};
