//! The environment: where each target is, where its secrets come from, and how procedures are carried out here.

mod fit;
pub mod model;
mod resolve;
mod secret;

pub use self::{
    fit::{UNFIT, fit},
    resolve::{ResolvedMember, ResolvedTarget, S3Credentials, resolve},
    secret::SecretReader,
};
