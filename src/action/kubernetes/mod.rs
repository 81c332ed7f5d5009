//! What the actions on Kubernetes share: the pods of a Job and what they print, manifests, the `helm` program, and the mark of an
//! attempt.

pub mod helm_program;
pub mod job_pods;
pub mod manifest;
pub mod mark;
pub mod values;

#[cfg(test)]
mod tests;
