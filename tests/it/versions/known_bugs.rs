//! Bugs of ClickHouse that are known, on a version that has them: met before anything is changed, and all rows arrive once the way
//! round was gone.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

const REPLICAS: [&str; 2] = ["replica1", "replica2"];
const ROWS: &str = "3500";

struct Scene {
    sandbox: SandboxLease,
    operator: Operator,
}

impl Scene {
    /// A table on the source whose 3,500 rows are in four parts, three of which are equal.
    async fn new() -> Self {
        let sandbox = SandboxLease::with_engines("known-bugs", "26.3".parse().expect("a version")).await;
        for statement in [
            "CREATE DATABASE equal",
            "CREATE TABLE equal.runs (id UInt64) ENGINE = MergeTree ORDER BY id",
            "SYSTEM STOP MERGES equal.runs",
            "INSERT INTO equal.runs SELECT number FROM numbers(1000)",
            "INSERT INTO equal.runs SELECT number FROM numbers(1000)",
            "INSERT INTO equal.runs SELECT number FROM numbers(1000)",
            "INSERT INTO equal.runs SELECT number FROM numbers(500)",
        ] {
            sandbox.must("source", statement).await;
        }
        let operator = Operator::new(&sandbox);
        Self { sandbox, operator }
    }

    async fn everywhere(&self, statement: &str) {
        for replica in REPLICAS {
            self.sandbox.must(replica, statement).await;
        }
    }

    /// The table on the cluster, empty, as migrations make it; under a path in Keeper of its own.
    async fn migrated(&self, path: &str) {
        self.everywhere("DROP DATABASE IF EXISTS equal SYNC").await;
        self.everywhere("CREATE DATABASE equal").await;
        let table = format!(
            "CREATE TABLE equal.runs (id UInt64) ENGINE = ReplicatedMergeTree('/equal/{path}', '{{replica}}') ORDER BY id"
        );
        self.everywhere(&table).await;
    }

    async fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for replica in REPLICAS {
            rows.push(self.sandbox.must(replica, "SELECT count() FROM equal.runs").await);
        }
        rows
    }

    async fn runs(&self, plan: &[&str], path: &str) -> crate::support::operator::Said {
        let environment = self.operator.path("environment.yaml").into_string();
        let path = format!("path={path}");
        let inputs = ["--env", &environment, "--set", "database=equal", "--set", &path];
        self.operator.does(&[&["run"], plan, &inputs].concat()).await
    }
}

const RESTORE: &[&str] = &["restore", "--target", "destination=cluster", "--set", "mode=existing"];

#[tokio::test]
#[ignore = "make test-versions"]
async fn parts_of_equal_content_are_found_before_a_restore_would_drop_them() {
    let scene = Scene::new().await;
    let Scene { sandbox, operator } = &scene;
    scene.runs(&["backup"], "one").await.with(0).has("equal parts in runs");

    // What the server does by itself.
    scene.migrated("lost").await;
    let restore = format!(
        "RESTORE TABLE equal.runs FROM {} SETTINGS allow_different_table_def = 1, create_table = 'must exist'",
        sandbox.s3("one")
    );
    sandbox.must("replica1", &restore).await;
    assert_eq!(sandbox.must("replica1", "SELECT count() FROM equal.runs").await, "1500", "this version has the bug");

    scene.migrated("kept").await;
    let said = scene.runs(RESTORE, "one").await.with(3);
    said.has("ClickHouse#107652").has("3 equal parts in partition all").has("replicated_deduplication_window");
    assert_eq!(scene.rows().await, ["0", "0"]);

    // The first way round.
    scene.everywhere("ALTER TABLE equal.runs MODIFY SETTING replicated_deduplication_window = 0").await;
    operator.resumes(&[]).await.with(0);
    assert_eq!(scene.rows().await, [ROWS, ROWS]);

    // The second one.
    sandbox.must("source", "SYSTEM START MERGES equal.runs").await;
    sandbox.must("source", "OPTIMIZE TABLE equal.runs FINAL").await;
    scene.runs(&["backup"], "two").await.with(0);
    scene.migrated("merged").await;
    scene.runs(RESTORE, "two").await.with(0);
    assert_eq!(scene.rows().await, [ROWS, ROWS]);
    (*scene.sandbox).clone().purge().await.expect("it can be removed");
}
