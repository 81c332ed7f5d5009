//! The action `keeper`: what is left in Keeper.

mod output;
mod prepare;
mod remove;
mod same;
mod task;

pub use task::{KeeperOperation, KeeperTask};
