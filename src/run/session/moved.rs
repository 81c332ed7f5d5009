//! Targets that are written otherwise than when the run began: which of them the run can go on with.
//!
//! A server at another address is taken if it proves to be the one that was pinned. What nothing of the run depends on is taken
//! as it is; a target is never exchanged for another one under what the run has done with it. Servers that the run did not begin
//! with it does not get in its middle: nobody has looked whether they are as the plan needs them, and no pin says who they are.

use std::collections::{BTreeSet, HashSet};

use camino::Utf8Path;

use crate::{
    engine::state::State,
    name::Name,
    plan::expanded::ExpandedPlan,
    run::documents::{ChangedTarget, Documents, PrepareError, Wanted, targets::used_by},
    targets::{Connections, Moved, MovedServer},
    world::{Identity, identity::confirm},
};

/// What a run that has begun is bound to.
pub(super) struct Begun<'a> {
    pub plan: &'a ExpandedPlan,
    pub state: &'a State,
    /// The names of its steps that have begun.
    pub steps: &'a HashSet<String>,
    /// Where its processes start.
    pub directory: &'a Utf8Path,
    /// Its id.
    pub run: &'a str,
}

impl Begun<'_> {
    /// Those of `targets` that cannot be taken as `now` says, and those that `now` uses and the run did not begin with, each
    /// with the reason. Fails where `now` cannot be connected to.
    pub async fn refused(&self, targets: &[ChangedTarget], now: &Documents) -> Result<Vec<String>, PrepareError> {
        let (mut refused, mut connections) = (self.added(now)?, None);
        for ChangedTarget { name, moved } in targets {
            match moved {
                Moved::Nowhere | Moved::Free(_) => {}
                Moved::Another(why) if self.depends_on(name) => refused.push(format!("target {name}: {why}")),
                Moved::Another(_) => {}
                Moved::Servers(servers) => {
                    if connections.is_none() {
                        connections =
                            Some(now.connect(self.directory, self.run, &|_| Wanted::Needed).await?.connections);
                    }
                    let Some(connections) = &connections else { continue };
                    for server in servers {
                        refused.extend(self.is_another(name, server, connections).await);
                    }
                }
            }
        }
        Ok(refused)
    }

    /// The targets with servers that steps use by `now`, and that the run did not begin with.
    fn added(&self, now: &Documents) -> Result<Vec<String>, PrepareError> {
        let targets = now.targets()?;
        let used: BTreeSet<Name> =
            now.plan.steps.iter().flat_map(|step| used_by(&now.plan, step)).map(|(name, _)| name).collect();
        let is_added = |name: &&Name| {
            let has_servers = targets.get(*name).is_some_and(|target| !target.servers().is_empty());
            has_servers && !self.state.pins().keys().any(|(pinned, _)| pinned == *name)
        };
        let why =
            |name: &Name| format!("target {name}: the run did not begin with it, and has not looked at its servers");
        Ok(used.iter().filter(is_added).map(why).collect())
    }

    /// Whether the run has done anything with a target, or knows who its servers are.
    fn depends_on(&self, target: &Name) -> bool {
        let begun = self.plan.steps.iter().filter(|step| self.steps.contains(&step.id.to_string()));
        self.state.pins().keys().any(|(pinned, _)| pinned == target)
            || begun.flat_map(|step| used_by(self.plan, step)).any(|(used, _)| used == *target)
    }

    /// Why a server at its new address is not known to be the one that was pinned; `None` where it is, or where nothing was
    /// pinned and so nothing was done to it.
    async fn is_another(&self, target: &Name, server: &MovedServer, now: &Connections) -> Option<String> {
        let MovedServer { member: name, .. } = server;
        let pinned = self.state.pins().get(&(target.clone(), name.clone()))?;
        let members = now.clickhouse.get(target).map(|cluster| cluster.members.as_slice()).unwrap_or_default();
        let pinned = serde_json::from_value::<Identity>(pinned.clone());
        let (pinned, member) = match (pinned, members.iter().find(|it| it.name == *name)) {
            (Ok(pinned), Some(member)) => (pinned, member),
            (Err(error), _) => {
                return Some(format!(
                    "target {target}: what the run has recorded of {name} cannot be read ({error}), so it cannot be told \
                     whether it is the same server; set its address back"
                ));
            }
            (Ok(_), None) => return Some(format!("target {target}: {name} is no ClickHouse server of it any more")),
        };
        let failure = confirm(member, &pinned).await.err()?;
        Some(format!("target {target}: {}", failure.message))
    }
}
