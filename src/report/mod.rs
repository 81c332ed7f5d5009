//! What people look at afterwards: how runs stand, and what was done when, by whom.
//!
//! Everything is made of the run's [`Account`](crate::account::Account) and returned as text; nothing here reads a journal or
//! prints. A further format is one more file over [`sections`].

mod markdown;
mod sections;
pub mod status;
mod text;

#[cfg(test)]
mod tests;

pub use markdown::markdown;
pub use text::text;
