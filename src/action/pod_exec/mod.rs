//! The action `pod_exec`: a command in a container of a pod.

mod container;
mod prepare;
mod starter;
mod task;
