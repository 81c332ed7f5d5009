//! The plan: its types, the one walk over a step, what is wrong with it, its lints, how its inputs are bound, and the flat
//! plan that [`crate::bundle::expand`] makes of it.

pub mod actions;
pub mod binding;
pub mod describe;
mod destruction;
pub mod expanded;
pub mod facts;
pub mod incomplete;
pub mod lint;
pub mod model;
pub mod object;
pub mod outputs;
pub mod permission;
pub mod quantity;
pub mod store_path;
pub mod text;
pub mod validate;
pub mod visit;
