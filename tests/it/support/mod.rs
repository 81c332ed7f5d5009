//! What the integration tests share.

pub mod sandbox_lease;
pub mod stage;
