//! The engine's performer: a plan, bound to its inputs and targets.

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    after_start::{Started, after_start},
    fan_out,
    left_out::SkippedTask,
    outputs, step_facts,
};
use crate::{
    action::{
        Attempt, Skipped,
        acting::Around,
        check,
        context::{EvalContext, RunContext},
        registry::{self, acting},
    },
    check::{CheckTask, Checks},
    claims::fence::Fence,
    engine::{
        event::TaskSeed,
        performer::{CheckRun, Entered, Performer, Phase, TaskRun},
        state::State,
    },
    failure::Failure,
    name::{Name, TaskId},
    plan::actions::Check,
};

/// Acts for the scheduler on what a plan says.
pub struct PlanPerformer {
    pub context: RunContext,
    /// What has to be ours whenever something is sent.
    pub fence: Fence,
}

impl PlanPerformer {
    /// Does something at a step, or at one of its tasks, with all that is known there.
    pub(in crate::run) fn at<T>(
        &self,
        state: &State,
        step: usize,
        task: Option<usize>,
        act: impl FnOnce(EvalContext<'_>) -> T,
    ) -> T {
        at(&self.context, state, step, task, act)
    }

    /// The checks on one side of a step, rendered: those that are read once for it, or with `task` those around that task.
    /// `past` as in [`Around::past`].
    pub(in crate::run) fn checks(
        &self,
        state: &State,
        step: usize,
        task: Option<usize>,
        phase: Phase,
        past: &[&TaskSeed],
        attempt: &Attempt,
    ) -> Result<Vec<CheckTask>, Failure> {
        let expanded = self.context.step(step);
        let all: &[Check] = match phase {
            Phase::Before => &expanded.preconditions,
            Phase::After => &expanded.postconditions,
        };
        let wanted = all.iter().filter(|check| check::names_task(check) == task.is_some());
        let around = Around { task: task.map(|task| &state.task(task).seed), past, attempt };
        self.at(state, step, task, |at| {
            let mut rendered = check::render(at, wanted, Some(phase), &around)?;
            if task.is_none()
                && phase == Phase::Before
                && let Some(action) = acting(&expanded.action)
            {
                rendered.extend(action.before_all(at, state.tasks_of(step), attempt)?);
            }
            Ok(rendered)
        })
    }
}

/// Does something at a step, or at one of its tasks, with all that is known there.
fn at<T>(
    context: &RunContext,
    state: &State,
    step: usize,
    task: Option<usize>,
    act: impl FnOnce(EvalContext<'_>) -> T,
) -> T {
    let expanded = context.step(step);
    let steps = step_facts::RunSteps { plan: &context.plan, state, scope: expanded.scope };
    let seed = task.map(|task| &state.task(task).seed);
    let member = seed.and_then(|seed| context.member_facts(seed.target.as_ref()?, seed.member.as_ref()?));
    let item = seed.and_then(|seed| seed.item.as_ref());
    act(EvalContext { context, step: expanded, steps: &steps, member: member.as_ref(), item })
}

/// What entering a step comes to: its tasks, or why there are none. Asks nobody.
pub(in crate::run) fn enter(context: &RunContext, state: &State, step: usize) -> Entered {
    at(context, state, step, None, fan_out::enter)
}

impl Performer for PlanPerformer {
    fn enter(&self, state: &State, step: usize) -> Entered {
        enter(&self.context, state, step)
    }

    fn prepare_checks(
        &self,
        state: &State,
        step: usize,
        task: Option<usize>,
        phase: Phase,
    ) -> Option<Result<Box<dyn CheckRun>, Failure>> {
        let seed = task.map(|task| &state.task(task).seed);
        if self.context.skips(step, seed).is_some() {
            return None;
        }
        let id = seed.map_or_else(|| TaskId::new(&self.context.step(step).id, None, None), |seed| seed.id.clone());
        let attempt = Attempt { run: self.context.run.id.clone(), task: id, number: 0, stalled_after: None };
        // Read again on a resume, while some of the step's members are done: what is left is looked at.
        let touched = state.tasks_of(step).iter().filter(|task| task.may_have_touched()).map(|task| &task.seed);
        let past: Vec<_> = touched.filter(|_| phase == Phase::Before && task.is_none()).collect();
        let started = state.has_started(step);
        match self.checks(state, step, task, phase, &past, &attempt) {
            Ok(checks) if checks.is_empty() => None,
            Ok(checks) if started => Some(Ok(Box::new(Started(Box::new(Checks(checks)) as Box<dyn CheckRun>)))),
            Ok(checks) => Some(Ok(Box::new(Checks(checks)))),
            Err(failure) => Some(Err(if started { after_start(failure) } else { failure })),
        }
    }

    fn prepare_task(&self, state: &State, task: usize, attempt: u32) -> Result<Box<dyn TaskRun>, Failure> {
        if let Some(lost) = self.fence.failure() {
            return Err(lost);
        }
        let task_state = state.task(task);
        if let Some(reason) = self.context.skips(task_state.step, Some(&task_state.seed)) {
            return Ok(Box::new(SkippedTask(Skipped { skipped: reason })));
        }
        let attempt = Attempt {
            run: self.context.run.id.clone(),
            task: task_state.seed.id.clone(),
            number: attempt,
            stalled_after: self.context.step(task_state.step).stalled_after,
        };
        let prepared =
            self.at(state, task_state.step, Some(task), |at| registry::task(at, &task_state.seed, attempt.clone()));
        match prepared.and_then(|prepared| self.rechecked(state, task, attempt, prepared)) {
            Ok(run) => Ok(Box::new(Started(run))),
            Err(failure) if state.has_started(task_state.step) => Err(after_start(failure)),
            Err(failure) => Err(failure),
        }
    }

    fn conclude(&self, state: &State, step: usize) -> Result<(IndexMap<Name, Value>, Option<String>), Failure> {
        if let Some(reason) = self.context.skips(step, None) {
            return Ok((IndexMap::new(), Some(format!("skipped: {reason}"))));
        }
        let concluded = self.at(state, step, None, |at| outputs::conclude(at, state.tasks_of(step)));
        concluded.map_err(|failure| if state.has_started(step) { after_start(failure) } else { failure })
    }
}
