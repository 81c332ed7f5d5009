//! The action `restore`: RESTORE of one table, of a database or of everything, on one replica of a shard, tracked in the server.
//!
//! Before anything is sent the world is compared with what `into` says, on **all** replicas of the shard: the server's own
//! guard reads one replica only, and compares no columns. What is sent stands in [`statement`], the comparison in [`guard`], how
//! a table has to be in [`shape`], whether all of a step are so in [`tables_match`], what one replica holds in [`table`], and
//! how doubt is settled in [`settle`].

mod guard;
mod output;
mod prepare;
mod settle;
mod shape;
mod statement;
mod table;
pub mod tables_match;
mod task;

pub use prepare::Restoring;
pub use statement::{RestoreScope, RestoreTask};
