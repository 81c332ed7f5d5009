//! A pool of running sandboxes that the tests take turns with: starting one costs seconds, emptying one does not.
//!
//! The pool's folder is `HOUSEPLAN_TEST_SANDBOXES`, else `target/tmp/sandboxes`. Its sandboxes outlive the tests, so that the next
//! run finds them warm; `tests/sandboxes-down.sh` ends them.

use std::fs::{self, File, OpenOptions};
use std::ops::Deref;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use houseplan::connect::clickhouse::{Client, HttpConnection};
use houseplan::sandbox::{EngineChoice, Sandbox, SandboxError, ServerName, UpOptions, Users};
use rustix::fs::FlockOperation;

use super::operator::Operator;
pub use super::operator::program;

/// How many sandboxes there are at most; each takes about half a gigabyte.
const POOL_SIZE: usize = 2;
const POLL: Duration = Duration::from_millis(50);

/// Exclusive use of a running, empty sandbox: a source, two replicas, Keeper and an S3 store. Whatever is done to it, also killing
/// its servers, is mended for the next one.
pub struct SandboxLease {
    sandbox: Sandbox,
    _lock: File,
}

impl SandboxLease {
    /// Waits for a sandbox of the pool, brings it up when it does not run, and empties it.
    pub async fn acquire() -> Self {
        let pool = pool_dir();
        fs::create_dir_all(&pool).expect("the pool's folder can be made");
        let (dir, lock) = loop {
            match (1..=POOL_SIZE).find_map(|slot| try_lock(&pool, slot)) {
                Some(locked) => break locked,
                None => tokio::time::sleep(POLL).await,
            }
        };
        let ready = async {
            match Sandbox::open(&dir) {
                Ok(sandbox) => {
                    sandbox.clean(&mut |_| {}).await?;
                    Ok(sandbox)
                }
                Err(SandboxError::NotFound { .. }) => Sandbox::up(UpOptions::new(&dir, program()), &mut |_| {}).await,
                Err(error) => Err(error),
            }
        };
        let sandbox = ready.await.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
        Self { sandbox, _lock: lock }
    }

    /// A sandbox beside the pool's, new and with engines of its own. It is the caller's to purge.
    pub async fn with_engines(name: &str, engine: EngineChoice) -> Self {
        Self::with_users(name, engine, Users::default()).await
    }

    /// The same, with users that have profiles.
    pub async fn with_users(name: &str, engine: EngineChoice, users: Users) -> Self {
        let pool = pool_dir();
        fs::create_dir_all(&pool).expect("the pool's folder can be made");
        let dir = pool.join(name);
        let lock = lock_file(&dir);
        rustix::fs::flock(&lock, FlockOperation::LockExclusive).expect("its lock");
        let options = UpOptions { engine, users: Some(users), ..UpOptions::new(&dir, program()) };
        let ready = async {
            if let Ok(earlier) = Sandbox::open(&dir) {
                earlier.purge().await?;
            }
            Sandbox::up(options, &mut |_| {}).await
        };
        let sandbox = ready.await.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
        Self { sandbox, _lock: lock }
    }

    /// Runs one statement on `source`, `replica1` or `replica2`; the answer in TabSeparated, without the last line's end.
    pub async fn query(&self, member: &str, sql: &str) -> Result<String, SandboxError> {
        let answer = self.sandbox.query(server(member), sql).await?;
        Ok(answer.trim_end_matches('\n').to_owned())
    }

    /// As `query`, for statements that must succeed.
    #[track_caller]
    pub fn must(&self, member: &str, sql: &str) -> impl Future<Output = String> {
        let place = std::panic::Location::caller();
        async move {
            match self.query(member, sql).await {
                Ok(answer) => answer,
                Err(error) => panic!("{place}: {:?}", miette::Report::new(error)),
            }
        }
    }

    /// houseplan's own client of a server, as this user, which has the password of the sandbox's own.
    pub fn client(&self, member: &str, user: &str) -> Client {
        // The binary does so in main; a second time is no error here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let password = fs::read_to_string(self.sandbox.layout().password_file()).expect("the sandbox's password");
        let connection = HttpConnection {
            url: format!("http://127.0.0.1:{}", self.sandbox.ports().http(server(member))),
            user: user.to_owned(),
            password: Some(password.trim_end().to_owned().into()),
            ca: None,
            connect_timeout: Duration::from_secs(5),
        };
        Client::http(connection).expect("a client")
    }

    /// A name no other test uses, fit for a database, a table or a path.
    pub fn fresh_name(&self) -> String {
        format!("t_{}", uuid::Uuid::new_v4().simple())
    }

    /// `S3('…', 'key', 'secret')` for a path in the sandbox's store.
    pub fn s3(&self, path: &str) -> String {
        format!("S3({})", self.s3_arguments(path))
    }

    /// The table function `s3('…', 'key', 'secret', 'CSV')` of an object in the sandbox's store.
    pub fn s3_table(&self, path: &str) -> String {
        format!("s3({}, 'CSV')", self.s3_arguments(path))
    }

    fn s3_arguments(&self, path: &str) -> String {
        let secret = |file: Utf8PathBuf| fs::read_to_string(file).expect("the sandbox's secrets can be read");
        let layout = self.sandbox.layout();
        format!(
            "'http://127.0.0.1:{}/backups/{path}', '{}', '{}'",
            self.sandbox.ports().s3(),
            secret(layout.access_key_id_file()),
            secret(layout.secret_access_key_file())
        )
    }
}

impl Operator {
    /// With the environment of this sandbox.
    pub fn new(sandbox: &SandboxLease) -> Self {
        let environment = fs::read_to_string(sandbox.layout().environment_file()).expect("the sandbox's environment");
        Self::with_environment(environment)
    }
}

impl Deref for SandboxLease {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

fn server(member: &str) -> ServerName {
    member.parse().unwrap_or_else(|error| panic!("{member}: {error}"))
}

fn pool_dir() -> Utf8PathBuf {
    std::env::var("HOUSEPLAN_TEST_SANDBOXES")
        .map_or_else(|_| Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join("sandboxes"), Utf8PathBuf::from)
}

/// The lock is a file beside the sandbox, and goes with the process, however that ends.
fn lock_file(dir: &Utf8Path) -> File {
    let lock = dir.with_added_extension("lock");
    OpenOptions::new().create(true).append(true).open(lock).expect("the pool's folder can be written")
}

fn try_lock(pool: &Utf8Path, slot: usize) -> Option<(Utf8PathBuf, File)> {
    let dir = pool.join(format!("sandbox-{slot}"));
    let file = lock_file(&dir);
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Some((dir, file)),
        Err(rustix::io::Errno::WOULDBLOCK) => None,
        Err(error) => panic!("the pool's lock: {error}"),
    }
}
