//! `kind: clickhouse`: one server, or all of a cluster's.

use std::{sync::Arc, time::Duration};

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Connecting, Located, LocatedServer, Moved, MovedServer, Resolving, TargetKeys,
    pod::{PodKeys, PortKey, Via, to_reach},
    secret::{SecretRef, SecretSource},
    without_credentials,
};
use crate::{
    connect::{
        clickhouse::{
            Client, HttpConnection, QueryError,
            exec::{ExecConnection, ExecTransport},
            forwarded::{ForwardedConnection, ForwardedTransport},
        },
        endpoint::Endpoint,
        kubernetes::{Kubernetes, KubernetesError, PodPick, PodPort, Resource, name_of},
        target::{Cluster, Member},
    },
    document::{self, Problem},
    name::Name,
    plan::{permission::Permission, quantity::HumanDuration},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const HTTP_PORT: u16 = 8123;
const NATIVE_PORT: u16 = 9000;

/// The labels by which Altinity's operator says which shard and which replica a pod is, both from 0.
const SHARD_LABEL: &str = "clickhouse.altinity.com/shard";
const REPLICA_LABEL: &str = "clickhouse.altinity.com/replica";

/// The keys of a ClickHouse target: its `members`, each by itself, or the `pods` that they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The servers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub members: IndexMap<Name, MemberKeys>,
    /// Instead of `members`: all pods with some labels. They are looked for when a run starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<PodsKeys>,
    /// The cluster's name in `system.clusters`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// Servers in pods, by their labels. The labels of Altinity's operator say shard and replica, and the members are called by them:
/// `replica0`, or `shard1_replica0` where there are several shards. Other pods are called by their names.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pods")]
pub struct PodsKeys {
    /// The label selector, as in `clickhouse.altinity.com/chi=ch-repl`.
    pub selector: String,
    /// Their namespace; the one of the target `kubernetes` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The server's container; the pod's first one where it is left out. In LangSmith's example it is `clickhouse-pod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The port, by its number or by the name that the containers give to it. Where it is left out: 8123, the HTTP interface, or by
    /// `exec` 9000, the native protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortKey>,
    /// How they are reached; `port-forward` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The target of kind `kubernetes`; the one that is called `kubernetes` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Name>,
    /// The user; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's password; none where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
}

/// One ClickHouse server: at a `url`, or in a `pod`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Member")]
pub struct MemberKeys {
    /// The URL of its HTTP interface, as in `https://clickhouse-0.example.com:8443`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Instead of a URL: the pod that it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<PodKeys>,
    /// The user; `default` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's password; none where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretSource>,
    /// The number of its shard, from 1; 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// A PEM file with the authority that signed its certificate, where the system does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// How long to wait for a connection to a URL; 10s where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<HumanDuration>,
}

/// Where the servers are.
#[derive(Debug, Clone)]
pub struct Place {
    cluster: Option<String>,
    /// In the order of the file. Those that are pods with some labels come when they were [found](Place::find).
    members: IndexMap<Name, MemberPlace>,
    pods: Option<PodsPlace>,
}

/// Servers that are pods with some labels.
#[derive(Debug, Clone, PartialEq)]
struct PodsPlace {
    selector: String,
    /// All that every one of them has; the pod's name is still to come.
    pod: PodPort,
    via: Via,
    written: document::Place,
    user: String,
    password: Option<SecretRef>,
}

/// One server.
#[derive(Debug, Clone)]
struct MemberPlace {
    endpoint: Endpoint,
    via: Via,
    /// Where the endpoint is written.
    written: document::Place,
    user: String,
    password: Option<SecretRef>,
    /// From 1.
    shard: u32,
    ca_file: Option<Utf8PathBuf>,
    connect_timeout: Duration,
}

impl TargetKeys for Keys {
    type Located = Place;

    const SECRET_KEYS: &'static [&'static str] = &["password"];

    fn resolve(&self, resolving: &mut Resolving<'_>) -> Option<Place> {
        let place = resolving.place.child("members");
        if self.members.is_empty() == self.pods.is_none() {
            let message = "a ClickHouse target has `members`, one at least, or `pods`, and not both";
            let place = if self.pods.is_some() { place.clone() } else { resolving.place.clone() };
            resolving.problems.push(Problem::at_key(place, message));
        }
        let members = self
            .members
            .iter()
            .filter_map(|(name, member)| Some((name.clone(), member.resolve(&place.child(name.as_str()), resolving)?)));
        let members = members.collect();
        let pods = self.pods.as_ref().and_then(|pods| pods.resolve(&resolving.place.child("pods"), resolving));
        Some(Place { cluster: self.cluster.clone(), members, pods })
    }

    fn members(&self) -> Vec<&Name> {
        self.members.keys().collect()
    }

    fn shards(&self) -> usize {
        let mut numbers: Vec<u32> = self.members.values().map(|member| member.shard.unwrap_or(1)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }

    fn places(&self) -> Vec<String> {
        let place = |(name, member): (&Name, &MemberKeys)| {
            let shard = member.shard.map_or_else(String::new, |shard| format!(" (shard {shard})"));
            let url = member.url.as_deref().map(without_credentials);
            let pod = || member.pod.as_ref().map(|pod| pod.words(port_for(pod.via)));
            format!("{name}: {}{shard}", url.or_else(pod).unwrap_or_default())
        };
        let pods = self.pods.iter().map(|pods| format!("all pods with {}", pods.keys().words(port_for(pods.via))));
        self.members.iter().map(place).chain(pods).collect()
    }

    fn digest(&self) -> Value {
        let mut covered = json!(self);
        for (name, url) in self.members.iter().filter_map(|(name, member)| Some((name, member.url.as_ref()?))) {
            covered["members"][name.as_str()]["url"] = without_credentials(url).into();
        }
        covered
    }

    fn certificates(&self) -> Vec<&str> {
        self.members.values().filter_map(|member| member.ca_file.as_deref()).collect()
    }

    fn secret_sources(&self) -> Vec<&SecretSource> {
        let of_pods = self.pods.iter().filter_map(|pods| pods.password.as_ref());
        self.members.values().filter_map(|member| member.password.as_ref()).chain(of_pods).collect()
    }
}

impl PodsKeys {
    /// The keys that they share with one pod.
    fn keys(&self) -> PodKeys {
        PodKeys {
            name: None,
            selector: Some(self.selector.clone()),
            namespace: self.namespace.clone(),
            container: self.container.clone(),
            port: self.port.clone(),
            via: self.via,
            kubernetes: self.kubernetes.clone(),
        }
    }

    fn resolve(&self, place: &document::Place, resolving: &mut Resolving<'_>) -> Option<PodsPlace> {
        check_port(self.port.as_ref(), self.via, place, resolving);
        let pod = self.keys().resolve(port_for(self.via), place, resolving)?;
        let secret = |source: &SecretSource| SecretRef::redacted(source, place.child("password"), resolving.directory);
        Some(PodsPlace {
            selector: self.selector.clone(),
            pod,
            via: self.via.unwrap_or_default(),
            written: place.clone(),
            user: self.user.clone().unwrap_or_else(|| "default".to_owned()),
            password: self.password.as_ref().map(secret),
        })
    }
}

impl MemberKeys {
    fn resolve(&self, place: &document::Place, resolving: &mut Resolving<'_>) -> Option<MemberPlace> {
        let shard = self.shard.unwrap_or(1);
        if shard == 0 {
            resolving.problems.push(Problem::at(place.child("shard"), "shards are counted from 1"));
        }
        let (endpoint, written) = match (&self.url, &self.pod) {
            (Some(url), None) => (Endpoint::Url(server_url(url, place, resolving)?), place.child("url")),
            (None, Some(pod)) => {
                let written = place.child("pod");
                check_port(pod.port.as_ref(), pod.via, &written, resolving);
                (Endpoint::Pod(pod.resolve(port_for(pod.via), &written, resolving)?), written)
            }
            _ => {
                let message = "a server has a `url` or a `pod`, and not both";
                resolving.problems.push(Problem::at_key(place.clone(), message));
                return None;
            }
        };
        let secret = |source: &SecretSource| SecretRef::redacted(source, place.child("password"), resolving.directory);
        Some(MemberPlace {
            endpoint,
            via: self.pod.as_ref().and_then(|pod| pod.via).unwrap_or_default(),
            written,
            user: self.user.clone().unwrap_or_else(|| "default".to_owned()),
            password: self.password.as_ref().map(secret),
            shard,
            ca_file: self.ca_file.as_ref().map(|path| resolving.beside(path)),
            connect_timeout: self.connect_timeout.map_or(CONNECT_TIMEOUT, |timeout| timeout.0),
        })
    }
}

/// The port of a server in a pod that names none.
fn port_for(via: Option<Via>) -> u16 {
    match via.unwrap_or_default() {
        Via::PortForward => HTTP_PORT,
        Via::Exec => NATIVE_PORT,
    }
}

/// Each way speaks a protocol of its own, and their ports are known.
fn check_port(port: Option<&PortKey>, via: Option<Via>, place: &document::Place, resolving: &mut Resolving<'_>) {
    let message = match (via.unwrap_or_default(), port) {
        (Via::PortForward, Some(PortKey::Number(9000 | 9440))) => {
            "the port of ClickHouse's native protocol, which is for `via: exec`; its HTTP interface is at 8123"
        }
        (Via::Exec, Some(PortKey::Number(8123 | 8443))) => {
            "the port of ClickHouse's HTTP interface; a client in the pod speaks the native protocol, at 9000"
        }
        _ => return,
    };
    resolving.problems.push(Problem::at(place.child("port"), message));
}

/// The URL of a server's HTTP interface, from the key `url` of the member at `place`.
fn server_url(written: &str, place: &document::Place, resolving: &mut Resolving<'_>) -> Option<url::Url> {
    let place = place.child("url");
    let url = resolving.url(written, "https://clickhouse-0.example.com:8443", &place)?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        let message = "a server's URL ends with its port; leave the rest out";
        resolving.problems.push(Problem::at(place.clone(), message));
    }
    if matches!(url.port(), Some(9000 | 9440)) {
        let message = "the port of ClickHouse's native protocol; its HTTP interface is at 8123, or at 8443 with TLS";
        resolving.problems.push(Problem::at(place, message));
    }
    Some(url)
}

impl Place {
    /// Looks for the servers that are pods with some labels. Does nothing where the members are named.
    pub(super) async fn find(
        &mut self,
        clusters: &IndexMap<Name, Kubernetes>,
    ) -> Result<(), (document::Place, KubernetesError)> {
        let Some(pods) = &self.pods else { return Ok(()) };
        let Some(kubernetes) = clusters.get(&pods.pod.kubernetes) else { return Ok(()) };
        let port = &pods.pod;
        let found = kubernetes.list(Resource::POD, port.namespace.as_deref(), &pods.selector).await;
        let found = found.map_err(|error| (pods.written.clone(), error))?;
        let found: Vec<FoundPod> = found.iter().filter_map(FoundPod::of).collect();
        if found.is_empty() {
            return Err((pods.written.clone(), kubernetes.none(format!("there is no {port}"))));
        }
        let has_shards = found.iter().any(|pod| pod.shard > 1);
        let mut members: Vec<(Name, MemberPlace)> = found
            .into_iter()
            .map(|pod| {
                let endpoint = Endpoint::Pod(PodPort { pod: PodPick::Name(pod.name.clone()), ..port.clone() });
                let member = MemberPlace {
                    endpoint,
                    via: pods.via,
                    written: pods.written.clone(),
                    user: pods.user.clone(),
                    password: pods.password.clone(),
                    shard: pod.shard,
                    ca_file: None,
                    connect_timeout: CONNECT_TIMEOUT,
                };
                (pod.member(has_shards), member)
            })
            .collect();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.members = members.into_iter().collect();
        Ok(())
    }
}

/// A pod that was found by its labels.
struct FoundPod {
    name: String,
    /// From 1.
    shard: u32,
    /// From 0, where a label says it.
    replica: Option<u32>,
}

impl FoundPod {
    /// `None` where it is being deleted, or has ended.
    fn of(pod: &Value) -> Option<Self> {
        let phase = pod.pointer("/status/phase").and_then(Value::as_str);
        if pod.pointer("/metadata/deletionTimestamp").is_some() || matches!(phase, Some("Succeeded" | "Failed")) {
            return None;
        }
        let label = |name: &str| pod.pointer("/metadata/labels")?.get(name)?.as_str()?.parse::<u32>().ok();
        let shard = label(SHARD_LABEL).map_or(1, |number| number.saturating_add(1));
        Some(Self { name: name_of(pod).to_owned(), shard, replica: label(REPLICA_LABEL) })
    }

    /// What it is called as a member.
    fn member(&self, has_shards: bool) -> Name {
        match self.replica {
            Some(replica) if has_shards => Name(format!("shard{}_replica{replica}", self.shard)),
            Some(replica) => Name(format!("replica{replica}")),
            None => {
                let name = self.name.replace(['-', '.'], "_");
                Name(if name.starts_with(|it: char| it.is_ascii_digit()) { format!("pod_{name}") } else { name })
            }
        }
    }
}

impl Located for Place {
    type Connected = Cluster;

    fn servers(&self) -> Vec<LocatedServer<'_>> {
        self.members
            .iter()
            .map(|(member, at)| LocatedServer { member, endpoint: &at.endpoint, place: &at.written })
            .collect()
    }

    fn secrets(&self) -> Vec<&SecretRef> {
        let of_pods = self.pods.iter().filter_map(|pods| pods.password.as_ref());
        self.members.values().filter_map(|member| member.password.as_ref()).chain(of_pods).collect()
    }

    fn pods(&mut self) -> Vec<(&document::Place, &mut PodPort)> {
        let of_members = self.members.values_mut().filter_map(|member| match &mut member.endpoint {
            Endpoint::Pod(pod) => Some((&member.written, pod)),
            Endpoint::Url(_) | Endpoint::Port { .. } => None,
        });
        of_members.chain(self.pods.iter_mut().map(|pods| (&pods.written, &mut pods.pod))).collect()
    }

    fn permissions(&self) -> Vec<Permission> {
        let of_members = self.members.values().filter_map(|member| match &member.endpoint {
            Endpoint::Pod(pod) => Some(to_reach(pod, member.via)),
            Endpoint::Url(_) | Endpoint::Port { .. } => None,
        });
        of_members.chain(self.pods.iter().map(|pods| to_reach(&pods.pod, pods.via))).flatten().collect()
    }

    fn names(&self, target: &Name) -> Vec<(String, String)> {
        let what = format!("the name of a member of `{target}`");
        self.members.keys().map(|member| (what.clone(), member.to_string())).collect()
    }

    /// The members, their order and their shards say which server a task acted on; an address only how it was reached.
    fn moved(&self, now: &Self) -> Moved {
        let layout = |place: &Self| -> Vec<(Name, u32)> {
            place.members.iter().map(|(name, member)| (name.clone(), member.shard)).collect()
        };
        // Pods that are found by their labels are not known here: whether they are the same servers, their pins say.
        if layout(self) != layout(now) || self.pods != now.pods {
            return Moved::Another("its members, their order or their shards are others".to_owned());
        }
        let pairs = self.members.iter().zip(now.members.values());
        let moved = pairs.filter(|((_, was), now)| was.endpoint != now.endpoint).map(|((name, was), now)| {
            MovedServer { member: name.clone(), was: was.endpoint.clone(), now: now.endpoint.clone() }
        });
        match moved.collect::<Vec<_>>() {
            none if none.is_empty() => Moved::Nowhere,
            servers => Moved::Servers(servers),
        }
    }

    fn connect(&self, name: &Name, with: &Connecting<'_>) -> Result<Cluster, QueryError> {
        let member = |(member, place): (&Name, &MemberPlace)| {
            let client = place.client(with)?;
            Ok(Arc::new(Member { target: name.clone(), name: member.clone(), shard: place.shard, client }))
        };
        Ok(Cluster {
            name: name.clone(),
            cluster: self.cluster.clone(),
            members: self.members.iter().map(member).collect::<Result<_, QueryError>>()?,
        })
    }
}

impl MemberPlace {
    /// A client by the way that leads to this kind of endpoint.
    fn client(&self, with: &Connecting<'_>) -> Result<Client, QueryError> {
        let ca =
            self.ca_file.as_ref().and_then(|path| with.certificates.iter().find(|(name, _)| name == path.as_str()));
        let password = || self.password.as_ref().map(|secret| with.secrets.get(secret));
        match (&self.endpoint, self.via) {
            (Endpoint::Pod(to), Via::PortForward) => Ok(Client::new(ForwardedTransport::new(ForwardedConnection {
                kubernetes: with.kubernetes(&to.kubernetes),
                to: to.clone(),
                user: self.user.clone(),
                password: password(),
            }))),
            (Endpoint::Pod(to), Via::Exec) => Ok(Client::new(ExecTransport::new(ExecConnection {
                kubernetes: with.kubernetes(&to.kubernetes),
                to: to.clone(),
                user: self.user.clone(),
                password: password(),
            }))),
            (Endpoint::Url(_) | Endpoint::Port { .. }, _) => Client::http(HttpConnection {
                url: self.endpoint.to_string(),
                user: self.user.clone(),
                password: password(),
                ca: ca.map(|(_, pem)| pem.clone()),
                connect_timeout: self.connect_timeout,
            }),
        }
    }
}
