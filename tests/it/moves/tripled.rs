//! Rows that went three times into states whose result does not show it.

use super::Scene;

#[tokio::test]
async fn a_verification_sees_that_averages_are_of_tripled_rows() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let insert =
        "INSERT INTO averaged.t SELECT 1, arrayReduce('avgState', [toUInt64(10)]) SETTINGS insert_deduplicate = 0";
    for (server, engine) in [
        ("source", "AggregatingMergeTree"),
        ("replica1", "ReplicatedAggregatingMergeTree('/averaged/t', '{replica}')"),
        ("replica2", "ReplicatedAggregatingMergeTree('/averaged/t', '{replica}')"),
    ] {
        let table =
            format!("CREATE TABLE averaged.t (k UInt8, a AggregateFunction(avg, UInt64)) ENGINE = {engine} ORDER BY k");
        for sql in ["CREATE DATABASE averaged", &table, "SYSTEM STOP MERGES averaged.t"] {
            sandbox.must(server, sql).await;
        }
    }
    for server in ["source", "replica1"] {
        sandbox.must(server, insert).await;
    }
    let verify = ["run", "verify", "--env", &scene.environment, "--set", "database=averaged"];
    operator.does(&verify).await.with(0).has("every table of `averaged` but `schema_migrations` is the same");

    for _ in 0..2 {
        sandbox.must("replica1", insert).await;
    }
    let said = operator.does(&verify).await.with(3);
    said.has("3 rows instead of 1 (under FINAL 1 on both sides, but not the same ones)").has_not("succeeded");
}
