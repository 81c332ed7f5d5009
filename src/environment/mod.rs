//! The environment: where each target is, where its secrets come from, and how procedures are carried out here.

mod fit;
pub mod incomplete;
pub mod model;
mod resolve;

pub use self::{fit::fit, resolve::resolve};
