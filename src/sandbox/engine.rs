//! The ClickHouse servers: each server's configuration, how one is started.
//! It knows nothing of the sandbox's life; `cluster` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use camino::Utf8PathBuf;
use include_dir::{Dir, include_dir};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use tokio::process::Command;

use super::Progress;
use super::engine_package::{package_dir, provide_package, provide_python, run};
use super::engine_version::EngineVersion;
use super::error::SandboxError;
use super::layout::{Layout, SandboxState, read_secret, write_json, write_private};
use super::processes::Launch;
use super::server_name::ServerName;
use super::users;

/// The cluster's name in `remote_servers`, and the shard every server belongs to.
pub const CLUSTER: &str = "default";
const SHARD: &str = "01";

static HOST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/sandbox/host");

/// The installed engines.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    python: Utf8PathBuf,
}

impl Engine {
    /// Finds the engines of these versions, or installs them.
    ///
    /// # Errors
    /// `MissingProgram` without Python, `EngineSetup` when installing fails.
    pub(super) async fn provide(
        versions: BTreeSet<EngineVersion>,
        progress: Progress<'_>,
    ) -> Result<Self, SandboxError> {
        let python = provide_python().await?;
        for version in versions {
            provide_package(&python, version, progress).await?;
        }
        Ok(Self { python })
    }

    /// The command of a ClickHouse server; its files are written anew.
    pub(super) fn launch(
        &self,
        layout: &Layout,
        state: &SandboxState,
        server: ServerName,
    ) -> Result<Launch, SandboxError> {
        let dir = layout.server_dir(server);
        fs::create_dir_all(&dir).map_err(SandboxError::io("create", &dir))?;
        write_host(layout)?;
        let config = dir.join("config.xml");
        write_private(&config, &config_xml(layout, state, server))?;
        write_private(&users_file(layout, server), &state.users.to_xml())?;
        let node = dir.join("node.json");
        write_json(&node, &NodeSettings::new(layout, state, server)?)?;
        Ok(Launch {
            program: self.python.clone(),
            arguments: vec![layout.host_dir().join("node.py").into_string(), node.into_string()],
            working_dir: dir,
            log: layout.log_file(server),
            http_proxy: Some(state.base_port.s3()),
        })
    }

    /// Removes a path and all below it from Keeper; that there is none is no error.
    pub(super) async fn remove_from_keeper(
        &self,
        layout: &Layout,
        state: &SandboxState,
        path: &str,
    ) -> Result<(), SandboxError> {
        let address = format!("127.0.0.1:{}", state.base_port.keeper());
        let script = layout.host_dir().join("keeper.py");
        run(Command::new(&self.python).args([script.as_str(), &address, path])).await
    }
}

/// Writes the host's program into the sandbox. What is already there stays untouched: another server may be reading it.
fn write_host(layout: &Layout) -> Result<(), SandboxError> {
    let dir = layout.host_dir();
    fs::create_dir_all(&dir).map_err(SandboxError::io("create", &dir))?;
    for file in HOST.files() {
        let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8()) else {
            continue;
        };
        let path = dir.join(name);
        if fs::read_to_string(&path).is_ok_and(|written| written == text) {
            continue;
        }
        write_private(&path, text)?;
    }
    Ok(())
}

/// What `host/node.py` reads.
#[derive(Debug, Serialize)]
struct NodeSettings {
    name: String,
    version: EngineVersion,
    package_dir: Utf8PathBuf,
    data_dir: Utf8PathBuf,
    config_file: Utf8PathBuf,
    http_port: u16,
    interserver_port: u16,
    users: BTreeMap<String, NodeUser>,
    cluster_secret: String,
    clusters: BTreeMap<&'static str, Vec<Peer>>,
    macros: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
struct Peer {
    host: &'static str,
    http_port: u16,
    native_port: u16,
}

impl NodeSettings {
    fn new(layout: &Layout, state: &SandboxState, server: ServerName) -> Result<Self, SandboxError> {
        let ports = state.base_port;
        let password = read_secret(&layout.password_file())?;
        let cluster_secret = read_secret(&layout.cluster_secret_file())?;
        let peers = state.replicas().map(|replica| Peer {
            host: "127.0.0.1",
            http_port: ports.http(replica),
            native_port: ports.native(replica),
        });
        Ok(Self {
            name: server.to_string(),
            version: state.engines.of(server),
            package_dir: package_dir(state.engines.of(server)),
            data_dir: layout.data_dir(server),
            config_file: layout.server_dir(server).join("config.xml"),
            http_port: ports.http(server),
            interserver_port: ports.interserver(server),
            users: node_users(state, password.expose_secret()),
            cluster_secret: cluster_secret.expose_secret().to_owned(),
            clusters: match server {
                ServerName::Replica(_) => BTreeMap::from([(CLUSTER, peers.collect())]),
                // The standalone server knows of no cluster, as the bundled one does not.
                _ => BTreeMap::new(),
            },
            macros: macros(server),
        })
    }
}

/// A user of a server; the sandbox's own has no profile.
#[derive(Debug, Serialize)]
struct NodeUser {
    password: String,
    profile: Option<NodeProfile>,
}

/// A profile with its values as a request has them, for the engines that cannot take it from `users.xml`.
#[derive(Debug, Serialize)]
struct NodeProfile {
    readonly: u8,
    settings: BTreeMap<String, String>,
    constraints: BTreeMap<String, NodeConstraint>,
}

#[derive(Debug, Serialize)]
struct NodeConstraint {
    fixed: bool,
    min: Option<String>,
    max: Option<String>,
}

impl NodeProfile {
    fn new(profile: &users::Profile) -> Self {
        let bound = |value: &Option<serde_json::Value>| value.as_ref().map(users::text);
        let constraint =
            |it: &users::Constraint| NodeConstraint { fixed: it.fixed, min: bound(&it.min), max: bound(&it.max) };
        Self {
            readonly: profile.readonly,
            settings: profile.settings.iter().map(|(name, value)| (name.clone(), users::text(value))).collect(),
            constraints: profile.constraints.iter().map(|(name, it)| (name.clone(), constraint(it))).collect(),
        }
    }
}

fn node_users(state: &SandboxState, password: &str) -> BTreeMap<String, NodeUser> {
    let user = |profile| NodeUser { password: password.to_owned(), profile };
    let with_profiles =
        state.users.0.iter().map(|(name, profile)| (name.clone(), user(Some(NodeProfile::new(profile)))));
    with_profiles.chain([(state.user.clone(), user(None))]).collect()
}

fn users_file(layout: &Layout, server: ServerName) -> Utf8PathBuf {
    layout.server_dir(server).join("users.xml")
}

fn macros(server: ServerName) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("cluster", CLUSTER.to_owned()), ("shard", SHARD.to_owned()), ("replica", server.to_string())])
}

/// The engine's own configuration.
///
/// `sessions_path` differs from server to server because the embedded engine's server UUID is nil everywhere, and servers of one UUID
/// end each other's Keeper sessions. Replicas lie in Keeper by database and table, the layout of the operator's guide: leftovers of a
/// table that was not dropped cleanly get in the way of the next one, as they do there.
fn config_xml(layout: &Layout, state: &SandboxState, server: ServerName) -> String {
    let ports = state.base_port;
    let dir = layout.server_dir(server);
    let mut remote_servers = String::new();
    if matches!(server, ServerName::Replica(_)) {
        let replicas: String = state
            .replicas()
            .map(|replica| format!("<replica><host>127.0.0.1</host><port>{}</port></replica>", ports.native(replica)))
            .collect();
        let _ = write!(
            remote_servers,
            "<remote_servers><{CLUSTER}><shard><internal_replication>true</internal_replication>{replicas}</shard></{CLUSTER}></remote_servers>"
        );
    }
    // Without users of its own a sandbox leaves the engine its built-in one.
    let users = match state.users.0.is_empty() {
        true => String::new(),
        false => format!("<users_config>{}</users_config>", xml(users_file(layout, server).as_str())),
    };
    let macros: String = macros(server).iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    format!(
        "<clickhouse>
  <logger><level>{level}</level><log>{log}</log><errorlog>{errors}</errorlog><console>0</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port>
  <tcp_port>{native}</tcp_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <interserver_http_port>{interserver}</interserver_http_port>
  <zookeeper>
    <node><host>127.0.0.1</host><port>{keeper}</port></node>
    <session_timeout_ms>6000</session_timeout_ms>
    <sessions_path>/clickhouse/sessions_{server}</sessions_path>
  </zookeeper>
  <macros>{macros}</macros>
  <default_replica_path>/clickhouse/tables/{{shard}}/{{database}}/{{table}}</default_replica_path>
  <default_replica_name>{{replica}}</default_replica_name>
  {remote_servers}
  {users}
  <!-- A laptop holds several of these. -->
  <background_schedule_pool_size>16</background_schedule_pool_size>
  <background_fetches_pool_size>4</background_fetches_pool_size>
  <background_common_pool_size>4</background_common_pool_size>
  <mark_cache_size>134217728</mark_cache_size>
</clickhouse>
",
        level = if state.logs_statements { "trace" } else { "information" },
        log = xml(dir.join("clickhouse.log").as_str()),
        errors = xml(dir.join("clickhouse.err.log").as_str()),
        http = ports.http(server),
        native = ports.native(server),
        interserver = ports.interserver(server),
        keeper = ports.keeper(),
    )
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::ports::Ports;
    use super::*;

    fn config(server: ServerName) -> String {
        let state = SandboxState::new(Ports::from_base(21_000), 2, "default".to_owned(), "/bin/houseplan".into());
        config_xml(&Layout::new("/srv/a&b".into()), &state, server)
    }

    #[test]
    fn only_replicas_know_the_cluster() {
        assert!(!config(ServerName::Source).contains("remote_servers"));
        let replica = config(ServerName::Replica(1));
        assert!(replica.contains("<port>21021</port>") && replica.contains("<port>21022</port>"));
    }

    #[test]
    fn each_server_has_its_own_sessions_and_the_path_is_escaped() {
        assert!(config(ServerName::Source).contains("/clickhouse/sessions_source<"));
        assert!(config(ServerName::Replica(2)).contains("/clickhouse/sessions_replica2<"));
        assert!(config(ServerName::Source).contains("/srv/a&amp;b/servers/source/clickhouse.log"));
    }
}
