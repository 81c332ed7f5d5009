//! 5,200 columns of 49 characters: more text than a server takes in a statement by default.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

/// As many columns as a statement of the test's own may add.
const AT_ONCE: u32 = 1_300;

#[tokio::test]
async fn it_is_backed_up_restored_and_compared_by_its_rows() {
    let sandbox = SandboxLease::acquire().await;
    let sent = async |member: &str, sql: &str| drop(sandbox.must(member, sql).await);
    for (member, engine) in [
        ("source", "MergeTree"),
        ("replica1", "ReplicatedMergeTree('/clickhouse/wide', '{replica}')"),
        ("replica2", "ReplicatedMergeTree('/clickhouse/wide', '{replica}')"),
    ] {
        sent(member, "CREATE DATABASE wide").await;
        sent(member, &format!("CREATE TABLE wide.events (id UInt64) ENGINE = {engine} ORDER BY id")).await;
    }
    let name = |number: u32| format!("property_value_of_the_customer_event_number_{number:05}");
    for from in (0..5_200).step_by(AT_ONCE as usize) {
        let columns: Vec<String> =
            (from..from + AT_ONCE).map(|number| format!("ADD COLUMN {} Nullable(String)", name(number))).collect();
        for member in ["source", "replica1"] {
            sent(member, &format!("ALTER TABLE wide.events {}", columns.join(", "))).await;
        }
    }
    sent("replica2", "SYSTEM SYNC REPLICA wide.events").await;
    sent("source", "INSERT INTO wide.events (id) SELECT number FROM numbers(5)").await;
    let operator = Operator::new(&sandbox);
    operator.does(&["run", "backup", "--set", "database=wide", "--set", "path=wide"]).await.with(0);
    let restore = ["run", "restore", "--target", "destination=cluster", "--set", "mode=existing"];
    operator.does(&[&restore[..], &["--set", "database=wide", "--set", "path=wide"]].concat()).await.with(0);
    let verify = ["run", "verify", "--set", "database=wide"];
    operator.does(&verify).await.with(0).has("1 table is the same on 2 members by its parts");

    // Other parts of other rows, in the last column: those have to be read.
    let last = name(5_199);
    sent("replica1", &format!("INSERT INTO wide.events (id, {last}) VALUES (9, 'x')")).await;
    sent("source", &format!("INSERT INTO wide.events (id, {last}) VALUES (9, NULL)")).await;
    operator.does(&verify).await.with(3).has("6 rows on both sides, but not the same ones");
}
