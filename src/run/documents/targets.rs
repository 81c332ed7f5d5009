//! Which targets a plan uses, and from an environment's targets to connections.

use std::sync::Arc;

use camino::Utf8Path;
use indexmap::IndexMap;

use crate::{
    connect::{
        clickhouse::{Client, HttpConnection, QueryError},
        target::{Cluster, Connections, Keeper, Local, Member, Store},
    },
    environment::{ResolvedMember, ResolvedTarget},
    name::Name,
    plan::{
        expanded::{ExpandedPlan, ExpandedStep},
        visit::Part,
    },
};

/// Makes a client of each target; connects to none. `files` are the certificates that the environment names.
pub(in crate::run) fn connections(
    targets: &IndexMap<Name, ResolvedTarget>,
    files: &[(String, Vec<u8>)],
    here: &Utf8Path,
) -> Result<Connections, QueryError> {
    let mut connections = Connections::default();
    for (name, target) in targets {
        match target {
            ResolvedTarget::Clickhouse { cluster, members } => {
                let members = members.iter().map(|(member, at)| connect(name, member, at, files).map(Arc::new));
                let members = members.collect::<Result<_, _>>()?;
                let cluster = Cluster { name: name.clone(), cluster: cluster.clone(), members };
                connections.clickhouse.insert(name.clone(), Arc::new(cluster));
            }
            ResolvedTarget::Keeper { host, port } => {
                let keeper = Keeper { name: name.clone(), host: host.clone(), port: *port };
                connections.keepers.insert(name.clone(), Arc::new(keeper));
            }
            ResolvedTarget::S3 { url, region, credentials } => {
                let keys =
                    |it: &crate::environment::S3Credentials| (it.access_key_id.clone(), it.secret_access_key.clone());
                let store = Store {
                    name: name.clone(),
                    url: url.as_str().trim_end_matches('/').to_owned(),
                    region: region.clone(),
                    credentials: credentials.as_ref().map(keys),
                };
                connections.stores.insert(name.clone(), Arc::new(store));
            }
            ResolvedTarget::Local { directory } => {
                let directory = directory.as_deref().unwrap_or(here).as_std_path().to_owned();
                connections.locals.insert(name.clone(), Arc::new(Local { name: name.clone(), directory }));
            }
        }
    }
    Ok(connections)
}

fn connect(
    target: &Name,
    name: &Name,
    member: &ResolvedMember,
    files: &[(String, Vec<u8>)],
) -> Result<Member, QueryError> {
    let ca = member.ca_file.as_ref().and_then(|path| files.iter().find(|(name, _)| name == path.as_str()));
    let client = Client::http(HttpConnection {
        url: member.url.as_str().trim_end_matches('/').to_owned(),
        user: member.user.clone(),
        password: member.password.clone(),
        ca: ca.map(|(_, pem)| pem.clone()),
        connect_timeout: member.connect_timeout,
    })?;
    Ok(Member { target: target.clone(), name: name.clone(), shard: member.shard, client })
}

/// Where the targets are, for the locks that keep two processes of this machine off the same target.
pub(in crate::run) fn addresses(targets: &IndexMap<Name, ResolvedTarget>, used: impl Fn(&Name) -> bool) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for (_, target) in targets.iter().filter(|(name, _)| used(name)) {
        if let ResolvedTarget::Clickhouse { members, .. } = target {
            addresses.extend(members.values().map(|member| member.url.as_str().trim_end_matches('/').to_owned()));
        }
    }
    addresses
}

/// The targets that a step acts on or reads, by their names in the environment; and whether it can do without them
/// (`absent: skip`).
pub(in crate::run) fn used_by(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<(Name, bool)> {
    let scope = plan.scope_of(step);
    step.targets().into_iter().map(|(_, target)| (scope.target(target.name).clone(), target.may_be_absent)).collect()
}

/// The targets that a step acts on, by their names in the environment.
pub(in crate::run) fn acted_on(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<Name> {
    in_part(plan, step, |part| part == Part::Action)
}

/// The targets that the checks around a step read, by their names in the environment.
pub(in crate::run) fn looked_at(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<Name> {
    in_part(plan, step, |part| part != Part::Action)
}

fn in_part(plan: &ExpandedPlan, step: &ExpandedStep, is_wanted: impl Fn(Part) -> bool) -> Vec<Name> {
    let (scope, targets) = (plan.scope_of(step), step.targets().into_iter());
    targets.filter(|(part, _)| is_wanted(*part)).map(|(_, target)| scope.target(target.name).clone()).collect()
}
