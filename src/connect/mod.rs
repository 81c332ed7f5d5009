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

/// The innermost cause of an error, which is what a person can act on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
