//! What a run is made of before any server is asked: its documents, read, compared with what they were, and kept.

pub(super) mod branches;
mod changes;
mod prepare;
mod review;
pub(super) mod saved;
pub(super) mod scripts;
pub(super) mod targets;

pub use changes::{ChangedTarget, Changes};
pub(super) use changes::{changes, unusable};
pub(super) use prepare::{Connected, Wanted, here, secret_inputs};
pub use prepare::{Documents, PrepareError};
