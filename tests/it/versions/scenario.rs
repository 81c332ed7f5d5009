//! One scenario on one sandbox: the shipped plans one after the other, each from what the one before it should have left.

use std::{
    fs,
    time::{Duration, Instant},
};

use camino::Utf8Path;
use houseplan::sandbox::{EngineChoice, EngineVersion, LoadOptions, MigrateOptions, ServerName, UpgradeTarget};

use super::outcome::Outcome;
use crate::support::{
    caught,
    ledger::Ledger,
    operator::{DATABASE, MOVE, Operator, Said},
    sandbox_lease::SandboxLease,
};

/// The steps in the order in which they are tried: backup; restore in its four modes, the first three into the source; verify, which
/// finds what is the same and what is not; the move; a move that is killed while it restores; and that no secret was written down.
pub const STEPS: [&str; 9] =
    ["backup", "empty", "replace", "append", "existing", "verify", "move", "killed", "secrets"];

const RUNS: u64 = 2_000;
/// How the tables are the same: those that hold rows by their parts, on every version; the others are views and a dictionary.
const BY_PARTS: &str = "14 by their parts, 9 by their definitions";
const SERVERS: [&str; 3] = ["source", "replica1", "replica2"];
const REPLICAS: [&str; 2] = ["replica1", "replica2"];

pub struct Scenario {
    sandbox: SandboxLease,
    operator: Operator,
    environment: String,
    /// What the source held.
    before: Ledger,
    /// Where the backup is that is restored.
    path: &'static str,
}

impl Scenario {
    /// What became of each step, on servers that are purged afterwards.
    pub async fn play(name: &str, engine: EngineChoice, upgraded: Option<EngineVersion>) -> Vec<Outcome> {
        let set = caught(async {
            let sandbox = SandboxLease::with_engines(name, engine).await;
            let operator = Operator::new(&sandbox);
            let environment = operator.path("environment.yaml").into_string();
            let mut scenario = Self { sandbox, operator, environment, before: Ledger::new(), path: "versions/plain" };
            scenario.load(upgraded).await;
            scenario
        });
        match set.await {
            Err(reason) => STEPS.iter().map(|_| Outcome::Untried(format!("no servers with data: {reason}"))).collect(),
            Ok(mut scenario) => {
                let outcomes = scenario.steps().await;
                (*scenario.sandbox).clone().purge().await.expect("it can be removed");
                outcomes
            }
        }
    }

    async fn load(&mut self, upgraded: Option<EngineVersion>) {
        self.sandbox.load(LoadOptions::rows(RUNS), &mut |_| {}).await.expect("data");
        if let Some(version) = upgraded {
            for target in [UpgradeTarget::Server(ServerName::Source), UpgradeTarget::Cluster] {
                self.sandbox.upgrade(target, version, &mut |_| {}).await.expect("upgraded");
            }
        }
        self.sandbox.must("source", "SYSTEM STOP MERGES").await;
        self.before = self.sandbox.ledger("source").await;
        // One that the server has made without houseplan: what is restored where `backup` fails, and what puts the source back.
        self.sandbox.must("source", &format!("BACKUP DATABASE {DATABASE} TO {}", self.sandbox.s3(self.path))).await;
    }

    async fn steps(&mut self) -> Vec<Outcome> {
        let backup = self.tried("backup", self.backup()).await;
        if backup.is_pass() {
            self.path = "versions/backup";
        }
        let empty = self.tried("empty", self.empty()).await;
        let replace = self.tried("replace", self.replace()).await;
        let append = self.tried("append", self.append()).await;
        let existing = self.tried("existing", self.existing()).await;
        let verify = self.tried("verify", self.verify(existing.is_pass())).await;
        let moved = self.tried("move", self.moves()).await;
        let killed = if moved.is_pass() { self.killed().await } else { Outcome::Untried("the move fails".to_owned()) };
        let secrets = self.tried("secrets", self.secrets()).await;
        vec![backup, empty, replace, append, existing, verify, moved, killed, secrets]
    }

    /// Tries a step on a source that holds what it should; a run that stops in it is abandoned, and where that fails freed by hand.
    async fn tried(&self, name: &str, step: impl Future<Output = ()>) -> Outcome {
        let begun = Instant::now();
        if let Err(reason) = caught(self.put_back()).await {
            return Outcome::Untried(format!("the source cannot be put back: {reason}"));
        }
        let outcome = Outcome::of(&self.operator, step).await;
        if !outcome.is_pass() && !self.operator.all_runs().is_empty() {
            let run = self.operator.last_run();
            let _ = tokio::time::timeout(Duration::from_secs(30), self.operator.does(&["abandon", &run])).await;
        }
        for server in SERVERS {
            // After a step that passed there is none; a source that was moved away does not answer.
            let _ = self.sandbox.query(server, "DROP DATABASE IF EXISTS houseplan_claim SYNC").await;
        }
        let folder = self.sandbox.layout().dir().file_name().unwrap_or_default();
        let because = outcome.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        eprintln!("{folder}, {name}: {} after {} s{because}", outcome.cell(), begun.elapsed().as_secs());
        outcome
    }

    /// The source as it was loaded, by the server's own RESTORE.
    async fn put_back(&self) {
        if self.sandbox.query("source", "SELECT 1").await.is_err() || self.sandbox.ledger("source").await == self.before
        {
            return;
        }
        self.sandbox.must("source", &format!("DROP DATABASE IF EXISTS {DATABASE} SYNC")).await;
        let restore = format!("RESTORE DATABASE {DATABASE} FROM {}", self.sandbox.s3("versions/plain"));
        self.sandbox.must("source", &restore).await;
        self.sandbox.must("source", "SYSTEM STOP MERGES").await;
        assert_eq!(self.sandbox.ledger("source").await, self.before, "RESTORE brings it back");
    }

    async fn backup(&self) {
        let path = "path=versions/backup";
        let inputs = ["run", "backup", "--env", &self.environment, "--set", "database=langsmith", "--set", path];
        self.operator.does(&inputs).await.with(0).has("versions/backup");
    }

    async fn restores(&self, mode: &str, destination: &str, code: i32) {
        let (mode, path) = (format!("mode={mode}"), format!("path={}", self.path));
        let destination = format!("destination={destination}");
        // The plan's end starts merges, which take rows away that are replaced: this copy leaves them stopped.
        let query = "query: SYSTEM START MERGES {{ inputs.database | ident }}";
        let stopped =
            self.operator.plan("restore", &[(query, "query: SYSTEM STOP MERGES {{ inputs.database | ident }}")]);
        let plan = ["run", &stopped, "--env", &self.environment, "--target", &destination];
        let inputs = ["--set", "database=langsmith", "--set", &mode, "--set", &path];
        self.operator.does(&[&plan[..], &inputs].concat()).await.with(code);
    }

    /// Goes on after the approval that the run waits for.
    async fn approved(&self, step: &str) {
        let run = self.operator.last_run();
        self.operator.does(&["approve", &run, step]).await.with(0);
        self.operator.resumes(&[]).await.with(0);
    }

    async fn empty(&self) {
        self.sandbox.must("source", &format!("DROP DATABASE {DATABASE} SYNC")).await;
        self.restores("empty", "source", 0).await;
        self.sandbox.must("source", "SYSTEM STOP MERGES").await;
        assert_eq!(self.sandbox.ledger("source").await, self.before, "restored into nothing");
    }

    async fn replace(&self) {
        self.sandbox.must("source", &format!("TRUNCATE TABLE {DATABASE}.runs_tags")).await;
        self.restores("replace", "source", 4).await;
        self.approved("allow_drop").await;
        self.sandbox.must("source", "SYSTEM STOP MERGES").await;
        assert_eq!(self.sandbox.ledger("source").await, self.before, "restored in place of what was there");
    }

    async fn append(&self) {
        self.restores("append", "source", 4).await;
        self.approved("allow_append").await;
        let rows = |ledger: &Ledger, times| -> Vec<(String, u64)> {
            ledger.iter().map(|(table, (rows, _))| (table.clone(), rows * times)).collect()
        };
        assert_eq!(rows(&self.sandbox.ledger("source").await, 1), rows(&self.before, 2), "added once");
    }

    /// The cluster's tables as the migrations make them, without rows.
    async fn migrated(&self) {
        self.sandbox.must("replica1", &format!("DROP DATABASE IF EXISTS {DATABASE} ON CLUSTER default SYNC")).await;
        let options = MigrateOptions { keep_source: true, ..MigrateOptions::default() };
        self.sandbox.migrate(options, &mut |_| {}).await.expect("it migrates");
        // The migrations have inserted a row each; merges of these that are stopped would stay in the queue.
        self.sandbox.must("replica1", &format!("OPTIMIZE TABLE {DATABASE}.schema_migrations FINAL")).await;
        for replica in REPLICAS {
            while self.sandbox.must(replica, "SELECT sum(queue_size) FROM system.replicas").await != "0" {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            self.sandbox.must(replica, "SYSTEM STOP MERGES").await;
        }
    }

    async fn existing(&self) {
        self.migrated().await;
        self.restores("existing", "cluster", 0).await;
        self.eventually_holds().await;
    }

    /// `filled`: the cluster holds what the source does. Else it is filled by the server's own RESTORE.
    async fn verify(&self, filled: bool) {
        if !filled {
            self.migrated().await;
            let tables: Vec<String> = self.before.keys().map(|table| format!("TABLE {DATABASE}.`{table}`")).collect();
            let restore = format!(
                "RESTORE {} FROM {} SETTINGS allow_different_table_def = 1, create_table = 'must exist'",
                tables.join(", "),
                self.sandbox.s3("versions/plain")
            );
            self.sandbox.must("replica1", &restore).await;
            self.eventually_holds().await;
        }
        self.operator.runs("verify", &self.environment, &[]).await.with(0).has(BY_PARTS);

        // A NULL where there was none: the number of rows is the same.
        let id = format!("SELECT min(id) FROM {DATABASE}.feedbacks WHERE comment IS NOT NULL");
        let id = self.sandbox.must("replica1", &id).await;
        for replica in REPLICAS {
            self.sandbox.must(replica, "SYSTEM START MERGES").await;
        }
        let change = format!("ALTER TABLE {DATABASE}.feedbacks UPDATE comment = NULL WHERE id = '{id}'");
        self.sandbox.must("replica1", &change).await;
        for replica in REPLICAS {
            let changed = format!("SELECT count() FROM {DATABASE}.feedbacks WHERE id = '{id}' AND comment IS NULL");
            while self.sandbox.must(replica, &changed).await == "0" {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        self.operator.runs("verify", &self.environment, &[]).await.with(3).has("feedbacks");
    }

    /// Replication takes its time.
    async fn eventually_holds(&self) {
        let mut tries = 0;
        while caught(self.sandbox.holds(&self.before)).await.is_err() && tries < 50 {
            tries += 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.sandbox.holds(&self.before).await;
    }

    async fn moves(&self) {
        self.sandbox.must("replica1", &format!("DROP DATABASE IF EXISTS {DATABASE} ON CLUSTER default SYNC")).await;
        let versions = [self.version("source").await, self.version("replica1").await];
        let said = self.operator.runs(MOVE, &self.environment, &[]).await;
        // Where a definition differs by the version, a person says that it may.
        let said = if said.code == Some(4) { self.differences_approved(said).await } else { said };
        let told =
            format!("source runs ClickHouse {}, replica1 and replica2 run ClickHouse {}", versions[0], versions[1]);
        let said = said.with(0);
        if versions[0] == versions[1] {
            said.has_not("runs ClickHouse")
        } else {
            said.has(&told)
        };
        self.sandbox.holds(&self.before).await;
        assert_eq!(self.sandbox.claims().await, 0, "the claims are given back");
    }

    async fn version(&self, member: &str) -> String {
        self.sandbox.must(member, "SELECT version()").await
    }

    /// Approves what a newer ClickHouse makes of the tables' definitions, and goes on.
    async fn differences_approved(&self, said: Said) -> Said {
        said.has("The cluster runs another ClickHouse than the source").has("as its server derives it");
        self.operator.does(&["approve", &self.operator.last_run(), "allow_differences"]).await.with(0);
        self.operator.resumes(&[]).await
    }

    /// On servers that are as new.
    async fn killed(&mut self) -> Outcome {
        let anew = async {
            self.sandbox.reset(&mut |_| {}).await.expect("it begins anew");
            self.load(None).await;
        };
        if let Err(reason) = caught(anew).await {
            return Outcome::Untried(format!("no servers with data: {reason}"));
        }
        let restored_twice = async {
            let earlier = self.operator.all_runs().len();
            let running = self.operator.begin(&Operator::run_arguments(MOVE, &self.environment, &[]));
            let restores =
                || self.operator.all_runs().len() > earlier && self.operator.count("task_started", "restore") > 0;
            let mut said = running.ends_or_is_killed(&restores).await;
            if said.code == Some(4) {
                let run = self.operator.last_run();
                self.operator.does(&["approve", &run, "allow_differences"]).await.with(0);
                said = self.operator.begin(&["resume", &run]).ends_or_is_killed(&restores).await;
            }
            assert_eq!(said.code, None, "it ended before it restored: --- stderr\n{}", said.stderr);
            self.operator.resumes(&[]).await.with(0);
            self.sandbox.holds(&self.before).await;
        };
        self.tried("killed", restored_twice).await
    }

    /// Neither in what was printed nor in a journal.
    async fn secrets(&self) {
        let layout = self.sandbox.layout();
        let secrets = [layout.password_file(), layout.secret_access_key_file()];
        let secrets = secrets.map(|file| fs::read_to_string(file).expect("a secret").trim_end().to_owned());
        let mut files = Vec::new();
        files_below(&self.operator.path(""), &mut files);
        assert!(files.len() > STEPS.len(), "there is something to look at");
        for file in files {
            let text = String::from_utf8_lossy(&fs::read(&file).expect("a file")).into_owned();
            assert!(!secrets.iter().any(|secret| text.contains(secret)), "a secret is in {file}");
        }
    }
}

fn files_below(folder: &Utf8Path, files: &mut Vec<camino::Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().expect("a folder") {
        let path = entry.expect("an entry").into_path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.push(path);
        }
    }
}
