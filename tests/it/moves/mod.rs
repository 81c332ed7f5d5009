//! Whole moves and their faults, through the binary, as an operator makes them; on the real engine.

mod killed_in_mid_backup;
mod killed_in_mid_restore;
mod migrations_missing;
mod whole_move;

use houseplan::sandbox::LoadOptions;

use crate::support::{
    ledger::Ledger,
    operator::Operator,
    sandbox_lease::SandboxLease,
};

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

    async fn moved_once(&self) {
        self.sandbox.holds(&self.before).await;
        assert_eq!(self.sandbox.claims().await, 0, "the claims are given back");
    }
}
