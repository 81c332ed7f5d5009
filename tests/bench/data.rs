//! What it costs to have BACKUP and RESTORE recorded and followed: the whole of `houseplan run` against the bare statement.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use camino::Utf8Path;
use houseplan::sandbox::{DATABASE, LoadOptions, Sandbox, ServerName, UpOptions};
use tokio::runtime::Runtime;

use super::{Bench, comparison, program, turns};

/// As many as make a BACKUP take several seconds: of less, the noise says more than the ratio.
const ROWS: u64 = 5_000_000;
const REPETITIONS: usize = 4;
/// What houseplan sets where nobody else does.
const RETRIES: &str = "backup_restore_s3_retry_attempts = 20, backup_restore_s3_retry_initial_backoff_ms = 100, \
                       backup_restore_s3_retry_max_backoff_ms = 5000";

pub fn measure(bench: &mut Bench) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = Utf8Path::from_path(&bench.folder).expect("a path in UTF-8").join("sandbox");
    let rows = std::env::var("BENCH_ROWS").map_or(ROWS, |rows| rows.parse().expect("a number in BENCH_ROWS"));
    let sandbox = runtime.block_on(async {
        let say = &mut |what: &str| eprintln!("  {what}");
        let sandbox = Sandbox::up(UpOptions::new(&folder, program()), say).await.expect("a sandbox");
        // Merges would change what is backed up from one repetition to the next.
        sandbox.load(LoadOptions::rows(rows), say).await.expect("data");
        sandbox
    });
    let measured = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let bare = Bare { runtime: &runtime, sandbox: &sandbox };
        for table in bare
            .query("SELECT name FROM system.tables WHERE database = 'langsmith' AND engine LIKE '%MergeTree'")
            .lines()
        {
            bare.query(&format!("OPTIMIZE TABLE {DATABASE}.`{table}` FINAL"));
        }
        let size = bare.query("SELECT formatReadableSize(sum(bytes_on_disk)) FROM system.parts WHERE active");
        eprintln!("  {rows} runs, {} on disk", size.trim());
        comparison::measure(bench, &runtime, &sandbox);
        bare.backups(bench);
        bare.restores(bench);
    }));
    runtime.block_on(sandbox.purge()).expect("the sandbox is gone");
    if let Err(panic) = measured {
        std::panic::resume_unwind(panic);
    }
}

struct Bare<'a> {
    runtime: &'a Runtime,
    sandbox: &'a Sandbox,
}

impl Bare<'_> {
    fn backups(&self, bench: &mut Bench) {
        let step = format!(
            "backup: {{ on: source, database: {DATABASE}, to: {{ store: store, path: 'ours/{{{{ run.id }}}}' }} }}"
        );
        let plan = plan(bench, "move-out", "source: { kind: clickhouse }, store: { kind: s3 }", &step);
        let mut bare = 0;
        let times = turns(
            REPETITIONS,
            || bench.run(&plan, &self.environment(), &[]),
            || {
                bare += 1;
                self.statement(&format!("BACKUP DATABASE {DATABASE} TO {}", self.store(&format!("bare/{bare}"))))
            },
        );
        bench.ratio("BACKUP of the sandbox's database", "bare", times, 1.02);
    }

    fn restores(&self, bench: &mut Bench) {
        let step = "restore: { on: source, all: { except: [] }, from: bare/1, store: store, into: absent }";
        let plan = plan(bench, "move-in", "source: { kind: clickhouse }, store: { kind: s3 }", step);
        let times = turns(
            REPETITIONS,
            || {
                self.empty();
                bench.run(&plan, &self.environment(), &[])
            },
            || {
                self.empty();
                let except = "ALL EXCEPT DATABASES system, information_schema, INFORMATION_SCHEMA, houseplan_claim";
                self.statement(&format!("RESTORE {except} FROM {}", self.store("bare/1")))
            },
        );
        bench.ratio("RESTORE of it", "bare", times, 1.02);
    }

    /// Sends a statement, which is answered when it is done: nothing is asked meanwhile that could slow it down.
    fn statement(&self, text: &str) -> Duration {
        let start = Instant::now();
        self.query(&format!("{text} SETTINGS {RETRIES}"));
        start.elapsed()
    }

    /// Nothing is there to restore over, and what is gone is gone from the disk too.
    fn empty(&self) {
        self.query(&format!("DROP DATABASE IF EXISTS {DATABASE} SYNC"));
    }

    fn query(&self, text: &str) -> String {
        self.runtime.block_on(self.sandbox.query(ServerName::Source, text)).expect("an answer")
    }

    fn store(&self, path: &str) -> String {
        let layout = self.sandbox.layout();
        let secret = |path| fs::read_to_string(path).expect("a secret of the sandbox").trim().to_owned();
        let (id, key) = (secret(layout.access_key_id_file()), secret(layout.secret_access_key_file()));
        format!("S3('http://127.0.0.1:{}/backups/{path}', '{id}', '{key}')", self.sandbox.ports().s3())
    }

    fn environment(&self) -> PathBuf {
        self.sandbox.layout().environment_file().into()
    }
}

fn plan(bench: &Bench, name: &str, targets: &str, step: &str) -> PathBuf {
    let path: &Path = &bench.folder.join(format!("{name}.yaml"));
    let text = format!(
        "apiVersion: houseplan/v1\nkind: Plan\nmetadata: {{ name: {name} }}\ntargets: {{ {targets} }}\nsteps:\n  act:\n    {step}\n"
    );
    fs::write(path, text).expect("a plan");
    path.to_owned()
}
