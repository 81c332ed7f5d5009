//! Runs checked-in backup, restore and migration plans against ClickHouse.

pub mod sandbox;
