//! What people look at afterwards: how runs stand, and what was done when, by whom.
//!
//! Everything is made of a run's records, through the views' [`Model`](crate::view::model::Model), and returned as text or
//! as a struct to be serialised; nothing here reads a journal or prints.

pub mod account;
mod markdown;
pub mod status;
mod text;

#[cfg(test)]
mod tests;

pub use markdown::markdown;
pub use text::text;
