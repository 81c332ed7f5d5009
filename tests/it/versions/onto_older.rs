//! A backup that a newer ClickHouse has made, and an older one that it is to be restored onto: it would make tables and fill none.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

/// Restores without a look at the backup first.
const BARE: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: bare }
targets: { destination: { kind: clickhouse }, store: { kind: s3 } }
steps:
  restore:
    restore: { on: destination, from: onto/older, store: store, database: newer, into: absent }
";

const REPLICAS: [&str; 2] = ["replica1", "replica2"];

/// Made on the source, restored onto the cluster: refused in each mode, and nothing is made or dropped there.
async fn refused(engines: &str, made_by: &str) {
    let sandbox = SandboxLease::with_engines(
        &format!("onto-older-{}", engines.replace(['=', ','], "-")),
        engines.parse().unwrap(),
    )
    .await;
    let operator = Operator::new(&sandbox);
    for statement in [
        "CREATE DATABASE newer",
        "CREATE TABLE newer.t (id UInt64, s String, n Nullable(String)) ENGINE = MergeTree ORDER BY id",
        "INSERT INTO newer.t SELECT number, toString(number), NULL FROM numbers(100)",
    ] {
        sandbox.must("source", statement).await;
    }
    let inputs = ["--set", "database=newer", "--set", "path=onto/older"];
    operator.does(&[&["run", "backup"][..], &inputs].concat()).await.with(0).has(&format!("made by {made_by}"));

    let restore = ["run", "restore", "--target", "destination=cluster", "--set", "mode=empty"];
    let said = operator.does(&[&restore[..], &inputs].concat()).await.with(1);
    let code = "houseplan::restore::newer_backup";
    said.has(code).has(&format!("the backup was made by {made_by}, and replica1 runs"));
    let databases = "SELECT count() FROM system.databases WHERE name = 'newer'";
    for replica in REPLICAS {
        assert_eq!(sandbox.must(replica, databases).await, "0", "{replica}");
    }
    operator.does(&["abandon", &operator.last_run()]).await.with(0);

    let bare = operator.write("bare.yaml", BARE);
    operator.does(&["run", &bare, "--target", "destination=cluster"]).await.with(1).has(code);
    for replica in REPLICAS {
        assert_eq!(sandbox.must(replica, databases).await, "0", "{replica}");
    }
    operator.does(&["abandon", &operator.last_run()]).await.with(0);

    for replica in REPLICAS {
        for statement in ["CREATE DATABASE newer", "CREATE TABLE newer.t (id UInt64) ENGINE = MergeTree ORDER BY id"] {
            sandbox.must(replica, statement).await;
        }
        sandbox.must(replica, "INSERT INTO newer.t SELECT 7").await;
    }
    for mode in ["replace", "existing", "append"] {
        let mode = format!("mode={mode}");
        let restore = ["run", "restore", "--target", "destination=cluster", "--set", &mode];
        operator.does(&[&restore[..], &inputs].concat()).await.with(1).has(code);
        operator.does(&["abandon", &operator.last_run()]).await.with(0);
        for replica in REPLICAS {
            assert_eq!(sandbox.must(replica, "SELECT sum(id) FROM newer.t").await, "7", "{mode}");
        }
    }
    (*sandbox).clone().purge().await.expect("it can be removed");
}

#[tokio::test]
#[ignore = "make test-versions"]
async fn our_id_tells_the_version_and_refuses_it() {
    refused("source=26.9,cluster=25.8", "ClickHouse 26.9.2.1").await;
    refused("source=26.9,cluster=26.7", "ClickHouse 26.9.2.1").await;
}

#[tokio::test]
#[ignore = "make test-versions"]
async fn where_no_id_is_kept_the_files_of_its_parts_do() {
    refused("source=26.3,cluster=26.1", "a ClickHouse newer than 26.1 and before 26.7").await;
    refused("source=26.1,cluster=25.8", "a ClickHouse newer than 25.8 and before 26.7").await;
    refused("source=25.8,cluster=24.8", "a ClickHouse newer than 24.8 and before 26.7").await;
}
