//! The Environment document of a sandbox: the targets a plan binds to, and how this "installation" migrates.

use std::fmt::Write as _;

use camino::Utf8Path;

use super::engine::CLUSTER;
use super::layout::{BUCKET, Layout, REGION, SandboxState};
use super::server_name::ServerName;

/// The document, with absolute paths, so that it can be used from anywhere and copied.
pub(super) fn document(layout: &Layout, state: &SandboxState) -> String {
    let ports = state.base_port;
    let member = |server: ServerName, shard: &str| {
        format!(
            "      {server}: {{ url: \"http://127.0.0.1:{port}\", {shard}user: {user}, password: {{ file: {password} }} }}\n",
            port = ports.http(server),
            user = quoted(&state.user),
            password = quoted_path(&layout.password_file()),
        )
    };
    let mut replicas = String::new();
    for replica in state.replicas() {
        let _ = write!(replicas, "{}", member(replica, "shard: 1, "));
    }
    format!(
        "# Written by `houseplan sandbox up`, anew each time. The secrets are files that only you can read.
apiVersion: houseplan/v1
kind: Environment
metadata: {{ name: sandbox }}
targets:
  # One ClickHouse server on its own: where LangSmith's bundled database would be.
  source:
    kind: clickhouse
    members:
{source}  # The replicated cluster the database moves to.
  cluster:
    kind: clickhouse
    cluster: {CLUSTER}
    members:
{replicas}  keeper: {{ kind: keeper, host: 127.0.0.1, port: {keeper} }}
  store:
    kind: s3
    url: \"http://127.0.0.1:{s3}/{BUCKET}\"
    region: {REGION}
    access_key_id: {{ file: {access_key_id} }}
    secret_access_key: {{ file: {secret_access_key} }}
  local: {{ kind: local }}
procedures:
  stop_writers: {{ steps: {{}} }}
  # What `helm upgrade` does for LangSmith: create the tables on the cluster, then delete the source with its data.
  migrate:
    steps:
      up: {{ exec: {{ on: local, command: [{program}, sandbox, migrate, --dir, {dir}] }} }}
  start_writers: {{ steps: {{}} }}
  # The same without the deletion, and what is there for the plans that go this way: nothing here writes.
  make_tables:
    steps:
      make: {{ exec: {{ on: local, command: [{program}, sandbox, migrate, --dir, {dir}, --keep-source] }} }}
  keep_source: {{ steps: {{}} }}
  switch: {{ steps: {{}} }}
  switch_back: {{ steps: {{}} }}
  retire_source:
    steps:
      down: {{ exec: {{ on: local, command: [{program}, sandbox, migrate, --dir, {dir}] }} }}
",
        source = member(ServerName::Source, ""),
        keeper = ports.keeper(),
        s3 = ports.s3(),
        access_key_id = quoted_path(&layout.access_key_id_file()),
        secret_access_key = quoted_path(&layout.secret_access_key_file()),
        program = quoted_path(&state.program),
        dir = quoted_path(layout.dir()),
    )
}

fn quoted_path(path: &Utf8Path) -> String {
    quoted(path.as_str())
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::ports::Ports;
    use super::*;

    #[test]
    fn it_is_yaml_with_every_target_and_procedure() {
        let state =
            SandboxState::new(Ports::from_base(21_000), 2, "default".to_owned(), "/opt/a \"b\"/houseplan".into());
        let text = document(&Layout::new("/srv/sand box".into()), &state);
        let value: serde_json::Value = serde_saphyr::from_str(&text).expect("valid YAML");
        let targets = &value["targets"];
        assert_eq!(targets["source"]["members"]["source"]["url"], "http://127.0.0.1:21010");
        assert_eq!(targets["cluster"]["members"]["replica2"]["url"], "http://127.0.0.1:21012");
        assert_eq!(targets["cluster"]["members"]["replica2"]["shard"], 1);
        assert_eq!(targets["cluster"]["cluster"], "default");
        assert_eq!(targets["keeper"]["port"], 21_000);
        assert_eq!(targets["store"]["url"], "http://127.0.0.1:21001/backups");
        assert_eq!(targets["store"]["access_key_id"]["file"], "/srv/sand box/secrets/s3-access-key-id");
        assert_eq!(targets["local"]["kind"], "local");
        let command = &value["procedures"]["migrate"]["steps"]["up"]["exec"]["command"];
        assert_eq!(
            command,
            &serde_json::json!(["/opt/a \"b\"/houseplan", "sandbox", "migrate", "--dir", "/srv/sand box"])
        );
    }
}
