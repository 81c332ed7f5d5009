//! A cluster of Kubernetes: its API, and the ways into its pods. Knows nothing of ClickHouse.
//!
//! Objects are read and written as JSON: no type of ours stands between a plan and what the API server says.

mod api;
mod exec;
mod forward;
mod log;
mod pod;
mod resource;
mod shell;
mod write;

pub use api::{Kubernetes, KubernetesError, KubernetesSettings};
pub use exec::{Ended, Link, Process};
pub use forward::Forward;
pub use pod::{PodContainer, PodPick, PodPort, PortPick, name_of};
pub use resource::Resource;
pub use shell::{Said, Shell, ShellError};
pub use write::{Created, MANAGER, Replaced};
