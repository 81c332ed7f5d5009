//! What the integration tests share.

pub mod sandbox_lease;
