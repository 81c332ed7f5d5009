//! One file a subcommand: arguments in, text out. They hold no logic; what they print is made elsewhere.

pub mod graph;
pub mod plans;
pub mod sandbox;
pub mod schema;
pub mod source;
pub mod validate;
