//! Whether a Keeper answers this machine, and whether the servers see the same one.
//!
//! By reading alone that is known where a server has a replicated table: its path is there or it is not. It proves that both are
//! one only where the path bears the table's UUID, for two Keepers may hold the very same paths. Before anything is removed, the
//! servers have to prove it anyway.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::Value;

use super::{Readiness, Use, needed, needs::Uses};
use crate::{
    action::context::RunContext,
    catalogue,
    connect::{
        clickhouse::Statement,
        keeper::{KeeperClient, KeeperError},
        target::Member,
    },
    diagnose::{Activity, Context},
    humanize,
    name::Name,
};

/// A table that the server keeps there, best one whose path nobody else can have.
const TABLE: &str = "SELECT r.zookeeper_path AS path, position(r.zookeeper_path, toString(t.uuid)) > 0 AS own \
                     FROM system.replicas AS r INNER JOIN system.tables AS t ON t.database = r.database AND t.name = r.table \
                     WHERE NOT r.is_readonly ORDER BY own DESC LIMIT 1";

/// Connects, reads, and compares with what the servers see that the plan acts through.
pub(super) async fn ask(context: &RunContext, name: &Name, uses: &Uses) -> Readiness {
    let Some(keeper) = context.connections.keepers.get(name) else { return Readiness::default() };
    let client = match connected(KeeperClient::connect(keeper).await).await {
        Ok(client) => client,
        Err(error) => {
            let failure = catalogue::keeper::UNREACHABLE.failure_in(&Context::new(Activity::Keeper));
            let all: Vec<Use> = uses.values().flatten().cloned().collect();
            let failure = needed(failure.with_message(error.to_string()), &all);
            return Readiness { failures: vec![failure], ..Readiness::default() };
        }
    };
    let clusters = uses.keys().flatten().filter_map(|target| context.connections.clickhouse.get(target));
    let members: Vec<Arc<Member>> = clusters.flat_map(|it| it.members.iter().cloned()).collect();
    let seen = join_all(members.iter().map(|member| sees(member, &client))).await;
    let (mut same, mut not_shown, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (member, seen) in members.iter().map(|it| it.name.as_str()).zip(seen) {
        match seen {
            Seen::Same => same.push(member),
            Seen::NotShown => not_shown.push(member),
            Seen::Other(path) => unknown.push(format!(
                "{member} keeps a table at {path}, which is not in `{name}` at {}: it uses another Keeper, or a root of its own in \
                 it, and nothing could be removed there",
                client.address()
            )),
        }
    }
    if !not_shown.is_empty() {
        let verb = if not_shown.len() == 1 { "uses" } else { "use" };
        unknown.push(format!(
            "whether {} {verb} `{name}` is not shown by reading: no replicated table has a path of its own there",
            humanize::first_of(&not_shown, 4)
        ));
    }
    let shared = match same.as_slice() {
        [] => String::new(),
        [one] => format!(", and {one} uses it"),
        same => format!(", and {} use it", humanize::first_of(same, 4)),
    };
    Readiness { answered: vec![format!("`{name}` answers this machine{shared}")], unknown, ..Readiness::default() }
}

/// A session in which something was read.
async fn connected(client: Result<KeeperClient, KeeperError>) -> Result<KeeperClient, KeeperError> {
    let client = client?;
    client.exists("/").await?;
    Ok(client)
}

enum Seen {
    Same,
    /// The path of a table that is not there.
    Other(String),
    /// The server has no such table, or shows none, or does not answer (which is told elsewhere).
    NotShown,
}

async fn sees(member: &Member, client: &KeeperClient) -> Seen {
    let Ok(rows) = member.client.query(&Statement::read(TABLE)).await else { return Seen::NotShown };
    let Some(row) = rows.0.first() else { return Seen::NotShown };
    let (path, own) = (row.get("path").and_then(Value::as_str), row.get("own").and_then(Value::as_u64));
    let Some(path) = path else { return Seen::NotShown };
    match client.exists(path).await {
        Ok(true) if own == Some(1) => Seen::Same,
        Ok(false) => Seen::Other(path.to_owned()),
        Ok(true) | Err(_) => Seen::NotShown,
    }
}
