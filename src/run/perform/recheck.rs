//! What destroys, or cannot be taken back, is never sent on the word of checks that have grown old.
//!
//! The engine reads a step's preconditions before its first task, and those of an inclusion before anything in it. This reads
//! them once more before an attempt that is not the first, and before the first irreversible task of an inclusion in which
//! something else was done meanwhile: a crash, a retry, an approval or a slow step may lie in between.

use async_trait::async_trait;
use serde_json::Value;

use super::performer::PlanPerformer;

use crate::{
    action::{Attempt, context::RunContext},
    catalogue,
    check::{CheckTask, Checks},
    engine::{
        event::Verdict,
        performer::{Answer, CheckAnswer, CheckRun, Phase, Settlement, TaskContext, TaskRun},
        state::State,
    },
    failure::{Failure, Refusal},
};

/// A task, and what has to hold before it is sent.
struct Rechecked {
    task: Box<dyn TaskRun>,
    /// From 1.
    attempt: u32,
    /// Before the first attempt, besides what the engine reads.
    first: Checks,
    /// Before any other.
    again: Checks,
}

impl PlanPerformer {
    /// The task, with its checks read again where they may have grown old.
    pub(in crate::run) fn rechecked(
        &self,
        state: &State,
        task: usize,
        attempt: Attempt,
        run: Box<dyn TaskRun>,
    ) -> Result<Box<dyn TaskRun>, Failure> {
        let (step, context) = (state.task(task).step, &self.context);
        let expanded = context.step(step);
        if !expanded.irreversible && !expanded.destroys() {
            return Ok(run);
        }
        let (mut first, mut again) = (Vec::new(), self.checks_before(state, step, Some(task), &attempt)?);
        for gate in context.plan.enclosing(step).filter(|_| expanded.irreversible) {
            let others = touched_beside(context, state, gate, task);
            if others.iter().any(|other| context.step(*other).irreversible) {
                // The world is no more as it was to be before, and need not be.
                continue;
            }
            again.extend(self.checks_before(state, gate, None, &attempt)?);
            if !others.is_empty() {
                first.extend(self.checks_before(state, gate, None, &attempt)?);
            }
        }
        if first.is_empty() && again.is_empty() {
            return Ok(run);
        }
        Ok(Box::new(Rechecked { task: run, attempt: attempt.number, first: Checks(first), again: Checks(again) }))
    }

    /// The preconditions of a step, rendered for one of its tasks. Members that others of its tasks are done with are left out.
    fn checks_before(
        &self,
        state: &State,
        step: usize,
        task: Option<usize>,
        attempt: &Attempt,
    ) -> Result<Vec<CheckTask>, Failure> {
        let attempt = Attempt { number: 0, ..attempt.clone() };
        let seed = task.map(|task| &state.task(task).seed);
        let others = state.tasks_of(step).iter().filter(|other| other.may_have_touched());
        let past: Vec<_> =
            others.map(|other| &other.seed).filter(|other| seed.is_none_or(|seed| seed.id != other.id)).collect();
        let mut rendered = self.checks(state, step, None, Phase::Before, &past, &attempt)?;
        if task.is_some() {
            rendered.extend(self.checks(state, step, task, Phase::Before, &past, &attempt)?);
        }
        Ok(rendered)
    }
}

/// The steps of an inclusion of which another task than this one may have changed something.
fn touched_beside(context: &RunContext, state: &State, gate: usize, task: usize) -> Vec<usize> {
    let own = &state.task(task).seed.id;
    let touched = |step: &usize| state.tasks_of(*step).iter().any(|it| it.may_have_touched() && it.seed.id != *own);
    let inside = |step: &usize| context.plan.enclosing(*step).any(|around| around == gate);
    (0..context.plan.steps.len()).filter(inside).filter(touched).collect()
}

/// What became of it is unknown, and it must not be sent again: only a person can say which of the two it is.
fn not_again(refusal: Refusal) -> Failure {
    let found: Vec<String> = refusal.found.iter().map(|line| line.join(" · ")).collect();
    let message = format!("either it was done, or something else has changed: `{}` no longer holds", refusal.check);
    let cause = [found.join("\n"), refusal.otherwise.unwrap_or_default()].join("\n");
    let failure = catalogue::task::MAY_BE_DONE.failure().with_message(message);
    if cause.trim().is_empty() { failure } else { failure.with_cause(cause.trim()) }
}

#[async_trait]
impl TaskRun for Rechecked {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let checks = if self.attempt > 1 { self.again } else { self.first };
        match Box::new(checks).check(task_context.clone()).await {
            CheckAnswer::Held => self.task.perform(task_context).await,
            CheckAnswer::Refused(refusal) => Answer::Stopped(refusal),
            CheckAnswer::Failed(failure) => Answer::Failed(failure.before_sending()),
            CheckAnswer::Interrupted => Answer::Unknown(catalogue::task::NOT_SENT.failure().before_sending()),
        }
    }

    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        match self.task.settle(task_context.clone(), notes).await {
            Settlement::Settled(Verdict::NotDone) => {}
            other => return other,
        }
        match Box::new(self.again).check(task_context).await {
            CheckAnswer::Held => Settlement::Settled(Verdict::NotDone),
            CheckAnswer::Refused(refusal) => Settlement::Unsettled(not_again(refusal)),
            CheckAnswer::Failed(failure) => Settlement::Unsettled(failure),
            CheckAnswer::Interrupted => Settlement::Interrupted,
        }
    }
}
