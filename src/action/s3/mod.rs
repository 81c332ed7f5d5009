//! The action `s3`: what is in a store.

mod output;
mod prepare;
mod probe;
mod rights;
mod task;

pub use task::{S3Operation, S3Task};
