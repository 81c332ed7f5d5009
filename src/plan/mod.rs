//! The plan: its types, how a document becomes one, what is wrong with it, and its expansion into flat steps.

pub mod actions;
pub mod binding;
pub mod describe;
mod destruction;
pub mod expanded;
pub mod facts;
pub mod lint;
pub mod model;
pub mod quantity;
#[cfg(test)]
pub(crate) mod sample;
pub mod text;
pub mod validate;
pub mod visit;
