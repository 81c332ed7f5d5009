//! Looks at every server before a run acts on any, and tells all that is wrong in one go.

use futures::future::join_all;
use serde_json::Value;

use super::{identity::Identity, work};
use crate::{
    catalogue::{self, Entry},
    connect::{
        clickhouse::{Statement, quote_string},
        target::{Cluster, Member},
    },
    diagnose::{Activity, Context, diagnose},
    failure::Failure,
    name::Name,
    plan::model::Count,
};

/// What a plan expects of a ClickHouse target.
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    pub target: &'a Cluster,
    pub members: Option<Count>,
    /// One where the plan says nothing.
    pub shards: Option<Count>,
    /// The databases that the plan acts on; where one is there, it has to be Atomic.
    pub databases: Vec<String>,
}

/// A member, and who it is.
pub type Pinned = (Name, Name, Identity);

/// Looks at all targets. `run` is the run's id: its own BACKUPs and RESTOREs may be under way, as may those of the runs in
/// `lent` (whose claim it works under).
pub async fn preflight(
    expectations: &[Expectation<'_>],
    run: &str,
    lent: &[String],
) -> Result<Vec<Pinned>, Vec<Failure>> {
    let mut problems: Vec<Failure> = expectations.iter().flat_map(numbers).collect();
    let members: Vec<(&Expectation<'_>, &Member)> = expectations
        .iter()
        .flat_map(|expectation| expectation.target.members.iter().map(move |member| (expectation, member.as_ref())))
        .collect();
    let own: Vec<&str> = std::iter::once(run).chain(lent.iter().map(String::as_str)).collect();
    let looks = join_all(members.iter().map(|(expectation, member)| look(expectation, member, &own))).await;

    let mut pinned: Vec<Pinned> = Vec::new();
    for ((_, member), (identity, found)) in members.into_iter().zip(looks) {
        problems.extend(found);
        if let Some(identity) = identity {
            pinned.push((member.target.clone(), member.name.clone(), identity));
        }
    }
    problems.extend(twins(&pinned));
    if problems.is_empty() { Ok(pinned) } else { Err(problems) }
}

fn problem(entry: &'static Entry, member: Option<&Member>, message: String) -> Failure {
    let context =
        member.map_or_else(|| Context::new(Activity::Preflight), |member| Context::on(Activity::Preflight, member));
    entry.failure_in(&context).with_message(message)
}

/// Members and shards, as far as the environment tells.
fn numbers(expectation: &Expectation<'_>) -> Vec<Failure> {
    let target = expectation.target;
    let one = Count { min: 1, max: Some(1) };
    let shards = target.one_of_each_shard().len();
    let (members, allowed) = (target.members.len(), expectation.shards.unwrap_or(one));
    let wrong_members = expectation.members.is_some_and(|count| !count.allows(members)).then(|| {
        let message =
            format!("target `{}` has {members} members in the environment, which the plan does not allow", target.name);
        problem(&catalogue::world::MEMBER_COUNT, None, message)
    });
    let wrong_shards = (!allowed.allows(shards)).then(|| {
        let message =
            format!("target `{}` has {shards} shards in the environment, which the plan does not allow", target.name);
        problem(&catalogue::world::SHARD_COUNT, None, message)
    });
    wrong_members.into_iter().chain(wrong_shards).collect()
}

async fn look(expectation: &Expectation<'_>, member: &Member, own: &[&str]) -> (Option<Identity>, Vec<Failure>) {
    // Where it does not say who it is, further questions would only repeat why.
    let identity = match Identity::of(member).await {
        Ok(identity) => identity,
        Err(failure) => return (None, vec![failure]),
    };
    let looks = futures::join!(
        unknown_hosts(expectation.target, member),
        wrong_databases(&expectation.databases, member),
        foreign_operations(member, own)
    );
    let problems =
        [looks.0, looks.1, looks.2].into_iter().flat_map(|look| look.unwrap_or_else(|failure| vec![failure]));
    (Some(identity), problems.collect())
}

async fn ask(member: &Member, text: String) -> Result<Vec<crate::connect::clickhouse::Row>, Failure> {
    let answer = member.client.query(&Statement::read(text)).await;
    answer.map(|rows| rows.0).map_err(|error| diagnose(&error, &Context::on(Activity::Preflight, member)))
}

/// The environment has to name all hosts of the cluster, and no more shards than there are.
async fn unknown_hosts(target: &Cluster, member: &Member) -> Result<Vec<Failure>, Failure> {
    let Some(cluster) = &target.cluster else { return Ok(Vec::new()) };
    let name = quote_string(cluster);
    let rows = ask(
        member,
        format!("SELECT shard_num AS shard, host_name AS host FROM system.clusters WHERE cluster = {name} ORDER BY shard_num, replica_num"),
    )
    .await?;
    if rows.is_empty() {
        let message = format!("{} knows no cluster `{cluster}`", member.name);
        return Ok(vec![problem(&catalogue::world::UNKNOWN_CLUSTER, Some(member), message)]);
    }
    let named = target.members.len();
    if rows.len() > named {
        let hosts: Vec<&str> = rows.iter().filter_map(|row| row.get("host").and_then(Value::as_str)).collect();
        let message = format!(
            "{} knows {} hosts of cluster `{cluster}` ({}), and the environment names {named} members of target `{}`",
            member.name,
            rows.len(),
            hosts.join(", "),
            target.name
        );
        return Ok(vec![problem(&catalogue::world::MISSING_MEMBERS, Some(member), message)]);
    }
    let mut shards: Vec<u64> = rows.iter().filter_map(|row| row.get("shard").and_then(Value::as_u64)).collect();
    shards.dedup();
    let named = target.one_of_each_shard().len();
    if shards.len() != named {
        let message = format!(
            "cluster `{cluster}` has {} shards on {}, and target `{}` has {named} in the environment",
            shards.len(),
            member.name,
            target.name
        );
        return Ok(vec![problem(&catalogue::world::SHARD_COUNT, Some(member), message)]);
    }
    Ok(Vec::new())
}

async fn wrong_databases(databases: &[String], member: &Member) -> Result<Vec<Failure>, Failure> {
    if databases.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = databases.iter().map(|name| quote_string(name)).collect();
    let rows = ask(
        member,
        format!(
            "SELECT name, engine FROM system.databases WHERE name IN ({}) AND engine != 'Atomic'",
            names.join(", ")
        ),
    )
    .await?;
    let problems = rows.iter().map(|row| {
        let cell = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default();
        let message =
            format!("database `{}` on {} has the engine {}, not Atomic", cell("name"), member.name, cell("engine"));
        problem(&catalogue::database::NOT_ATOMIC, Some(member), message)
    });
    Ok(problems.collect())
}

async fn foreign_operations(member: &Member, own: &[&str]) -> Result<Vec<Failure>, Failure> {
    let under_way = work::operations(member).await;
    let under_way = under_way.map_err(|error| diagnose(&error, &Context::on(Activity::Preflight, member)))?;
    let foreign = under_way.iter().filter(|operation| !own.iter().any(|run| operation.is_of(run)));
    let problems = foreign.map(|operation| {
        let work::Operation { id, verb, .. } = operation;
        let message = format!("a {verb} that is not of this run is under way on {}: id `{id}`", member.name);
        problem(&catalogue::operation::FOREIGN, Some(member), message)
    });
    Ok(problems.collect())
}

/// Members that are one server.
fn twins(pinned: &[Pinned]) -> Vec<Failure> {
    let mut problems = Vec::new();
    for (at, (target, member, identity)) in pinned.iter().enumerate() {
        for (other_target, other_member, other) in &pinned[at + 1..] {
            if !identity.is_same_server(other) {
                continue;
            }
            let entry = match target == other_target {
                true => &catalogue::world::DUPLICATE_MEMBER,
                false => &catalogue::world::SAME_SERVER,
            };
            let message = format!(
                "`{target}.{member}` and `{other_target}.{other_member}` are the same server: {} ({})",
                identity.host, identity.data_path
            );
            problems.push(problem(entry, None, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_under_two_names_is_found() {
        let identity = |host: &str| Identity {
            reached_at: String::new(),
            host: host.into(),
            data_path: "/".into(),
            version: "1".into(),
            uuid: None,
        };
        let pinned: Vec<Pinned> =
            [("source", "a", "h1"), ("cluster", "b", "h2"), ("cluster", "c", "h2"), ("other", "d", "h1")]
                .map(|(target, member, host)| (target.into(), member.into(), identity(host)))
                .into();
        let found: Vec<String> = twins(&pinned).into_iter().map(|failure| failure.message).collect();
        assert_eq!(
            found,
            [
                "`source.a` and `other.d` are the same server: h1 (/)",
                "`cluster.b` and `cluster.c` are the same server: h2 (/)"
            ]
        );
    }
}
