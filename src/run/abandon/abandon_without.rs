//! A run that is abandoned without some of its servers: which those are, and which doubts are left.

use std::sync::Arc;

use crate::{
    action::context::{RunContext, name_of},
    catalogue,
    connect::target::Member,
    engine::{
        event::{Event, MemberName},
        state::State,
    },
    failure::Failure,
    name::TaskId,
    plan::expanded::ExpandedPlan,
    run::{documents::targets::acted_on, error::SessionError},
    world::{Identity, identity::confirm},
};

/// How a person abandons a run.
#[derive(Debug, Clone)]
pub struct Abandoning {
    /// What is in doubt is left so.
    pub leave_in_doubt: bool,
    /// The members that it is abandoned without, as they were named.
    pub without: Vec<String>,
}

/// What is put on record of it.
pub(in crate::run) async fn word(
    how: &Abandoning,
    context: &RunContext,
    members: &[Arc<Member>],
    state: &State,
    in_doubt: &[TaskId],
    by: &str,
) -> Result<Event, SessionError> {
    let without = named(&how.without, members)?;
    still_there(how, &without, (context, members), state).await?;
    let left_in_doubt = unanswerable(&context.plan, state, in_doubt, &without);
    Ok(Event::RunAbandoned { by: by.to_owned(), leave_in_doubt: how.leave_in_doubt, without, left_in_doubt })
}

/// Why a run is not taken up: servers that are not there, or not those that were meant. One that only ends can do without them.
pub(in crate::run) fn not_confirmed(
    failed: Vec<(Arc<Member>, Failure)>,
    ends: Option<(&[Arc<Member>], &str)>,
) -> SessionError {
    let without = ends.map(|(all, id)| {
        let names: Vec<String> = failed.iter().map(|(member, _)| shortest(member, all)).collect();
        catalogue::run::ABANDON_WITHOUT.with("run", id).with("members", names.join(",")).help()
    });
    let helped = |(_, failure): (Arc<Member>, Failure)| match &without {
        Some(help) => failure.with_help(help),
        None => failure,
    };
    SessionError::World(failed.into_iter().map(helped).collect())
}

/// The members that a person has named, as `member`, or as `target/member` where several have that name.
fn named(names: &[String], members: &[Arc<Member>]) -> Result<Vec<MemberName>, SessionError> {
    let known: Vec<MemberName> = members.iter().map(|member| name_of(member)).collect();
    let find = |said: &String| {
        let mut meant = known.iter().filter(|it| it.member.as_str() == said || it.to_string() == *said);
        match (meant.next(), meant.next()) {
            (Some(it), None) => Ok(it.clone()),
            _ => Err(SessionError::NoMember { said: said.clone(), known: known.clone() }),
        }
    };
    names.iter().map(find).collect()
}

/// Refuses to skip a member that answers as the server that the run began with: what `finally` puts back there would never
/// be put back. One that the run was abandoned without before stays so.
async fn still_there(
    how: &Abandoning,
    without: &[MemberName],
    (context, members): (&RunContext, &[Arc<Member>]),
    state: &State,
) -> Result<(), SessionError> {
    let answers = how.without.iter().zip(without).map(async |(said, name)| {
        let member = members.iter().find(|member| name_of(member) == *name)?;
        let pinned = state.pins().get(&(name.target.clone(), name.member.clone()))?;
        let pinned: Identity = serde_json::from_value(pinned.clone()).ok()?;
        let new = !state.without().any(|gone| gone == name);
        (new && confirm(member, &pinned).await.is_ok()).then_some(said)
    });
    let there: Vec<&String> = futures::future::join_all(answers).await.into_iter().flatten().collect();
    if there.is_empty() {
        return Ok(());
    }
    let gone: Vec<&str> = how.without.iter().filter(|said| !there.contains(said)).map(String::as_str).collect();
    let without = if gone.is_empty() { String::new() } else { format!(" --without {}", gone.join(",")) };
    Err(SessionError::StillThere {
        members: there.into_iter().cloned().collect(),
        command: format!("houseplan abandon {}{without}", context.run.id),
    })
}

/// How `member` is to be called among `all`: by its name alone where no other has it.
fn shortest(member: &Member, all: &[Arc<Member>]) -> String {
    match all.iter().filter(|it| it.name == member.name).count() {
        1 => member.name.to_string(),
        _ => name_of(member).to_string(),
    }
}

/// The tasks in doubt that acted on one of these members, which cannot be asked what became of them.
fn unanswerable(plan: &ExpandedPlan, state: &State, in_doubt: &[TaskId], without: &[MemberName]) -> Vec<TaskId> {
    let acted = |id: &&TaskId| {
        let Some(task) = state.task_index(id).map(|task| state.task(task)) else { return false };
        let targets = acted_on(plan, &plan.steps[task.step]);
        without.iter().any(|gone| match &task.seed.member {
            Some(_) => task.seed.is_for(gone),
            None => targets.contains(&gone.target),
        })
    };
    in_doubt.iter().filter(acted).cloned().collect()
}
