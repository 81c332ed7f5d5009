//! What a person sees, from runs told by hand, at 80 columns and without colour.

mod claimed;
mod closing;
mod dry_check;
pub mod fixture;
mod frame;
pub mod lines;
mod look;
mod machine;
mod resumed;
mod suspended;
