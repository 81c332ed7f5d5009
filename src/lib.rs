//! houseplan runs checked-in backup, restore and migration plans against ClickHouse.
//!
//! The binary is a thin shell over this library; ARCHITECTURE.md tells how the data go.

pub mod document;
pub mod engine;
pub mod environment;
pub mod plan;
pub mod render;
pub mod template;
