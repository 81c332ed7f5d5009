//! The action `secret`: a Secret of Kubernetes.

mod content;
mod prepare;
mod task;
