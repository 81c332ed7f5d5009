//! One file a subcommand: arguments in, text out. They hold no logic; what they print is made elsewhere.

pub mod abandon;
pub mod approve;
pub mod completions;
pub mod explain;
pub mod global;
pub mod graph;
pub mod inputs;
pub mod plans;
pub mod rbac;
pub mod refused;
pub mod render;
pub mod report;
pub mod resume;
pub mod run;
pub mod sandbox;
pub mod schema;
pub mod screen;
pub mod settle;
pub mod source;
pub mod status;
pub mod validate;
