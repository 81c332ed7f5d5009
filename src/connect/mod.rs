//! How we reach things: ClickHouse over HTTP, S3, Keeper, processes.
//!
//! Knows protocols, credentials and timeouts. Knows nothing of plans, steps or tasks.

pub mod clickhouse;
pub mod endpoint;
pub mod keeper;
pub mod store;
pub mod target;
