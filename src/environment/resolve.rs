//! From an environment's targets as they are written to where they are.
//!
//! Says what is wrong with each target by itself and with the targets together. Reads no secret, and connects to nothing.

use std::collections::HashMap;

use camino::Utf8Path;
use indexmap::IndexMap;

use super::model::EnvironmentDocument;
use crate::{
    document::{Place, Problem},
    name::Name,
    plan::model::TargetKind,
    targets::{LocatedTarget, Resolving},
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
