//! What observes and guards the world, against real servers: inventories, comparisons, checks, statements, claims.

mod check;
mod claim;
mod compare;
mod inventory;
mod parts;
mod shards;
mod sql;

use std::{fs, sync::Arc, time::Duration};

use houseplan::{
    action::{
        Attempt,
        compare::CompareTask,
        inventory::{Inventory, Table, read::Depth, task::InventoryTask},
    },
    connect::{
        clickhouse::{Client, HttpConnection},
        target::{Cluster, Member},
    },
    engine::performer::{NoteSender, TaskContext},
    name::{StepId, TaskId},
    plan::{
        actions::{Aspect, Extra},
        outputs::ComparisonRow,
    },
    sandbox::ServerName,
};
use tokio_util::sync::CancellationToken;

use crate::support::sandbox_lease::SandboxLease;

/// A sandbox with its targets connected.
struct Lab {
    lease: SandboxLease,
    source: Arc<Cluster>,
    cluster: Arc<Cluster>,
}

impl Lab {
    async fn new() -> Self {
        let lease = SandboxLease::acquire().await;
        let source = target(&lease, "source", None, &["source"]);
        let cluster = target(&lease, "cluster", Some("default"), &["replica1", "replica2"]);
        Self { lease, source: Arc::new(source), cluster: Arc::new(cluster) }
    }

    async fn run(&self, member: &str, statements: &[&str]) {
        for statement in statements {
            self.lease.must(member, statement).await;
        }
    }

    /// On both replicas.
    async fn run_everywhere(&self, statements: &[&str]) {
        self.run("replica1", statements).await;
        self.run("replica2", statements).await;
    }
}

fn target(lease: &SandboxLease, name: &str, cluster: Option<&str>, members: &[&str]) -> Cluster {
    let members = members.iter().map(|member| Arc::new(member_at(name, member, &url(lease, member), &password(lease))));
    Cluster { name: name.into(), cluster: cluster.map(str::to_owned), members: members.collect() }
}

fn url(lease: &SandboxLease, member: &str) -> String {
    let server: ServerName = member.parse().expect("a server of the sandbox");
    format!("http://127.0.0.1:{}", lease.ports().http(server))
}

fn password(lease: &SandboxLease) -> String {
    fs::read_to_string(lease.layout().password_file()).expect("the sandbox's password").trim_end().to_owned()
}

fn member_at(target: &str, name: &str, url: &str, password: &str) -> Member {
    // The binary does so in main; a second time is no error here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connection = HttpConnection {
        url: url.to_owned(),
        user: "default".to_owned(),
        password: Some(password.to_owned().into()),
        ca: None,
        connect_timeout: Duration::from_secs(5),
    };
    let client = Client::http(connection).expect("a client");
    Member { target: target.into(), name: name.into(), shard: 1, client }
}

/// A member that nothing listens for.
fn absent_member() -> Member {
    member_at("gone", "gone", "http://127.0.0.1:1", "")
}

fn task_context() -> TaskContext {
    // The receiver goes: nothing here makes notes.
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    TaskContext { progress: Arc::new(|_| {}), notes: NoteSender(notes), interrupted: CancellationToken::new() }
}

fn attempt(run: &str) -> Attempt {
    let task = TaskId::new(&StepId::new("step"), None, Some("source"));
    Attempt { run: run.to_owned(), task, number: 1, stalled_after: None }
}

fn inventory_task(target: &Arc<Cluster>, database: &str) -> InventoryTask {
    InventoryTask { target: target.clone(), database: database.to_owned(), except: Vec::new(), depth: Depth::Checksum }
}

async fn inventory(target: &Arc<Cluster>, database: &str) -> Inventory {
    inventory_task(target, database).take(&task_context()).await.expect("an inventory")
}

#[track_caller]
fn table<'a>(inventory: &'a Inventory, name: &str) -> &'a Table {
    inventory.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

fn comparison(left: &Inventory, right: &Arc<Cluster>, by: &[Aspect]) -> CompareTask {
    CompareTask {
        left: left.clone(),
        right: right.clone(),
        database: None,
        by: by.to_vec(),
        extra: Extra::Refuse,
        patience: Duration::from_secs(20),
    }
}

const ALL: &[Aspect] = &[Aspect::Columns, Aspect::Rows, Aspect::Checksum];

async fn compare(left: &Inventory, right: &Arc<Cluster>) -> Vec<ComparisonRow> {
    comparison(left, right, ALL).compare(&task_context()).await.expect("a comparison")
}

/// As people read it.
fn lines(rows: &[ComparisonRow]) -> Vec<String> {
    rows.iter().map(|row| row.cells().join(" · ")).collect()
}
