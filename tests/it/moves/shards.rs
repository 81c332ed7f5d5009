//! The plan `verify`, of one server with a cluster of two shards.

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

#[tokio::test]
async fn verify_adds_up_over_shards_and_restore_refuses_them() {
    let sandbox = SandboxLease::acquire().await;
    let operator = Operator::new(&sandbox);
    for (member, rows) in [("replica2", "1"), ("source", "number < 300"), ("replica1", "number >= 300")] {
        sandbox.must(member, "CREATE DATABASE house").await;
        sandbox.must(member, "CREATE TABLE house.runs (k UInt64) ENGINE = MergeTree ORDER BY k").await;
        sandbox.must(member, &format!("INSERT INTO house.runs SELECT number FROM numbers(1000) WHERE {rows}")).await;
    }
    // `source` becomes the one server that holds the whole, `cluster` two servers of a shard each.
    let text = std::fs::read_to_string(operator.path("environment.yaml")).expect("the environment");
    let line = |begins: &str| text.lines().find(|line| line.trim_start().starts_with(begins)).expect(begins).to_owned();
    let (source, replica1, replica2) = (line("source: {"), line("replica1: {"), line("replica2: {"));
    let second = replica1.replace("shard: 1", "shard: 2");
    let first = source.replace("source: {", "first: { shard: 1,");
    let environment = operator.environment(
        "sharded",
        &[
            ("    cluster: default\n", ""),
            (&replica1, &first),
            (&replica2, &second),
            (&source, &replica2.replace("replica2:", "source:")),
        ],
    );
    let verify = ["run", "verify", "--env", &environment, "--set", "database=house"];
    operator.does(&verify).await.with(0).has("1 table is the same on 2 members").has("1,000");

    sandbox.must("replica1", "ALTER TABLE house.runs DELETE WHERE k = 999 SETTINGS mutations_sync = 2").await;
    operator.does(&verify).await.with(3).has("999 rows instead of 1,000");

    // A plan that would restore there is not valid, and this environment fits none of one shard.
    let plan = operator.plan(
        "restore",
        &[("destination: { kind: clickhouse, shards: 1 }", "destination: { kind: clickhouse, shards: 2 }")],
    );
    operator.does(&["validate", &plan]).await.with(2).has("may have several shards");
    operator.does(&["validate", "standalone-to-replicated", "--env", &environment]).await.with(2).has("2 shards");
}
