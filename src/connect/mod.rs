//! How we reach things: where a server is, ClickHouse through a transport, S3, Keeper.
//!
//! Knows protocols, credentials and timeouts. Knows nothing of plans, steps or tasks.

pub mod clickhouse;
pub mod credentials;
pub mod endpoint;
pub mod keeper;
pub mod kubernetes;
pub mod store;
pub mod store_address;
pub mod target;
