//! What it saves to compare parts before rows: a database compared with the inventory of itself, as a move does right before it drops
//! what it has moved, against the same with an inventory that knows no parts.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use houseplan::{
    action::{
        compare::{CompareTask, PATIENCE},
        inventory::{Inventory, read::Depth, task::InventoryTask},
    },
    connect::{
        clickhouse::{Client, HttpConnection},
        target::{Cluster, Member},
    },
    engine::performer::{NoteSender, TaskContext},
    plan::actions::{Aspect, Extra},
    sandbox::{DATABASE, Sandbox, ServerName},
};
use tokio::runtime::Runtime;

use super::{Bench, turns};

const REPETITIONS: usize = 3;

pub fn measure(bench: &mut Bench, runtime: &Runtime, sandbox: &Sandbox) {
    let source = source(sandbox);
    let inventory = InventoryTask {
        target: source.clone(),
        database: DATABASE.to_owned(),
        except: Vec::new(),
        depth: Depth::Checksum,
    };
    let left = runtime.block_on(inventory.take(&task_context())).expect("an inventory");
    let mut without_parts = left.clone();
    without_parts.tables.iter_mut().for_each(|table| {
        table.rows.parts = None;
        table.copies.values_mut().for_each(|copy| copy.rows.parts = None);
    });
    let compare = |left: &Inventory| {
        let task = CompareTask {
            left: left.clone(),
            right: source.clone(),
            database: None,
            by: vec![Aspect::Columns, Aspect::Rows, Aspect::Checksum],
            extra: Extra::Refuse,
            patience: PATIENCE,
        };
        let start = Instant::now();
        let rows = runtime.block_on(task.compare(&task_context())).expect("a comparison");
        let took = start.elapsed();
        assert!(rows.iter().all(|row| row.equal), "nothing writes here");
        took
    };
    let times = turns(REPETITIONS, || compare(&left), || compare(&without_parts));
    bench.ratio("compare the sandbox's database by its parts", "by its rows", times, 0.1);
}

fn source(sandbox: &Sandbox) -> Arc<Cluster> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let password = fs::read_to_string(sandbox.layout().password_file()).expect("the sandbox's password");
    let connection = HttpConnection {
        url: format!("http://127.0.0.1:{}", sandbox.ports().http(ServerName::Source)),
        user: "default".to_owned(),
        password: Some(password.trim_end().to_owned().into()),
        ca: None,
        connect_timeout: Duration::from_secs(5),
    };
    let client = Client::http(connection).expect("a client");
    let member = Member { target: "source".into(), name: "source".into(), shard: 1, client };
    Arc::new(Cluster { name: "source".into(), cluster: None, members: vec![Arc::new(member)] })
}

fn task_context() -> TaskContext {
    // The receiver goes: nothing here makes notes.
    let (notes, _) = tokio::sync::mpsc::unbounded_channel();
    TaskContext { progress: Arc::new(|_| {}), notes: NoteSender(notes), interrupted: Default::default() }
}
