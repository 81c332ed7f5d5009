//! One file a subcommand; prints, and holds no logic.

pub mod sandbox;
//! The subcommands: arguments in, text out. What they print is made elsewhere.
pub mod graph;
pub mod plans;
pub mod schema;
pub mod source;
pub mod validate;
