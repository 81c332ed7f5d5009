//! The environment: where each target is, where its secrets come from, and how procedures are carried out here.

pub mod model;
