//! Pods that are servers: which, and which of them belong together.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{connect::kubernetes::name_of, plan::outputs::WriterRow};

/// The labels of Altinity's operator, and of Helm's charts.
const INSTALLATION: &str = "clickhouse.altinity.com/chi";
const CLUSTER: &str = "clickhouse.altinity.com/cluster";
const CHART: &str = "helm.sh/chart";

/// Servers that belong together: of one installation of the operator, or of one workload.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub namespace: String,
    /// The workload's kind and name, as in `statefulset/langsmith-clickhouse`; the installation's name where the operator made it.
    pub made_by: String,
    /// The selector that finds them, where the operator has labelled them.
    pub selector: Option<String>,
    /// The operator's name of the cluster.
    pub cluster: Option<String>,
    /// The pods' names.
    pub pods: Vec<String>,
    pub container: String,
    pub port: Option<Port>,
    pub password: Option<SecretKey>,
    /// As the chart's label has it: name and version.
    pub chart: Option<String>,
}

/// How a port is best named.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Port {
    Number(u64),
    Name(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct SecretKey {
    pub name: String,
    pub key: String,
}

impl Group {
    /// Whether the row is of the workload that makes these pods.
    pub fn is_made_by(&self, row: &WriterRow) -> bool {
        row.namespace == self.namespace && format!("{}/{}", row.kind, row.name) == self.made_by
    }
}

/// What a container is by its image's name, else by its own: `…/clickhouse-server:25.12`, `clickhouse-pod`.
fn called(container: &Value) -> Vec<String> {
    let image = container["image"].as_str().unwrap_or_default();
    let image = image.rsplit('/').next().unwrap_or_default();
    let image = image.split(['@', ':']).next().unwrap_or_default();
    vec![image.to_lowercase(), container["name"].as_str().unwrap_or_default().to_lowercase()]
}

/// The container of a ClickHouse server among a pod's: neither a Keeper, nor what backs it up, exports its figures or runs an operator.
pub(super) fn is_clickhouse(container: &Value) -> bool {
    let others = ["keeper", "backup", "operator", "exporter", "metrics", "migration", "client"];
    called(container).iter().any(|it| it.contains("clickhouse") && !others.iter().any(|other| it.contains(other)))
        && ports(container).next().is_some()
}

/// The container of a Keeper, or of ZooKeeper.
pub(super) fn is_keeper(container: &Value) -> bool {
    called(container).iter().any(|it| it.contains("zookeeper") || it.contains("clickhouse-keeper"))
}

/// The running pods with such a container, those that belong together in one group.
pub(super) fn groups(pods: &[Value], is_server: impl Fn(&Value) -> bool) -> Vec<Group> {
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    for pod in pods {
        if pod.pointer("/status/phase").and_then(Value::as_str) != Some("Running") {
            continue;
        }
        let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
        let Some(container) = containers.into_iter().find(|it| is_server(it)) else { continue };
        let label = |name: &str| pod.pointer("/metadata/labels")?.get(name)?.as_str().map(str::to_owned);
        let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
        let installation = label(INSTALLATION);
        let made_by = installation.clone().unwrap_or_else(|| owner(pod));
        let group = groups.entry((namespace.clone(), made_by.clone())).or_insert_with(|| Group {
            namespace,
            made_by,
            selector: installation.map(|it| format!("{INSTALLATION}={it}")),
            cluster: label(CLUSTER),
            pods: Vec::new(),
            container: container["name"].as_str().unwrap_or_default().to_owned(),
            port: port(container),
            password: password(container),
            chart: label(CHART),
        });
        group.pods.push(name_of(pod).to_owned());
    }
    for group in groups.values_mut() {
        group.pods.sort();
    }
    groups.into_values().collect()
}

/// Who made a pod: of a Deployment its ReplicaSet is named, without the end that is the ReplicaSet's own.
fn owner(pod: &Value) -> String {
    let owner = pod.pointer("/metadata/ownerReferences/0");
    let text = |key: &str| owner.and_then(|it| it[key].as_str()).unwrap_or_default();
    match text("kind") {
        "" => format!("pod/{}", name_of(pod)),
        "ReplicaSet" => format!("deployment/{}", text("name").rsplit_once('-').map_or(text("name"), |(name, _)| name)),
        kind => format!("{}/{}", kind.to_lowercase(), text("name")),
    }
}

fn ports(container: &Value) -> impl Iterator<Item = (&str, u64)> {
    let ports = container["ports"].as_array().into_iter().flatten();
    ports.filter_map(|port| Some((port["name"].as_str().unwrap_or_default(), port["containerPort"].as_u64()?)))
}

/// The port that clients use: a known number, else a known name.
fn port(container: &Value) -> Option<Port> {
    let known = [8123, 2181, 9181];
    let named = ["http", "ch", "client", "zk-client"];
    let number = ports(container).find(|(_, number)| known.contains(number)).map(|(_, number)| Port::Number(number));
    number.or_else(|| {
        let name = named.into_iter().find(|name| ports(container).any(|(other, _)| other == *name))?;
        Some(Port::Name(name.to_owned()))
    })
}

/// The Secret that the server's own password comes from, where a variable of the container says it.
fn password(container: &Value) -> Option<SecretKey> {
    let variables = container["env"].as_array().into_iter().flatten();
    let secret = |variable: &Value| {
        let name = variable["name"].as_str()?.to_uppercase();
        let reference = variable.pointer("/valueFrom/secretKeyRef")?;
        let text = |key: &str| reference[key].as_str().map(str::to_owned);
        (name.contains("PASSWORD")).then_some(SecretKey { name: text("name")?, key: text("key")? })
    };
    variables.into_iter().find_map(secret)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, image: &str, labels: Value, owner: Value, ports: Value) -> Value {
        json!({
            "metadata": { "name": name, "namespace": "n", "labels": labels, "ownerReferences": [owner] },
            "spec": { "containers": [{ "name": "main", "image": image, "ports": ports, "env": [
                { "name": "CLICKHOUSE_PASSWORD", "valueFrom": { "secretKeyRef": { "name": "ch", "key": "pw" } } } ] }] },
            "status": { "phase": "Running" },
        })
    }

    #[test]
    fn servers_are_known_by_their_images_and_belong_together_by_label_or_workload() {
        let labels = |replica: u32| json!({ INSTALLATION: "repl", CLUSTER: "replicated", "clickhouse.altinity.com/replica": replica.to_string() });
        let set = |name: &str| json!({ "kind": "StatefulSet", "name": name });
        let http = json!([{ "name": "http", "containerPort": 8123 }]);
        let pods = [
            pod("chi-0-1", "altinity/clickhouse-server:24.8", labels(1), set("chi-0-1"), http.clone()),
            pod("chi-0-0", "altinity/clickhouse-server:24.8", labels(0), set("chi-0-0"), http.clone()),
            pod(
                "ls-0",
                "docker.io/clickhouse/clickhouse-server:25.12",
                json!({}),
                set("ls"),
                json!([{ "name": "ch", "containerPort": 18123 }]),
            ),
            pod("op-0", "altinity/clickhouse-operator:1", json!({}), set("op"), http.clone()),
            pod("k-0", "clickhouse/clickhouse-keeper:25", json!({}), set("k"), json!([{ "containerPort": 9181 }])),
        ];
        let servers = groups(&pods, is_clickhouse);
        let told: Vec<(&str, usize, Option<&Port>)> =
            servers.iter().map(|it| (it.made_by.as_str(), it.pods.len(), it.port.as_ref())).collect();
        let ch = Port::Name("ch".to_owned());
        assert_eq!(told, [("repl", 2, Some(&Port::Number(8123))), ("statefulset/ls", 1, Some(&ch))]);
        assert_eq!(servers[0].pods, ["chi-0-0", "chi-0-1"]);
        assert_eq!(servers[1].password, Some(SecretKey { name: "ch".into(), key: "pw".into() }));
        let keepers = groups(&pods, is_keeper);
        assert_eq!((keepers.len(), keepers[0].port.as_ref()), (1, Some(&Port::Number(9181))));
    }
}
