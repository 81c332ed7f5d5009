//! A run whose folder is lost: its claim is all that is left of it, and is given back here.
//!
//! What is lost here may live on another machine. So the servers are asked first what they are at for the run, and as long
//! as that is anything, the claim stands.

use camino::Utf8Path;
use futures::future::join_all;

use super::prepare::{Documents, PrepareError};
use crate::{
    bundle::{Bundle, LoadError, Role, SavedFile, TargetNames},
    connect::target::Member,
    diagnose::{Action, Context, failure, is_no_answer},
    document::Limits,
    engine::event::Failure,
    journal::lock::Holder,
    world::{
        claim::{Owner, Released, owner, release},
        work,
    },
};

/// A plan that uses nothing: with it an environment can be read by itself.
const NO_PLAN: &str = "apiVersion: houseplan/v1
kind: Plan
metadata: { name: nothing }
steps: { nothing: { exec: { on: local, command: [nothing] } } }
";

/// What became of the claim of a run whose folder is lost.
#[derive(Debug)]
pub enum Lost {
    /// A server is at work for the run, or cannot say whether it is: nothing was given back.
    AtWork(Failure),
    /// Where it could be, it was given back.
    Freed {
        /// Of each member, what became of the claim on it.
        members: Vec<String>,
        /// That the run was begun on another machine, where it may still live.
        elsewhere: Option<String>,
    },
}

/// What one member tells of the run.
struct Look<'a> {
    member: &'a Member,
    owner: Option<Owner>,
    /// What it is at, or why it does not tell. Nothing where it cannot be reached: then nothing is given back there either.
    work: Vec<String>,
}

/// Gives back the claim of `run` on every ClickHouse server of the environment, unless one of them is at work for that run:
/// with `leave_at_work` also then.
pub async fn release_lost(environment: &Utf8Path, run: &str, leave_at_work: bool) -> Result<Lost, PrepareError> {
    let text = std::fs::read_to_string(environment).map_err(|source| PrepareError::File {
        path: environment.to_string(),
        by: "the call",
        source,
    })?;
    let saved = vec![
        SavedFile { role: Role::Plan, origin: "nothing.yaml".to_owned(), text: NO_PLAN.to_owned() },
        SavedFile { role: Role::Environment, origin: environment.to_string(), text },
    ];
    let bundle = Bundle::from_saved(saved, &TargetNames::new(), &Limits::default())
        .map_err(|error: LoadError| PrepareError::from(error))?;
    let (_, connections) = Documents::new(bundle)?.connect(".".into())?;
    let members: Vec<&Member> =
        connections.clickhouse.values().flat_map(|cluster| &cluster.members).map(AsRef::as_ref).collect();
    let looks = join_all(members.iter().map(|member| look(member, run))).await;
    let elsewhere = elsewhere(&looks);
    if let (false, Some(failure)) = (leave_at_work, at_work(&looks, run, environment, elsewhere.as_deref())) {
        return Ok(Lost::AtWork(failure));
    }
    let outcomes = release(&members, run).await;
    let said = outcomes.into_iter().zip(&looks).map(|((member, outcome), look)| {
        let what = match outcome {
            Ok(Released::Dropped) => format!("the claim is given back{}", look.left()),
            Ok(Released::NotOurs) => "no claim of this run".to_owned(),
            Ok(Released::Unreachable(reason)) => format!("cannot be reached: {reason}"),
            Err(failure) => format!("the claim was not given back: {}", failure.message),
        };
        format!("{}.{}: {what}", member.target, member.name)
    });
    Ok(Lost::Freed { members: said.collect(), elsewhere })
}

async fn look<'a>(member: &'a Member, run: &str) -> Look<'a> {
    let owner = owner(member).await.ok().flatten().filter(|owner| owner.run == run);
    let work = match work::of_run(member, run).await {
        Ok(work) => work,
        Err(failure) if is_no_answer(&failure) => Vec::new(),
        Err(failure) => vec![format!("it does not tell what it is at: {}", failure.message)],
    };
    Look { member, owner, work }
}

impl Look<'_> {
    /// Whose the claim was, and what goes on without it.
    fn left(&self) -> String {
        let whose = self.owner.iter().map(|owner| format!(" ({}, since {:.0})", owner.who, owner.since));
        let work = (!self.work.is_empty()).then(|| format!("; still at work there: {}", self.work.join("; ")));
        whose.chain(work).collect()
    }
}

/// Why the claim stands, if the servers are at work for the run.
fn at_work(looks: &[Look<'_>], run: &str, environment: &Utf8Path, elsewhere: Option<&str>) -> Option<Failure> {
    let busy = looks.iter().filter(|look| !look.work.is_empty());
    let found: Vec<String> = busy.map(|look| format!("{}: {}", look.member.name, look.work.join("; "))).collect();
    if found.is_empty() {
        return None;
    }
    let message = format!("run {run} is still at work on {}", found.join(" · "));
    let owner = looks.iter().find_map(|look| look.owner.as_ref());
    let owner = owner.map(|owner| format!("it is the run of {}, since {:.0}", owner.who, owner.since));
    let cause: Vec<&str> = owner.as_deref().into_iter().chain(elsewhere).collect();
    let failure = failure("houseplan::run::at_work", Some(message), &Context::new(Action::Claim));
    Some(Failure {
        cause: if cause.is_empty() { failure.cause } else { Some(cause.join("; ")) },
        help: Some(format!(
            "wait until that has ended, and give the same command again; to give the claim back all the same: `houseplan \
             abandon {run} --env {environment} --leave-at-work`"
        )),
        ..failure
    })
}

/// That the run was begun on another machine than this one.
fn elsewhere(looks: &[Look<'_>]) -> Option<String> {
    let here = Holder::this(None).host;
    let owner = looks.iter().filter_map(|look| look.owner.as_ref()).find(|owner| owner.host != here)?;
    Some(format!(
        "it was begun on {}, which is another machine than this one ({here}); whether its process still lives there cannot be \
         seen from here: ask {}",
        owner.host, owner.who
    ))
}
