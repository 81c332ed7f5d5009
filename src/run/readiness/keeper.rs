//! Whether a Keeper answers this machine, and whether the servers see the same one.
//!
//! Two Keepers may hold the very same paths, but not made in the same transaction at the same second: by that a node is known
//! again. It is read only, so it cannot always be shown; before anything is removed, the servers have to prove it.

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

/// What a server shows of a Keeper's root.
const ROOT: &str = "SELECT name, czxid, toUnixTimestamp(ctime) AS made FROM system.zookeeper \
                    WHERE path = '/' AND name NOT IN ('zookeeper', 'keeper')";

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
    let mut found = Readiness::default();
    let mut same: Vec<&str> = Vec::new();
    for (member, seen) in members.iter().zip(seen) {
        match seen {
            Seen::Same => same.push(member.name.as_str()),
            Seen::Other => found.unknown.push(format!(
                "{} shows other nodes than `{name}` at {}: it uses another Keeper, or a root of its own in it; nothing could \
                 be removed there",
                member.name,
                client.address()
            )),
            Seen::NotShown => {
                found.unknown.push(format!("whether {} uses `{name}` cannot be seen now", member.name));
            }
        }
    }
    let shared = match same.as_slice() {
        [] => String::new(),
        same => format!(", and {} the same", uses_it(same)),
    };
    found.answered.push(format!("`{name}` answers this machine{shared}"));
    found
}

fn uses_it(members: &[&str]) -> String {
    let uses = if members.len() == 1 { "uses" } else { "use" };
    format!("{} {uses}", humanize::first_of(members, 4))
}

/// A session in which something was read.
async fn connected(client: Result<KeeperClient, KeeperError>) -> Result<KeeperClient, KeeperError> {
    let client = client?;
    client.exists("/").await?;
    Ok(client)
}

enum Seen {
    Same,
    Other,
    /// It holds nothing yet, or the user may not see it, or the server does not answer (which is told elsewhere).
    NotShown,
}

async fn sees(member: &Member, client: &KeeperClient) -> Seen {
    let Ok(rows) = member.client.query(&Statement::read(ROOT)).await else { return Seen::NotShown };
    let number = |cell: Option<&Value>| cell.and_then(Value::as_i64);
    let mut compared = false;
    for row in &rows.0 {
        let (Some(name), Some(transaction), Some(made)) =
            (row.get("name").and_then(Value::as_str), number(row.get("czxid")), number(row.get("made")))
        else {
            continue;
        };
        match client.made(&format!("/{name}")).await {
            Ok(Some(here)) if here == (transaction, made) => return Seen::Same,
            Ok(_) => compared = true,
            Err(_) => return Seen::NotShown,
        }
    }
    if compared { Seen::Other } else { Seen::NotShown }
}
