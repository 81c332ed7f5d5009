//! A run that is given up without some of its servers: which those are, what `finally` passes over, and which doubts are left.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    action::context::{RunContext, name_of},
    connect::target::Member,
    engine::{
        event::{Event, MemberName, TaskSeed, Verdict},
        performer::{Answer, Settlement, Site, TaskRun},
        state::{State, TaskState},
    },
    failure::Failure,
    name::{Name, TaskId},
    plan::{actions::FanOut, expanded::ExpandedPlan},
    run::{
        documents::targets::{acted_on, looked_at},
        error::SessionError,
        session::prepared::PreparedRun,
    },
    world::{Identity, identity::confirm},
};

/// How a person gives a run up.
#[derive(Debug, Clone)]
pub struct GivingUp {
    /// What is in doubt is left so.
    pub leave_in_doubt: bool,
    /// The members that it is given up without, as they were named.
    pub without: Vec<String>,
}

/// That the run is given up, and how.
pub(in crate::run) async fn given_up(
    how: &GivingUp,
    parts: &PreparedRun,
    state: &State,
    in_doubt: &[TaskId],
    by: &str,
) -> Result<Event, SessionError> {
    let without = named(&how.without, &parts.members())?;
    still_there(how, &without, parts, state).await?;
    let left = unanswerable(&parts.binding.plan, state, in_doubt, &without);
    Ok(Event::RunAbandoned { by: by.to_owned(), leave_in_doubt: how.leave_in_doubt, without, left })
}

/// Why a run is not taken up: servers that are not there, or not those that were meant. One that only ends can do without them.
pub(in crate::run) fn not_confirmed(
    failed: Vec<(Arc<Member>, Failure)>,
    ends: Option<(&PreparedRun, &str)>,
) -> SessionError {
    let without = ends.map(|(parts, id)| {
        let all = parts.members();
        let names: Vec<String> = failed.iter().map(|(member, _)| shortest(member, &all)).collect();
        format!(
            "where that is not to be mended, give the run up without it: `houseplan abandon {id} --without {}`; `finally` passes \
             over it, and its claim stays there",
            names.join(",")
        )
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

/// Refuses to pass over a member that answers as the server that the run began with: what `finally` puts back there would never
/// be put back. One that the run was given up without before stays so.
async fn still_there(
    how: &GivingUp,
    without: &[MemberName],
    parts: &PreparedRun,
    state: &State,
) -> Result<(), SessionError> {
    let members = parts.members();
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
        command: format!("houseplan abandon {}{without}", parts.binding.run.id),
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
            Some(_) => is_of(&task.seed, gone),
            None => targets.contains(&gone.target),
        })
    };
    in_doubt.iter().filter(acted).cloned().collect()
}

fn is_of(seed: &TaskSeed, member: &MemberName) -> bool {
    seed.target.as_ref() == Some(&member.target) && seed.member.as_ref() == Some(&member.member)
}

impl RunContext {
    /// Why a task of `finally` is passed over; `None` where it is not.
    pub(in crate::run) fn passed_over(&self, step: usize, seed: Option<&TaskSeed>) -> Option<String> {
        let (target, member) = self.lacks(step, seed)?;
        Some(format!("the run was given up without {}", member.unwrap_or(target)))
    }

    /// The steps of `finally` that change something and were passed over for want of this member.
    pub(in crate::run) fn left_undone(&self, state: &State, gone: &MemberName) -> Vec<String> {
        let undone = |task: &&TaskState| {
            let lacks = self.lacks(task.step, Some(&task.seed));
            let for_it = lacks.is_some_and(|(target, member)| {
                target == gone.target && member.is_none_or(|member| member == gone.member)
            });
            // What was done before the run was given up without it is done.
            for_it && self.step(task.step).action.changes() && is_passed_over(task)
        };
        let mut steps: Vec<usize> = state.tasks().iter().filter(undone).map(|task| task.step).collect();
        steps.dedup();
        steps.into_iter().map(|step| state.step_id(step).to_string()).collect()
    }

    /// The target of which a task of `finally` lacks this member, or all members.
    fn lacks(&self, step: usize, seed: Option<&TaskSeed>) -> Option<(Name, Option<Name>)> {
        if self.without.is_empty() || !self.step(step).finally {
            return None;
        }
        let own = seed.and_then(|seed| self.without.iter().find(|gone| is_of(seed, gone)));
        own.map(|gone| (gone.target.clone(), Some(gone.member.clone()))).or_else(|| {
            let mut around = std::iter::once(step).chain(self.plan.enclosing(step));
            around.find_map(|step| self.cannot_do_without(step)).map(|target| (target, None))
        })
    }

    /// A target of which no member is left, and that the step acts on as a whole or its checks look at.
    fn cannot_do_without(&self, step: usize) -> Option<Name> {
        let expanded = self.step(step);
        let mut needed = looked_at(&self.plan, expanded);
        if expanded.action.spec().fan_out() != FanOut::EachMember {
            needed.extend(acted_on(&self.plan, expanded));
        }
        needed.into_iter().find(|target| {
            let cluster = self.connections.clickhouse.get(target);
            cluster.is_some_and(|it| it.members.iter().all(|member| self.without.contains(&name_of(member))))
        })
    }
}

fn is_passed_over(task: &TaskState) -> bool {
    task.output.as_ref().is_some_and(|output| output.get("skipped").is_some())
}

/// A task that is passed over: it gives what a member gives that is passed over by `absent: skip`.
pub(in crate::run) struct PassedOver(pub String);

#[async_trait]
impl TaskRun for PassedOver {
    async fn perform(self: Box<Self>, _: Site) -> Answer {
        Answer::Acted(json!({ "skipped": self.0 }))
    }

    /// What became of an earlier attempt nobody can tell, and nothing goes by it.
    async fn settle(self: Box<Self>, _: Site, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::Done(json!({ "skipped": self.0 })))
    }
}
