//! From an environment's targets as they are written to where they are.
//!
//! Says what is wrong with each target by itself and with the targets together. Reads no secret, and connects to nothing.

use std::collections::HashMap;

use camino::Utf8Path;
use indexmap::IndexMap;

use super::model::EnvironmentDocument;
use crate::{
    document::{Place, Problem, suggestion},
    name::Name,
    plan::model::TargetKind,
    targets::{LocatedTarget, Resolving, secret::SecretRef},
};

/// All targets, `local` among them whether it is written or not; or everything that is wrong, in its place. Relative paths are
/// beside `directory`.
pub fn resolve(
    environment: &EnvironmentDocument,
    file: usize,
    directory: &Utf8Path,
) -> Result<IndexMap<Name, LocatedTarget>, Vec<Problem>> {
    let mut problems = Vec::new();
    let place = Place::new(file, "/targets");
    let mut targets = IndexMap::new();
    for (name, target) in &environment.targets {
        let mut resolving = Resolving::new(place.child(name.as_str()), directory, &mut problems);
        targets.extend(target.resolve(&mut resolving).map(|located| (name.clone(), located)));
    }
    problems.extend(same_servers(&targets));
    problems.extend(without_kubernetes(&mut targets));
    let local = Name::from("local");
    if targets.get(&local).is_some_and(|target| target.kind() != TargetKind::Local) {
        let message = "`local` is always the machine that houseplan runs on; choose another name";
        problems.push(Problem::at_key(place.child("local"), message));
    }
    targets.entry(local).or_insert_with(|| LocatedTarget::Local(Box::default()));
    if problems.is_empty() { Ok(targets) } else { Err(problems) }
}

/// One server under two names would be backed up onto itself, or restored twice.
fn same_servers(targets: &IndexMap<Name, LocatedTarget>) -> Vec<Problem> {
    let (mut seen, mut problems) = (HashMap::new(), Vec::new());
    for (target, server) in targets.iter().flat_map(|(name, it)| it.servers().into_iter().map(move |it| (name, it))) {
        let called = format!("{target}.{}", server.member);
        match seen.get(&server.endpoint.identity()) {
            Some(first) => {
                let message = format!("the same server is `{first}` and `{called}`");
                problems.push(Problem::at(server.place.clone(), message));
            }
            None => drop(seen.insert(server.endpoint.identity(), called)),
        }
    }
    problems
}

/// Pods and Secrets in a cluster of Kubernetes that is no target.
fn without_kubernetes(targets: &mut IndexMap<Name, LocatedTarget>) -> Vec<Problem> {
    let clusters: Vec<Name> = targets
        .iter()
        .filter(|(_, target)| target.kind() == TargetKind::Kubernetes)
        .map(|(name, _)| name.clone())
        .collect();
    let mut named: Vec<(Place, Name)> = Vec::new();
    for target in targets.values_mut() {
        named.extend(target.pods().into_iter().map(|(place, pod)| (place.clone(), pod.kubernetes.clone())));
        let secrets = target.secrets().into_iter().filter_map(SecretRef::kubernetes);
        named.extend(secrets.map(|(secret, place)| (place.clone(), secret.kubernetes())));
    }
    let missing = named.into_iter().filter(|(_, name)| !clusters.contains(name));
    let problem = |(place, name): (Place, Name)| {
        let near = suggestion(name.as_str(), clusters.iter().map(Name::as_str));
        let message = format!(
            "no target `{name}` of kind `kubernetes`{near}; write `{name}: {{ kind: kubernetes }}` under `targets`"
        );
        Problem::at_key(place, message)
    };
    missing.map(problem).collect()
}
