//! One file a subcommand; prints, and holds no logic.

pub mod sandbox;
