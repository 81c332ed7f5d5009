//! What was found, as the text of an environment.

use std::fmt::Write as _;

use super::{
    Discovered,
    server::{Group, Port},
};

const KEEPER_PORT: Port = Port::Number(9181);

/// The text. What a person has to fill in is commented out, and listed at the top.
pub(super) fn environment(found: &Discovered, name: &str) -> String {
    let single: Vec<&Group> = found.servers.iter().filter(|it| it.pods.len() == 1).collect();
    let several: Vec<&Group> = found.servers.iter().filter(|it| it.pods.len() > 1).collect();
    let (mut targets, mut missing) = (kubernetes(found), found.unread.clone());
    servers(&mut targets, "source", &single, found, &mut missing);
    servers(&mut targets, "cluster", &several, found, &mut missing);
    keeper(&mut targets, found, &mut missing);
    targets.push_str(STORE);
    missing.push("the store that backups go to: fill in `store`".to_owned());
    let procedures = procedures(found, single.first().copied(), &mut missing);
    let missing: String = missing.iter().map(|it| format!("#   - {it}\n")).collect();
    format!(
        "# Written by `houseplan init --from-cluster` from what is there. What could not be found, and is yours to fill in:
{missing}apiVersion: houseplan/v1
kind: Environment
metadata: {{ name: {name} }}

targets:
{targets}
procedures:
{procedures}"
    )
}

const STORE: &str = "  # The URL as the ClickHouse servers reach it.
  # store:
  #   kind: s3
  #   url: s3://my-bucket/langsmith
  #   region: us-east-1
  #   access_key_id: { secret: { name: clickhouse-s3-backup, key: access-key-id } }
  #   secret_access_key: { secret: { name: clickhouse-s3-backup, key: secret-access-key } }
";

fn kubernetes(found: &Discovered) -> String {
    let context = found.settings.context.as_ref().map_or_else(String::new, |it| format!("context: {it}, "));
    format!("  kubernetes: {{ kind: kubernetes, {context}namespace: {} }}\n", found.namespace)
}

/// One target, of the first of these groups; the others are told.
fn servers(text: &mut String, target: &str, groups: &[&Group], found: &Discovered, missing: &mut Vec<String>) {
    let Some(group) = groups.first() else {
        let what =
            if target == "source" { "a ClickHouse server on its own" } else { "several ClickHouse servers together" };
        missing.push(format!("{what}: no target `{target}`"));
        return;
    };
    for other in &groups[1..] {
        let what = format!("which of the servers is `{target}`: {} in {} was taken", group.made_by, group.namespace);
        missing.push(format!("{what}, {} in {} is another", other.made_by, other.namespace));
    }
    let chart = group.chart.as_ref().map_or_else(String::new, |it| format!(", chart {it}"));
    let _ = writeln!(text, "\n  # {} in {}{chart}.\n  {target}:\n    kind: clickhouse", group.made_by, group.namespace);
    if let Some(cluster) = &group.cluster {
        let _ = writeln!(text, "    cluster: {cluster}");
    }
    let namespace =
        if group.namespace == found.namespace { String::new() } else { format!("namespace: {}, ", group.namespace) };
    let port = match &group.port {
        Some(Port::Number(8123)) => String::new(),
        Some(port) => format!(", port: {port}"),
        None => {
            missing.push(format!("the HTTP port of `{target}`: 8123 was taken"));
            String::new()
        }
    };
    let password = match &group.password {
        Some(secret) => format!("password: {{ secret: {{ {namespace}name: {}, key: {} }} }}", secret.name, secret.key),
        None => {
            missing.push(format!("the password of `{target}`: no variable of its container names a Secret"));
            "# password: { secret: { name: …, key: … } }".to_owned()
        }
    };
    if let Some(selector) = &group.selector {
        let _ = writeln!(text, "    pods:\n      selector: {selector}");
        if !namespace.is_empty() {
            let _ = writeln!(text, "      namespace: {}", group.namespace);
        }
        let _ = writeln!(text, "      container: {}", group.container);
        if !port.is_empty() {
            let _ = writeln!(text, "      {}", port.trim_start_matches(", "));
        }
        let _ = writeln!(text, "      {password}");
        return;
    }
    let _ = writeln!(text, "    members:");
    for (index, pod) in group.pods.iter().enumerate() {
        let member = if group.pods.len() == 1 { "server".to_owned() } else { format!("replica{index}") };
        let _ = writeln!(
            text,
            "      {member}:\n        pod: {{ {namespace}name: {pod}, container: {}{port} }}\n        {password}",
            group.container
        );
    }
}

fn keeper(text: &mut String, found: &Discovered, missing: &mut Vec<String>) {
    let Some(group) = found.keepers.first() else {
        missing.push("a Keeper or ZooKeeper in a pod: no target `keeper`".to_owned());
        return;
    };
    let namespace =
        if group.namespace == found.namespace { String::new() } else { format!("namespace: {}, ", group.namespace) };
    let port = group.port.as_ref().unwrap_or(&KEEPER_PORT);
    let pod = group.pods.first().map_or("", String::as_str);
    let _ = writeln!(text, "\n  keeper: {{ kind: keeper, pod: {{ {namespace}name: {pod}, port: {port} }} }}\n");
}

/// How the writers are stopped and started. What else an installation does is for a person to write.
fn procedures(found: &Discovered, source: Option<&Group>, missing: &mut Vec<String>) -> String {
    let secret = source.and_then(|it| it.password.as_ref());
    let (Some(secret), false) = (secret, found.writers.is_empty()) else {
        missing.push("what writes: no workload is given the password of `source`".to_owned());
        return "  stop_writers: { steps: {} }\n  start_writers: { steps: {} }\n".to_owned();
    };
    let mut list = String::new();
    for writer in &found.writers {
        let namespace =
            if writer.namespace == found.namespace { String::new() } else { format!("{}/", writer.namespace) };
        let replicas = writer.replicas.map_or_else(String::new, |it| format!("{it} now"));
        let scaler = writer.autoscaler.as_ref().map_or_else(String::new, |it| format!(", {it}"));
        let _ = writeln!(list, "            - {namespace}{}/{} # {replicas}{scaler}", writer.kind, writer.name);
    }
    let scaled: String =
        list.lines().map(|line| format!("{}\n", line.split(" #").next().unwrap_or_default())).collect();
    missing.push("`make_tables`, `keep_source` and `switch`: see examples/environments".to_owned());
    format!(
        "  stop_writers:
    steps:
      known:
        check:
          - name: every workload that has ClickHouse's password is known
            writers:
              on: kubernetes
              of: {{ secret: {secret} }}
              named:
{named}            otherwise: Add the workload to this environment, or see that it does not write.
      stop:
        needs: [known]
        scale:
          on: kubernetes
          to: 0
          workloads: &stopped
{scaled}  start_writers:
    steps:
      start:
        scale: {{ on: kubernetes, to: previous, workloads: *stopped }}
",
        secret = secret.name,
        named = list.lines().map(|line| format!("    {line}\n")).collect::<String>(),
    )
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}
