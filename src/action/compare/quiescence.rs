//! Waits until replication has come to rest: before that, a difference between replicas means nothing.
//!
//! It polls `system.replicas`; `SYSTEM SYNC REPLICA` would be a write. Merges in the queue are not waited for: where they
//! are stopped, as a plan does from before a restore until it is verified, they stay there for ever.
//!
//! One look is not enough: an empty log and one whose first entry nobody has taken yet look the same (`log_max_index` and
//! `log_pointer` are 0 in both; *seen on 26.9*), and an entry may be between the log and the queue. So replication is at rest
//! when two looks, [`CALM`] apart, find nothing to do and nothing moved. Were a replica slower than that, it would be found
//! to differ, never to be equal.

use std::time::Duration;

use futures::future::try_join_all;
use indexmap::IndexMap;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    action::inventory::read::Question,
    catalogue,
    connect::{
        clickhouse::{Row, Statement, quote_string},
        target::{Cluster, Member},
    },
    diagnose::{Context, diagnose},
    engine::performer::{Progress, TaskContext},
    failure::Failure,
    humanize::thousands,
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long nothing may have moved; replicas hear of a new entry of the log at once, by a watch in Keeper.
const CALM: Duration = Duration::from_millis(500);

/// Returns when the replicated tables of the database are at rest on all members; fails with what is stuck when
/// `patience` is over.
pub async fn await_quiescence(
    target: &Cluster,
    question: &Question,
    patience: Duration,
    task_context: &TaskContext,
) -> Result<(), Failure> {
    let deadline = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    let mut before: Option<Vec<Replica>> = None;
    loop {
        let members = try_join_all(target.members.iter().map(|member| replicas(member, question))).await?;
        let now: Vec<Replica> = members.into_iter().flatten().collect();
        let restless = restless(&now);
        if restless.is_empty() && (now.is_empty() || before.as_ref() == Some(&now)) {
            return Ok(());
        }
        if Instant::now() + pause > deadline {
            let context = Context::new(question.action);
            let stuck = match restless.is_empty() {
                true => "no replica has anything to do, but something still writes".to_owned(),
                false => restless.join("; "),
            };
            let message = format!("replication has not finished in {} s: {stuck}", patience.as_secs());
            return Err(catalogue::compare::REPLICATION_NOT_FINISHED.failure_in(&context).with_message(message));
        }
        let Some(first) = restless.first() else {
            before = Some(now);
            sleep(CALM).await;
            continue;
        };
        (task_context.progress)(Progress {
            doing: Some(format!("waiting until replication is idle: {first}")),
            ..Progress::default()
        });
        before = None;
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What one member's replica of a table has still to do.
#[derive(Debug, Default, PartialEq)]
struct Replica {
    member: String,
    table: String,
    path: String,
    queued: u64,
    mutations: u64,
    log_max_index: u64,
    log_pointer: u64,
    active: u64,
    total: u64,
    readonly: bool,
    exception: String,
}

async fn replicas(member: &Member, question: &Question) -> Result<Vec<Replica>, Failure> {
    let statement = Statement::read(format!(
        "SELECT table, zookeeper_path, queue_size, merges_in_queue, part_mutations_in_queue, log_max_index, log_pointer, \
         active_replicas, total_replicas, is_readonly, zookeeper_exception FROM system.replicas WHERE database = {}",
        quote_string(&question.database)
    ));
    let answer = member.client.query(&statement).await;
    let rows = answer.map_err(|error| diagnose(&error, &Context::on(question.action, member)))?;
    let replicas = rows.0.iter().map(|row| Replica::new(member, row));
    Ok(replicas.filter(|replica| !question.except.contains(&replica.table)).collect())
}

impl Replica {
    fn new(member: &Member, row: &Row) -> Self {
        let number = |column: &str| row.get(column).and_then(Value::as_u64).unwrap_or_default();
        let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mutations = number("part_mutations_in_queue");
        Self {
            member: member.name.to_string(),
            table: text("table"),
            path: text("zookeeper_path"),
            queued: number("queue_size").saturating_sub(number("merges_in_queue") + mutations),
            mutations,
            log_max_index: number("log_max_index"),
            log_pointer: number("log_pointer"),
            active: number("active_replicas"),
            total: number("total_replicas"),
            readonly: number("is_readonly") != 0,
            exception: text("zookeeper_exception"),
        }
    }

    /// What keeps it from rest. `newest` is the log pointer of the replica of the same table that is furthest.
    fn unrest(&self, newest: u64) -> Option<String> {
        // The pointer is the next entry to take: at rest it is one past the last. An empty log has 0 for both.
        let behind = (self.log_pointer > 0 && self.log_max_index >= self.log_pointer)
            || self.log_max_index > self.log_pointer
            || self.log_pointer < newest;
        if !self.exception.is_empty() {
            Some(format!("Keeper says {}", self.exception.lines().next().unwrap_or_default()))
        } else if self.readonly {
            Some("read-only".to_owned())
        } else if self.active < self.total || self.total == 0 {
            Some(format!("{} of {} replicas active", self.active, self.total))
        } else if self.queued > 0 {
            Some(format!("{} parts to fetch", thousands(self.queued)))
        } else if self.mutations > 0 {
            Some(format!("{} mutations of parts to do", thousands(self.mutations)))
        } else {
            behind.then(|| "behind the replication log".to_owned())
        }
    }
}

fn restless(replicas: &[Replica]) -> Vec<String> {
    let mut newest: IndexMap<&str, u64> = IndexMap::new();
    for replica in replicas {
        let pointer = newest.entry(&replica.path).or_default();
        *pointer = replica.log_pointer.max(*pointer);
    }
    let unrest = replicas.iter().filter_map(|replica| {
        let what = replica.unrest(newest[replica.path.as_str()])?;
        Some(format!("{} on {}: {what}", replica.table, replica.member))
    });
    unrest.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_rest(member: &str) -> Replica {
        Replica {
            member: member.into(),
            table: "t".into(),
            path: "/p".into(),
            log_max_index: 4,
            log_pointer: 5,
            active: 2,
            total: 2,
            ..Replica::default()
        }
    }

    #[test]
    fn a_replica_that_has_not_read_the_log_is_not_at_rest_though_its_queue_is_empty() {
        assert!(restless(&[at_rest("a"), at_rest("b")]).is_empty());
        let behind = Replica { log_pointer: 4, ..at_rest("b") };
        assert_eq!(restless(&[at_rest("a"), behind]), ["t on b: behind the replication log"]);
        let never = Replica { log_pointer: 0, log_max_index: 0, ..at_rest("b") };
        assert_eq!(restless(&[at_rest("a"), never]), ["t on b: behind the replication log"]);
        let empty = |member| Replica { log_pointer: 0, log_max_index: 0, ..at_rest(member) };
        assert!(restless(&[empty("a"), empty("b")]).is_empty());
    }

    #[test]
    fn what_is_stuck_is_said() {
        let gone = Replica { active: 0, total: 0, ..at_rest("a") };
        let fetching = Replica { queued: 3, ..at_rest("b") };
        assert_eq!(restless(&[gone, fetching]), ["t on a: 0 of 0 replicas active", "t on b: 3 parts to fetch"]);
    }
}
