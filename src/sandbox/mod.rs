//! A local cluster of the real ClickHouse engine: one standalone server (`source`), N replicas of one shard, ZooKeeper as Keeper and
//! an S3 store, all on loopback, as processes that outlive us. Plans are rehearsed and tested against it.
//!
//! Responsible for bringing it up, its data, its faults (`stop`, `kill`, `start`) and for taking it down without a trace. Not for
//! running plans, and it never prints: progress goes to a callback.
//!
//! The engine comes as a Python package; `host/` gives each process the network side a server has. What is real there and what is
//! emulated stands at the head of `host/node.py`. With a `clickhouse` binary none of `host/` is needed: `engine.rs` is the one place
//! that knows how a ClickHouse server is configured, started and told to be ready, and where a second provider would go.

mod clean;
mod cluster;
mod engine;
mod engine_package;
mod engine_version;
mod environment;
mod error;
mod keeper;
mod layout;
mod load;
mod migrate;
mod migrations;
mod ports;
mod processes;
mod query;
mod s3_server;
mod server_name;
mod servers;
mod session_key;
mod status;
mod upgrade;
mod users;

pub use cluster::{Sandbox, UpOptions};
pub use engine::CLUSTER;
pub use engine_version::{EngineChoice, EngineVersion, Engines};
pub use error::SandboxError;
pub use layout::{Layout, SandboxState, SourceState, default_directory};
pub use load::{DATABASE, LoadAmount, LoadOptions, LoadReport, TableReport};
pub use migrate::{MigrateOptions, MigrateReport};
pub use ports::Ports;
pub use processes::{Memory, ProcessRecord};
pub use s3_server::serve as serve_s3;
pub use server_name::{MAX_REPLICAS, ServerName};
pub use session_key::SessionKey;
pub use status::{ServerState, ServerStatus, Status};
pub use upgrade::UpgradeTarget;
pub use users::{Constraint, Profile, Users};

/// Where progress goes: one line at a time, for a person.
pub type Progress<'a> = &'a mut (dyn FnMut(&str) + Send);
