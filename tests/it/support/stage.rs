//! The sandbox as actions see it: connections, and a task context that takes notes.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use houseplan::{
    action::Attempt,
    connect::{
        clickhouse::{Client, HttpConnection, Rows, Statement},
        credentials::{Credentials, Keys},
        target::{Cluster, Keeper, Member, Store},
    },
    engine::performer::{NoteSender, Progress, TaskContext},
    name::{StepId, TaskId},
    sandbox::ServerName,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::sandbox_lease::SandboxLease;

/// A sandbox, connected.
pub struct Stage {
    pub sandbox: SandboxLease,
    pub source: Arc<Member>,
    pub cluster: Arc<Cluster>,
    pub store: Arc<Store>,
    pub keeper: Arc<Keeper>,
    /// A name of this test's own, for its database and its paths.
    pub name: String,
}

/// An access key that lasts.
pub fn lasting(id: &str, secret: &str) -> Credentials {
    let (access_key_id, secret_access_key) = (id.into(), secret.into());
    Credentials::new(Keys { access_key_id, secret_access_key, session_token: None, expires: None }, None)
}

impl Stage {
    pub async fn set() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = SandboxLease::acquire().await;
        let secret = |path| std::fs::read_to_string(path).expect("a secret of the sandbox").trim_end().to_owned();
        let layout = sandbox.layout();
        let password = secret(layout.password_file());
        let member = |target: &str, name: &str, server| {
            let connection = HttpConnection {
                url: format!("http://127.0.0.1:{}", sandbox.ports().http(server)),
                user: "default".to_owned(),
                password: Some(password.clone().into()),
                ca: None,
                connect_timeout: Duration::from_secs(5),
            };
            let client = Client::http(connection).expect("a client");
            Arc::new(Member { target: target.into(), name: name.into(), shard: 1, client })
        };
        let replicas = vec![
            member("cluster", "replica1", ServerName::Replica(1)),
            member("cluster", "replica2", ServerName::Replica(2)),
        ];
        let store = Store {
            name: "store".into(),
            url: format!("http://127.0.0.1:{}/backups", sandbox.ports().s3()),
            region: "us-east-1".to_owned(),
            credentials: Some(Arc::new(lasting(
                &secret(layout.access_key_id_file()),
                &secret(layout.secret_access_key_file()),
            ))),
            collection: None,
        };
        let keeper = Keeper::Port { host: "127.0.0.1".to_owned(), port: sandbox.ports().keeper() };
        Self {
            source: member("source", "source", ServerName::Source),
            cluster: Arc::new(Cluster {
                name: "cluster".into(),
                cluster: Some("default".to_owned()),
                members: replicas,
            }),
            store: Arc::new(store),
            keeper: Arc::new(keeper),
            name: sandbox.fresh_name(),
            sandbox,
        }
    }

    pub fn replica(&self, number: usize) -> &Arc<Member> {
        &self.cluster.members[number - 1]
    }

    /// A statement that has to succeed; `{db}` is the test's own database.
    #[track_caller]
    pub fn run<'a>(&'a self, member: &'a Member, text: &str) -> impl Future<Output = Rows> + 'a {
        let place = std::panic::Location::caller();
        let text = text.replace("{db}", &self.name);
        async move {
            let answer = member.client.query(&Statement::write(text.clone())).await;
            answer.unwrap_or_else(|error| panic!("{place}: {}: {text}: {error}", member.name))
        }
    }

    /// Waits until this server has run so long that one started in its place is seen to be another: its own account of when
    /// it started wavers by some seconds.
    pub async fn has_run_a_while(&self, member: &Member) {
        while self.run(member, "SELECT uptime() >= 4 AS n").await.0[0]["n"] != 1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub fn attempt(&self, task: &str, number: u32) -> Attempt {
        Attempt {
            run: self.name.clone(),
            task: TaskId::new(&StepId::new(task), None, None),
            number,
            stalled_after: None,
        }
    }
}

/// A task context that keeps what it hears.
pub struct Ears {
    pub task_context: TaskContext,
    notes: Arc<Mutex<Vec<Value>>>,
    progress: Arc<Mutex<Vec<Progress>>>,
}

impl Ears {
    pub fn open() -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel::<(Value, tokio::sync::oneshot::Sender<()>)>();
        let notes = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&notes);
        tokio::spawn(async move {
            while let Some((note, durable)) = receiver.recv().await {
                taken.lock().expect("notes").push(note);
                let _ = durable.send(());
            }
        });
        let progress = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&progress);
        let task_context = TaskContext {
            progress: Arc::new(move |progress| heard.lock().expect("progress").push(progress)),
            notes: NoteSender(sender),
            interrupted: CancellationToken::new(),
        };
        Self { task_context, notes, progress }
    }

    pub fn notes(&self) -> Vec<Value> {
        self.notes.lock().expect("notes").clone()
    }

    pub fn progress(&self) -> Vec<Progress> {
        self.progress.lock().expect("progress").clone()
    }
}
