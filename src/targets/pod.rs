//! Pods as people name them: by name, or by labels.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Resolving, kubernetes::DEFAULT_NAME};
use crate::{
    connect::kubernetes::{PodPick, PodPort, PortPick, Resource},
    document::{Place, Problem},
    name::Name,
    plan::permission::{Permission, Within},
};

/// How a server in a pod is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Through a forwarded port, kept open.
    #[default]
    PortForward,
    /// By the server's own client in its container, started by a shell that is kept open. The container has to have `sh`.
    Exec,
}

impl Via {
    /// As it is written.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::PortForward => "port-forward",
            Self::Exec => "exec",
        }
    }
}

/// A port, by number or by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PortKey {
    Number(u16),
    Name(String),
}

impl JsonSchema for PortKey {
    fn schema_name() -> Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A port, by its number or by its name.",
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": 65535,
            "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
        })
    }
}

impl From<&PortKey> for PortPick {
    fn from(key: &PortKey) -> Self {
        match key {
            PortKey::Number(number) => Self::Number(*number),
            PortKey::Name(name) => Self::Name(name.clone()),
        }
    }
}

/// The port that is meant, where none is written.
pub(super) fn port_or(key: Option<&PortKey>, number: u16) -> PortPick {
    key.map_or(PortPick::Number(number), PortPick::from)
}

/// One pod.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pod")]
pub struct PodKeys {
    /// Its name, as in `langsmith-clickhouse-0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Instead of a name: a label selector that exactly one pod matches, as in `app=clickhouse,replica=0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Its namespace; the one of the target `kubernetes` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The server's container; the pod's first one where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The port, by its number or by the name that the container gives to it. Where it is left out: for ClickHouse 8123, its HTTP
    /// interface, or by `exec` 9000, its native protocol; for Keeper 9181.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortKey>,
    /// How it is reached; `port-forward` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The target of kind `kubernetes`; the one that is called `kubernetes` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Name>,
}

impl PodKeys {
    /// The port that is meant. `place` is where these keys stand.
    pub(super) fn resolve(&self, port: u16, place: &Place, resolving: &mut Resolving<'_>) -> Option<PodPort> {
        let pod = match (&self.name, &self.selector) {
            (Some(name), None) => PodPick::Name(name.clone()),
            (None, Some(labels)) => PodPick::Labels(labels.clone()),
            _ => {
                let message = "a pod has a `name` or a `selector`, and not both";
                resolving.problems.push(Problem::at_key(place.clone(), message));
                return None;
            }
        };
        Some(PodPort {
            kubernetes: self.kubernetes.clone().unwrap_or_else(|| Name::from(DEFAULT_NAME)),
            cluster: None,
            namespace: self.namespace.clone(),
            pod,
            container: self.container.clone(),
            port: port_or(self.port.as_ref(), port),
        })
    }

    /// As a reviewer reads it.
    pub(super) fn words(&self, port: u16) -> String {
        let pod = match (&self.name, &self.selector) {
            (Some(name), _) => name.clone(),
            (None, labels) => format!("[{}]", labels.as_deref().unwrap_or_default()),
        };
        let namespace = self.namespace.as_ref().map_or_else(String::new, |it| format!("{it}/"));
        let container = self.container.as_ref().map_or_else(String::new, |it| format!(", container {it}"));
        let kubernetes = self.kubernetes.as_ref().map_or_else(String::new, |it| format!(" of {it}"));
        let via = self.via.unwrap_or_default().word();
        format!("pod {namespace}{pod}:{}{container}{kubernetes}, by {via}", port_or(self.port.as_ref(), port))
    }
}

/// What it takes to reach a pod. Whether a websocket is opened by `get` or `create` depends on the version of Kubernetes, so both.
pub(super) fn to_reach(pod: &PodPort, via: Via) -> Vec<Permission> {
    let permission = |verbs: &[&'static str]| {
        let within = pod.namespace.clone().map_or(Within::OfTarget, Within::Namespace);
        let permission = Permission::new(&pod.kubernetes, "", Resource::POD.plural, verbs).within(within);
        match &pod.pod {
            PodPick::Name(name) => permission.named(name),
            PodPick::Labels(_) => permission,
        }
    };
    let look = match (&pod.pod, &pod.port) {
        (PodPick::Name(_), PortPick::Number(_)) => None,
        (PodPick::Name(_), PortPick::Name(_)) => Some(permission(&["get"])),
        (PodPick::Labels(_), _) => Some(permission(&["get", "list"])),
    };
    let part = match via {
        Via::PortForward => "portforward",
        Via::Exec => "exec",
    };
    look.into_iter().chain([permission(&["create", "get"]).part(part)]).collect()
}
