//! The action `job`: a Job of Kubernetes, to its end.

mod follow;
mod object;
mod pod_logs;
mod prepare;
mod task;
