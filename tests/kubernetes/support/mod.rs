//! What the tests on Kubernetes share.

pub mod account;
pub mod bed;
pub mod cluster;
pub mod command;
pub mod installation;
pub mod namespace;
pub mod plan;
pub mod release;
