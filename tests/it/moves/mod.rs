//! Whole moves and their faults, through the binary, as an operator makes them; on the real engine.

mod abandoned;
mod another_type;
mod changed_meanwhile;
mod changed_plan;
mod claim_freed;
mod column_more;
mod copy_then_switch;
mod could_it_begin;
mod dropped;
mod every_boundary;
mod given_up_without;
mod grants;
mod grown_old;
mod killed_again_and_again;
mod killed_in_mid_backup;
mod killed_in_mid_restore;
mod left_out;
mod lightweight_updates;
mod mended_target;
mod migrations_missing;
mod mutations;
mod outputs;
mod production;
mod readme;
mod restarted;
mod restored_apart;
mod restored_whole;
mod scripts;
mod second_run;
mod secrets;
mod settled;
mod shards;
mod shipped_plans;
mod source_gone;
mod stale_replicas;
mod store;
mod tripled;
mod two_operators;
mod under;
mod upgraded;
mod whole_move;

use std::time::{Duration, Instant};

use houseplan::sandbox::LoadOptions;

use crate::support::{ledger::Ledger, operator::Operator, sandbox_lease::SandboxLease};

/// A sandbox with data on its source, and an operator before it.
struct Scene {
    sandbox: SandboxLease,
    operator: Operator,
    /// What the source held.
    before: Ledger,
    environment: String,
}

impl Scene {
    /// Enough rows to be wrong about, few enough to be quick.
    async fn small() -> Self {
        Self::with_runs(2_000).await
    }

    async fn with_runs(runs: u64) -> Self {
        let sandbox = SandboxLease::acquire().await;
        let operator = Operator::new(&sandbox);
        let environment = operator.path("environment.yaml").into_string();
        let mut scene = Self { sandbox, operator, before: Ledger::new(), environment };
        scene.load(runs).await;
        scene
    }

    async fn load(&mut self, runs: u64) {
        self.sandbox.load(LoadOptions::rows(runs), &mut |_| {}).await.expect("data");
        // What merges meanwhile would not be what is moved.
        self.sandbox.must("source", "SYSTEM STOP MERGES").await;
        self.before = self.sandbox.ledger("source").await;
    }

    /// An environment whose migrations make the feedbacks' score otherwise.
    fn other_score(&self, column: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/migrations");
        for entry in std::fs::read_dir(folder).expect("the migrations") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            let text = std::fs::read_to_string(&path).expect("a migration");
            let other = text.replace("score Nullable(Float64)", column);
            assert_eq!(other != text, name == "002_feedbacks.up.sql", "{name}");
            self.operator.write(&format!("migrations/{name}"), &other);
        }
        let migrations = format!("sandbox, migrate, --migrations, \"{}\", --dir", self.operator.path("migrations"));
        self.operator.environment("other", &[("sandbox, migrate, --dir", &migrations)])
    }

    async fn moved_once(&self) {
        self.sandbox.holds(&self.before).await;
        assert_eq!(self.sandbox.claims().await, 0, "the claims are given back");
    }

    /// How many operations of this state the server knows that the last run's task has begun; its name begins with `task`.
    async fn operations(&self, member: &str, status: &str, task: &str) -> usize {
        let Some(run) = self.operator.all_runs().pop() else { return 0 };
        let sql = format!(
            "SELECT count() FROM system.backups WHERE status LIKE '{status}' AND startsWith(id, '{run}/{task}')"
        );
        self.sandbox.must(member, &sql).await.parse().expect("a number")
    }

    /// Waits until the server is seen at such an operation.
    async fn sees(&self, member: &str, status: &str, task: &str) {
        let begun = Instant::now();
        while self.operations(member, status, task).await == 0 {
            assert!(begun.elapsed() < Duration::from_secs(90), "{status} was never seen on {member}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The backup slowed down, so that it is seen at work.
const SLOW_BACKUP: (&str, &str) = (
    "      to: { store: store, path: \"{{ inputs.path }}\" }\n",
    "      to: { store: store, path: \"{{ inputs.path }}\" }\n      settings: { max_backup_bandwidth: 120000 }\n",
);

/// A plan that claims, has done something that is seen on no server any more, and stands still.
const STANDS_STILL: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: still }
targets: { source: { kind: clickhouse } }
steps:
  asks: { sql: { on: source, query: SYSTEM FLUSH LOGS, effect: idempotent } }
  fails: { needs: [asks], sql: { on: source, query: SELECT throwIf(1), effect: read } }
";
