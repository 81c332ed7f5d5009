//! Which pod is meant, and which port of it.

use std::fmt;

use serde_json::Value;

use super::{Kubernetes, KubernetesError, Resource};
use crate::name::Name;

/// How a pod is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodPick {
    Name(String),
    /// A label selector that exactly one running pod has to match.
    Labels(String),
}

/// How a port is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortPick {
    Number(u16),
    /// The name that a container gives to one of its ports.
    Name(String),
}

impl fmt::Display for PortPick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A port of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodPort {
    /// The target that is the cluster of Kubernetes.
    pub kubernetes: Name,
    /// The uid of that cluster's namespace `kube-system`, once it was asked.
    pub cluster: Option<String>,
    /// `None` for the cluster's own default, until it was asked.
    pub namespace: Option<String>,
    pub pod: PodPick,
    /// `None` for the pod's first one.
    pub container: Option<String>,
    pub port: PortPick,
}

/// A container of a pod, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodContainer {
    pub namespace: String,
    pub pod: String,
    /// `None` for the pod's first one.
    pub container: Option<String>,
}

impl fmt::Display for PodPick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Labels(labels) => write!(f, "[{labels}]"),
        }
    }
}

impl PodPort {
    /// The pod without its port: one pod is one server.
    pub fn pod(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.pod),
            None => self.pod.to_string(),
        }
    }
}

impl fmt::Display for PodPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pod {}:{}", self.pod(), self.port)
    }
}

impl Kubernetes {
    /// The port, with the cluster's identity and the namespace that is meant where none is named.
    pub async fn located(&self, port: &PodPort) -> Result<PodPort, KubernetesError> {
        let namespace = match &port.namespace {
            Some(namespace) => namespace.clone(),
            None => self.namespace().await?,
        };
        Ok(PodPort { cluster: Some(self.cluster().await?), namespace: Some(namespace), ..port.clone() })
    }

    /// The container that is meant, and the number of the port. A name and a number are enough; else the pod is asked for, and the API
    /// server has to allow that.
    pub async fn found(&self, to: &PodPort) -> Result<(PodContainer, u16), KubernetesError> {
        let namespace = match &to.namespace {
            Some(namespace) => namespace.clone(),
            None => self.namespace().await?,
        };
        let container = to.container.clone();
        if let (PodPick::Name(pod), PortPick::Number(port)) = (&to.pod, &to.port) {
            return Ok((PodContainer { namespace, pod: pod.clone(), container }, *port));
        }
        let pod = self.pod(&namespace, &to.pod).await?;
        let port = port_of(&pod, to.container.as_deref(), &to.port).map_err(|reason| self.none(reason))?;
        Ok((PodContainer { namespace, pod: name_of(&pod).to_owned(), container }, port))
    }

    /// The one pod that is meant, whole. One that is being deleted does not count.
    pub async fn pod(&self, namespace: &str, pick: &PodPick) -> Result<Value, KubernetesError> {
        match pick {
            PodPick::Name(name) => {
                let found = self.get(Resource::POD, namespace, name).await?;
                found.ok_or_else(|| self.none(format!("there is no pod `{name}` in the namespace `{namespace}`")))
            }
            PodPick::Labels(labels) => {
                let found = self.list(Resource::POD, Some(namespace), labels).await?;
                let mut found = found.into_iter().filter(|pod| pod.pointer("/metadata/deletionTimestamp").is_none());
                match (found.next(), found.next()) {
                    (Some(pod), None) => Ok(pod),
                    (None, _) => {
                        Err(self.none(format!("no pod in the namespace `{namespace}` has the labels `{labels}`")))
                    }
                    (Some(one), Some(other)) => {
                        let (one, other) = (name_of(&one), name_of(&other));
                        let reason = format!(
                            "more than one pod in the namespace `{namespace}` has the labels `{labels}`: `{one}` and `{other}`"
                        );
                        Err(self.none(reason))
                    }
                }
            }
        }
    }
}

/// The number of a port of this pod: of `container`, where one is named.
fn port_of(pod: &Value, container: Option<&str>, port: &PortPick) -> Result<u16, String> {
    let name = match port {
        PortPick::Number(number) => return Ok(*number),
        PortPick::Name(name) => name,
    };
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let containers = containers.filter(|it| container.is_none_or(|name| it["name"] == name));
    let ports: Vec<&Value> = containers.filter_map(|it| it["ports"].as_array()).flatten().collect();
    let found = ports.iter().find(|port| port["name"] == name.as_str());
    let number = found.and_then(|port| u16::try_from(port["containerPort"].as_u64()?).ok());
    number.ok_or_else(|| {
        let names = ports.iter().filter_map(|port| port["name"].as_str());
        let pod = name_of(pod);
        match names.collect::<Vec<_>>().as_slice() {
            [] => format!("the pod `{pod}` names no port, so `{name}` is none of them; write the number"),
            names => format!("the pod `{pod}` has no port `{name}`; its ports are {}", names.join(", ")),
        }
    })
}

/// The name of an object.
pub fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}
