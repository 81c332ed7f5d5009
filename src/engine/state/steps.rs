//! How a step's events change the state.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    ApplyError, State, StepPhase, TaskPhase, TaskState, Trouble,
    stage::{Item, Section, Stage},
};
use crate::{
    engine::event::TaskSeed,
    failure::{Failure, Refusal},
    name::{Name, StepId},
};

type Applied = Result<(), ApplyError>;

impl State {
    pub(super) fn step_entered(&mut self, id: &StepId, at: Timestamp) -> Applied {
        let step = self.known_step(id, &[StepPhase::Waiting], StepPhase::Entered)?;
        self.steps[step].entered = Some(at);
        self.set_step(step, StepPhase::Entered);
        Ok(())
    }

    pub(super) fn step_skipped(&mut self, id: &StepId, reason: &str, at: Timestamp) -> Applied {
        let step = self.known_step(id, &[StepPhase::Waiting, StepPhase::Entered], StepPhase::Skipped)?;
        self.steps[step].reason = Some(reason.to_owned());
        self.steps[step].ended = Some(at);
        self.set_step(step, StepPhase::Skipped);
        self.met(step);
        Ok(())
    }

    pub(super) fn step_expanded(&mut self, id: &StepId, seeds: &[TaskSeed]) -> Applied {
        let step = self.known_step(id, &[StepPhase::Entered], StepPhase::Expanded)?;
        if let Some(duplicate) = self.duplicate(seeds) {
            return Err(ApplyError::DuplicateTask(duplicate.id.clone()));
        }
        let first = self.tasks.len();
        for seed in seeds {
            self.task_index.insert(seed.id.clone(), self.tasks.len() as u32);
            self.tasks.push(TaskState::new(step, seed.clone()));
        }
        self.steps[step].tasks = Some(first..self.tasks.len());
        self.steps[step].unfinished = seeds.len() as u32;
        self.set_step(step, StepPhase::Expanded);
        Ok(())
    }

    /// A seed whose task is there already, or twice among them.
    pub fn duplicate<'seed>(&self, seeds: &'seed [TaskSeed]) -> Option<&'seed TaskSeed> {
        let mut seen = std::collections::HashSet::with_capacity(seeds.len());
        seeds.iter().find(|seed| self.task_index.contains_key(&seed.id) || !seen.insert(&seed.id))
    }

    pub(super) fn step_checking(&mut self, id: &StepId) -> Applied {
        let step = self.known_step(id, &[StepPhase::Expanded], StepPhase::Checking)?;
        self.set_step(step, StepPhase::Checking);
        Ok(())
    }

    pub(super) fn step_reopened(&mut self, id: &StepId) -> Applied {
        let from = [StepPhase::Succeeded, StepPhase::Admitted, StepPhase::Expanded];
        let step = self.known_step(id, &from, StepPhase::Expanded)?;
        self.reopening.remove(&step);
        if self.steps[step].phase == StepPhase::Succeeded {
            self.unmet(step);
        }
        self.steps[step].ended = None;
        self.set_step(step, StepPhase::Expanded);
        Ok(())
    }

    pub(super) fn step_admitted(&mut self, id: &StepId) -> Applied {
        let step = self.known_step(id, &[StepPhase::Expanded, StepPhase::Checking], StepPhase::Admitted)?;
        self.set_step(step, StepPhase::Admitted);
        Ok(())
    }

    pub(super) fn step_concluding(&mut self, id: &StepId) -> Applied {
        let step = self.known_step(id, &[StepPhase::Admitted], StepPhase::Concluding)?;
        self.set_step(step, StepPhase::Concluding);
        Ok(())
    }

    pub(super) fn step_succeeded(
        &mut self,
        id: &StepId,
        outputs: &IndexMap<Name, Value>,
        summary: Option<&String>,
        at: Timestamp,
    ) -> Applied {
        let step = self.known_step(id, &[StepPhase::Concluding], StepPhase::Succeeded)?;
        let state = &mut self.steps[step];
        state.outputs = outputs.clone();
        state.summary = summary.cloned();
        state.ended = Some(at);
        self.set_step(step, StepPhase::Succeeded);
        self.met(step);
        Ok(())
    }

    pub(super) fn step_stopped(&mut self, id: &StepId, refusal: &Refusal, at: Timestamp) -> Applied {
        let step = self.known_step(id, &[StepPhase::Checking, StepPhase::Concluding], StepPhase::Stopped)?;
        self.steps[step].trouble = Some(Trouble::Stopped(refusal.clone()));
        self.steps[step].ended = Some(at);
        self.set_step(step, StepPhase::Stopped);
        Ok(())
    }

    pub(super) fn step_failed(&mut self, id: &StepId, failure: &Failure, at: Timestamp) -> Applied {
        let from = [StepPhase::Entered, StepPhase::Checking, StepPhase::Concluding];
        let step = self.known_step(id, &from, StepPhase::Failed)?;
        self.steps[step].trouble = Some(Trouble::Failed(failure.clone()));
        self.steps[step].ended = Some(at);
        self.set_step(step, StepPhase::Failed);
        Ok(())
    }

    /// What a new process makes of a step that an earlier one left.
    ///
    /// Its preconditions are read again where none of its tasks has touched anything. Its postconditions are read again.
    pub(super) fn refold_step(&mut self, step: usize) {
        let state = &self.steps[step];
        let begun = self.tasks_of(step).iter().any(|task| task.touched);
        let to = match (state.phase, &state.tasks) {
            (StepPhase::Waiting | StepPhase::Succeeded | StepPhase::Skipped, _) => return,
            (_, None) => StepPhase::Waiting,
            (_, Some(_)) if begun => StepPhase::Admitted,
            (_, Some(_)) => StepPhase::Expanded,
        };
        self.steps[step].trouble = None;
        self.steps[step].ended = None;
        self.set_step(step, to);
    }

    fn known_step(&self, id: &StepId, from: &[StepPhase], to: StepPhase) -> Result<usize, ApplyError> {
        let step = self.spec.position(id).ok_or_else(|| ApplyError::UnknownStep(id.clone()))?;
        let phase = self.steps[step].phase;
        if from.contains(&phase) { Ok(step) } else { Err(ApplyError::Step { step: id.clone(), from: phase, to }) }
    }

    /// What needs `step` needs one less.
    fn met(&mut self, step: usize) {
        self.section_of(step).remaining -= 1;
        let spec = self.spec.clone();
        for next in spec.dependents(step) {
            self.steps[next].unmet -= 1;
            if self.steps[next].unmet == 0 {
                self.enlist_step(next);
            }
        }
    }

    /// What needs `step` needs it again.
    fn unmet(&mut self, step: usize) {
        self.section_of(step).remaining += 1;
        let spec = self.spec.clone();
        for next in spec.dependents(step) {
            self.delist_step(next);
            self.steps[next].unmet += 1;
            self.enlist_step(next);
        }
    }

    fn set_step(&mut self, step: usize, to: StepPhase) {
        let moves_tasks = (self.steps[step].phase == StepPhase::Admitted) != (to == StepPhase::Admitted);
        let tasks = self.steps[step].tasks.clone().filter(|_| moves_tasks).unwrap_or_default();
        self.delist_step(step);
        tasks.clone().for_each(|task| self.delist_task(task));
        self.steps[step].phase = to;
        tasks.for_each(|task| self.enlist_task(task));
        self.enlist_step(step);
    }

    pub(super) fn enlist_step(&mut self, step: usize) {
        if let Some(stage) = self.stage_of_step(step) {
            let chain = self.spec.chain(step);
            self.section_of(step).insert(stage, chain, Item::Step(step as u32));
        }
    }

    pub(super) fn delist_step(&mut self, step: usize) {
        if let Some(stage) = self.stage_of_step(step) {
            let chain = self.spec.chain(step);
            self.section_of(step).remove(stage, chain, Item::Step(step as u32));
        }
    }

    fn stage_of_step(&self, step: usize) -> Option<Stage> {
        let (state, spec) = (&self.steps[step], &self.spec.steps[step]);
        match state.phase {
            StepPhase::Waiting => (state.unmet == 0).then_some(Stage::Ready),
            StepPhase::Entered => Some(Stage::Instant),
            // Only while an inclusion's preconditions are read again.
            StepPhase::Expanded if state.unmet > 0 => None,
            StepPhase::Expanded if spec.before.once => Some(Stage::Checkable),
            StepPhase::Expanded => Some(Stage::Admissible),
            StepPhase::Checking => Some(Stage::Busy),
            StepPhase::Admitted if state.unfinished > 0 => None,
            StepPhase::Admitted if spec.after.once => Some(Stage::DoneUnchecked),
            StepPhase::Admitted => Some(Stage::Done),
            StepPhase::Concluding if spec.after.once => Some(Stage::Busy),
            StepPhase::Concluding => Some(Stage::Instant),
            StepPhase::Failed => Some(Stage::Failed),
            StepPhase::Stopped => Some(Stage::Stopped),
            StepPhase::Succeeded | StepPhase::Skipped => None,
        }
    }

    pub(super) fn section_of(&mut self, step: usize) -> &mut Section {
        &mut self.sections[usize::from(self.spec.steps[step].finally)]
    }
}

// The task's stage depends on its step's phase only through `Admitted`, which `set_step` minds.
impl State {
    pub(super) fn stage_of_task(&self, task: usize) -> Option<Stage> {
        let state = &self.tasks[task];
        let after_each = self.spec.steps[state.step].after.each;
        match state.phase {
            TaskPhase::Waiting => (self.steps[state.step].phase == StepPhase::Admitted).then_some(Stage::Startable),
            TaskPhase::Admitted => Some(Stage::Checked),
            TaskPhase::Checking | TaskPhase::Running | TaskPhase::Concluding | TaskPhase::Settling => Some(Stage::Busy),
            TaskPhase::Acted if after_each => Some(Stage::ActedUnchecked),
            TaskPhase::Acted => Some(Stage::Acted),
            TaskPhase::Failed => Some(Stage::Failed),
            TaskPhase::Stopped => Some(Stage::Stopped),
            TaskPhase::InDoubt => Some(Stage::Doubted),
            TaskPhase::Unsettled => Some(Stage::Unsettled),
            TaskPhase::AwaitingApproval => Some(Stage::Awaiting),
            TaskPhase::Succeeded | TaskPhase::Retrying(_) | TaskPhase::LeftInDoubt => None,
        }
    }
}
