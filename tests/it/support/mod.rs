//! What the integration tests share.

pub mod doorway;
pub mod ledger;
pub mod operator;
pub mod recorder;
pub mod sandbox_lease;
pub mod stage;
