//! A run whose folder is lost: its claim is all that is left of it, and is given back here.

use camino::Utf8Path;

use super::prepare::{Documents, PrepareError};
use crate::{
    bundle::{Bundle, LoadError, Role, SavedFile, TargetNames},
    connect::target::Member,
    document::Limits,
    world::claim::{Released, release},
};

/// A plan that uses nothing: with it an environment can be read by itself.
const NO_PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: nothing }
steps: { nothing: { exec: { on: local, command: [nothing] } } }
";

/// Gives back the claim of `run` on every ClickHouse server of the environment, and says of each what became of it.
pub async fn release_lost(environment: &Utf8Path, run: &str) -> Result<Vec<String>, PrepareError> {
    let text = std::fs::read_to_string(environment)
        .map_err(|source| PrepareError::File { path: environment.to_string(), source })?;
    let saved = vec![
        SavedFile { role: Role::Plan, origin: "nothing.yaml".to_owned(), text: NO_PLAN.to_owned() },
        SavedFile { role: Role::Environment, origin: environment.to_string(), text },
    ];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::default())
        .map_err(|error: LoadError| PrepareError::from(error))?;
    let (_, connections) = Documents::new(bundle)?.connect(".".into())?;
    let members: Vec<&Member> =
        connections.clickhouse.values().flat_map(|cluster| &cluster.members).map(AsRef::as_ref).collect();
    let outcomes = release(&members, run).await;
    let said = outcomes.into_iter().map(|(member, outcome)| {
        let what = match outcome {
            Ok(Released::Dropped) => "the claim is given back".to_owned(),
            Ok(Released::NotOurs) => "no claim of this run".to_owned(),
            Ok(Released::Unreachable(reason)) => format!("cannot be reached: {reason}"),
            Err(failure) => format!("the claim was not given back: {}", failure.message),
        };
        format!("{}.{}: {what}", member.target, member.name)
    });
    Ok(said.collect())
}
