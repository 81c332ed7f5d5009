//! What `finally` skips of a run that is abandoned without some of its members.

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    action::{
        Skipped,
        context::{RunContext, name_of},
    },
    engine::{
        event::{MemberName, TaskSeed, Verdict},
        performer::{Answer, Settlement, TaskContext, TaskRun},
        state::{State, TaskState},
    },
    name::Name,
    plan::actions::FanOut,
    run::documents::targets::{acted_on, looked_at},
};

impl RunContext {
    /// Why a task of `finally` is skipped; `None` where it is not.
    pub(in crate::run) fn skips(&self, step: usize, seed: Option<&TaskSeed>) -> Option<String> {
        let (target, member) = self.lacks(step, seed)?;
        Some(format!("the run was abandoned without {}", member.unwrap_or(target)))
    }

    /// The steps of `finally` that change something and were skipped for want of this member.
    pub(in crate::run) fn left_undone(&self, state: &State, gone: &MemberName) -> Vec<String> {
        let undone = |task: &&TaskState| {
            let lacks = self.lacks(task.step, Some(&task.seed));
            let for_it = lacks.is_some_and(|(target, member)| {
                target == gone.target && member.is_none_or(|member| member == gone.member)
            });
            // What was done before the run was abandoned without it is done.
            for_it && self.step(task.step).action.changes() && is_skipped(task)
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
        let own = seed.and_then(|seed| self.without.iter().find(|gone| seed.is_for(gone)));
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

fn is_skipped(task: &TaskState) -> bool {
    task.output.as_ref().is_some_and(|output| Skipped::reason(output).is_some())
}

/// A task that is skipped: it gives what a member gives that is skipped by `absent: skip`.
pub(super) struct SkippedTask(pub Skipped);

#[async_trait]
impl TaskRun for SkippedTask {
    async fn perform(self: Box<Self>, _: TaskContext) -> Answer {
        Answer::Acted(self.0.to_value())
    }

    /// What became of an earlier attempt nobody can tell, and nothing goes by it.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::Done(self.0.to_value()))
    }
}
