//! That the world is the one that was meant, and ours alone: identities, preflight, what is still at work.
//!
//! Reads only. Knows nothing of steps.

pub mod identity;
mod preflight;
pub mod work;

pub use identity::Identity;
pub use preflight::{Expectation, Pinned, preflight};
