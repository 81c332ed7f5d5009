//! What the shipped plans and the actions rely on, shown on the real engine; each test is named by its fact.
//!
//! What the sandbox cannot show stays unproven here, and is called so: grants (`CREATE USER` is missing, so 497 and the rights
//! READ and WRITE ON S3 as well), node roles and session tokens (s3s-fs checks neither), `system.query_log` and `backup_log`,
//! the DDL queue (159; ON CLUSTER is a loop of the sandbox's own), the queue of asynchronous inserts (FLUSH has nothing to
//! flush), TLS, Keeper on several hosts, the chart's hooks, other versions than this one.

mod drops;
mod errors;
mod kinds;
mod literals;
mod merges;
mod merging;
mod names;
mod refusals;
mod restores;

use std::time::Duration;

use houseplan::connect::{
    clickhouse::{Exception, Statement},
    target::Member,
};

use crate::support::stage::Stage;

/// The exception that a statement is refused with; `{db}` is the test's own database.
async fn refused(stage: &Stage, member: &Member, text: &str) -> Exception {
    let text = text.replace("{db}", &stage.name);
    let error = match member.client.query(&Statement::write(text.clone())).await {
        Ok(rows) => panic!("{text} was accepted: {rows:?}"),
        Err(error) => error,
    };
    error.exception().unwrap_or_else(|| panic!("{text}: {error}")).clone()
}

/// The only cell of an answer, as text.
async fn cell(stage: &Stage, member: &Member, text: &str) -> String {
    match stage.run(member, text).await.scalar() {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("{text} gave no cell"),
    }
}

/// Until the cell is what is wanted.
async fn becomes(stage: &Stage, member: &Member, text: &str, wanted: &str) {
    for _ in 0..200 {
        if cell(stage, member, text).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{text} is {}, not {wanted}", cell(stage, member, text).await);
}
