//! houseplan runs checked-in backup, restore and migration plans against ClickHouse.
//!
//! The binary is a thin shell over this library; ARCHITECTURE.md tells how the data go.

pub mod account;
pub mod action;
pub mod bundle;
pub mod catalogue;
pub mod check;
pub mod claims;
pub mod collections;
pub mod connect;
pub mod diagnose;
pub mod discover;
pub mod document;
pub mod engine;
pub mod environment;
pub mod exit;
pub mod failure;
#[cfg(test)]
mod floors;
pub mod graph;
pub mod humanize;
pub mod journal;
pub mod name;
pub mod plan;
pub mod redact;
pub mod render;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod schema;
pub mod sql;
pub mod statements;
pub mod targets;
pub mod template;
pub mod view;
pub mod world;
