//! 5,200 columns of 49 characters: more text than a server takes in a statement by default.

use std::fmt::Write as _;

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

fn columns() -> String {
    let mut columns = String::from("id UInt64");
    for number in 0..5_200 {
        let _ = write!(columns, ", property_value_of_the_customer_event_number_{number:05} Nullable(String)");
    }
    columns
}

#[tokio::test]
async fn it_is_backed_up_restored_and_compared_by_its_rows() {
    let sandbox = SandboxLease::acquire().await;
    let sent = async |member: &str, sql: String| {
        sandbox.must(member, &sql).await;
    };
    for (member, engine) in [
        ("source", "MergeTree"),
        ("replica1", "ReplicatedMergeTree('/clickhouse/wide', '{replica}')"),
        ("replica2", "ReplicatedMergeTree('/clickhouse/wide', '{replica}')"),
    ] {
        sent(member, "CREATE DATABASE wide".to_owned()).await;
        sent(member, format!("CREATE TABLE wide.events ({}) ENGINE = {engine} ORDER BY id", columns())).await;
    }
    sent("source", "INSERT INTO wide.events (id) SELECT number FROM numbers(5)".to_owned()).await;
    let operator = Operator::new(&sandbox);
    operator.does(&["run", "backup", "--set", "database=wide", "--set", "path=wide"]).await.with(0);
    let restore = ["run", "restore", "--target", "destination=cluster", "--set", "mode=existing"];
    operator.does(&[&restore[..], &["--set", "database=wide", "--set", "path=wide"]].concat()).await.with(0);
    let verify = ["run", "verify", "--set", "database=wide"];
    operator.does(&verify).await.with(0).has("1 table is the same on 2 members by its parts");

    // Other parts of other rows, in one of the last columns: those have to be read.
    let last = "property_value_of_the_customer_event_number_05199";
    sent("replica1", format!("INSERT INTO wide.events (id, {last}) VALUES (9, 'x')")).await;
    sent("source", format!("INSERT INTO wide.events (id, {last}) VALUES (9, NULL)")).await;
    operator.does(&verify).await.with(3).has("6 rows on both sides, but not the same ones");
}
