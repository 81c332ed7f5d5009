//! 5,200 columns of 49 characters: more text than a server takes in a statement by default.

use houseplan::connect::clickhouse::Statement;

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

#[tokio::test]
async fn it_is_backed_up_restored_and_compared_by_its_rows() {
    let sandbox = SandboxLease::acquire().await;
    let sent = async |member: &str, sql: &str| drop(sandbox.must(member, sql).await);
    let name = |number: u32| format!("property_value_of_the_customer_event_number_{number:05}");
    let columns: String = (0..5_200).map(|number| format!(", {} Nullable(String)", name(number))).collect();
    for (member, engine) in [
        ("source", "MergeTree"),
        ("replica1", "ReplicatedMergeTree('/clickhouse/wide', '{replica}')"),
        ("replica2", "ReplicatedMergeTree('/clickhouse/wide', '{replica}')"),
    ] {
        sent(member, "CREATE DATABASE wide").await;
        // houseplan's own client takes as long a statement as there is; the tests' own does not.
        let create = format!("CREATE TABLE wide.events (id UInt64{columns}) ENGINE = {engine} ORDER BY id");
        let created = sandbox.client(member, "default").query(&Statement::write(create)).await;
        created.unwrap_or_else(|error| panic!("{member}: {error}"));
    }
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
