//! Changed steps that were entered and have sent nothing. A change of one is taken where the record of the run stays true: it
//! would be entered as it was, behind the same steps and with the same tasks.

use std::collections::HashSet;

use crate::{
    action::context::RunContext,
    engine::{
        performer::Entered,
        resume::replay,
        state::{State, StepPhase, TaskState},
    },
    journal::Record,
    plan::expanded::ExpandedPlan,
    run::perform::enter,
};

use super::prepared::PreparedRun;
use crate::engine::event::Event;

/// Of the steps `changed` (by name), those of which nothing was sent, and that `now` enters as they were entered `before`.
pub(super) fn as_entered(
    before: &ExpandedPlan,
    known: &State,
    changed: &[String],
    now: &PreparedRun,
    records: &[Record<Event>],
) -> HashSet<String> {
    let Ok(replayed) = replay(now.spec.clone(), records) else { return HashSet::new() };
    let is_same = |name: &&String| {
        let (Some(was), Some(is)) = (position(before, name), position(&now.context.plan, name)) else { return false };
        is_unsent(known, was)
            && stands_alike(before, was, &now.context.plan, is)
            && has_same_tasks(&now.context, &replayed.state, is)
    };
    changed.iter().filter(is_same).cloned().collect()
}

fn position(plan: &ExpandedPlan, name: &str) -> Option<usize> {
    plan.steps.iter().position(|step| step.id.as_str() == name)
}

/// Whether nothing of the step was sent, and no doubt of it was ever settled.
fn is_unsent(state: &State, step: usize) -> bool {
    let over = matches!(state.step(step).phase, StepPhase::Succeeded | StepPhase::Skipped);
    let touched = state.tasks_of(step).iter().any(TaskState::may_have_touched);
    !(over || touched || state.has_started(step) || state.was_settled(step))
}

/// Whether it is the same kind of step, and needs the same ones.
fn stands_alike(before: &ExpandedPlan, was: usize, now: &ExpandedPlan, is: usize) -> bool {
    let needs = |plan: &ExpandedPlan, step: usize| -> Vec<String> {
        plan.steps[step].needs.iter().map(|need| plan.steps[*need].id.to_string()).collect()
    };
    let (old, new) = (&before.steps[was], &now.steps[is]);
    old.finally == new.finally
        && std::mem::discriminant(&old.action) == std::mem::discriminant(&new.action)
        && needs(before, was) == needs(now, is)
}

/// Whether the step is entered with the tasks that are on record.
fn has_same_tasks(context: &RunContext, state: &State, step: usize) -> bool {
    match enter(context, state, step) {
        Entered::Expanded(seeds) => seeds.iter().eq(state.tasks_of(step).iter().map(|task| &task.seed)),
        Entered::Skipped(_) | Entered::Failed(_) => false,
    }
}
