//! A table of 5,200 columns: the statements that read it are longer than a server takes by itself.

use houseplan::connect::clickhouse::Statement;

use crate::support::{
    operator::{DATABASE, Operator},
    sandbox_lease::SandboxLease,
};

const COLUMNS: usize = 5_200;

async fn is_backed_up(sandbox: &SandboxLease) {
    let client = sandbox.client("source", "default");
    let names = (0..COLUMNS).map(|at| format!("`property_value_of_the_customer_event_number_{at:05}`"));
    let columns: String = names.map(|name| format!(", {name} Nullable(String)")).collect();
    for statement in [
        format!("CREATE DATABASE {DATABASE}"),
        format!("CREATE TABLE {DATABASE}.events (id UInt64{columns}) ENGINE = MergeTree ORDER BY id"),
        format!("INSERT INTO {DATABASE}.events (id) SELECT number FROM numbers(5)"),
    ] {
        client.query(&Statement::write(statement)).await.unwrap_or_else(|error| panic!("{error}"));
    }
    let operator = Operator::new(sandbox);
    let environment = operator.path("environment.yaml").into_string();
    operator.runs("backup", &environment, &[]).await.with(0);
    let events = operator.events();
    let inventory = events.iter().find(|event| event["event"] == "step_succeeded" && event["step"] == "inventory");
    let tables = &inventory.expect("an inventory")["outputs"]["tables"];
    assert_eq!(tables[0]["rows"], 5, "{}: {:?}", tables[0]["name"], operator.events().last());
    assert_eq!(tables[0]["columns"].as_array().map(Vec::len), Some(COLUMNS + 1));
}

#[tokio::test]
async fn a_table_of_5200_columns_is_backed_up() {
    is_backed_up(&SandboxLease::acquire().await).await;
}

#[tokio::test]
async fn a_table_of_5200_columns_is_backed_up_on_the_oldest() {
    let sandbox = SandboxLease::with_engines("wide-24.8", "24.8".parse().expect("a version")).await;
    is_backed_up(&sandbox).await;
    (*sandbox).clone().purge().await.expect("it can be removed");
}
