//! How the run's own events change the state.

use super::{Abandoned, ApplyError, Lifecycle, State, StepPhase, TaskPhase};
use crate::{
    engine::event::{MemberName, Outcome, SuspendReason},
    name::TaskId,
};

type Applied = Result<(), ApplyError>;

impl State {
    /// A process took the run up. Whatever an earlier one had under way is folded back; the one look at all tasks.
    ///
    /// Tasks go first: whether a step's tasks have started is what decides over the step.
    pub(super) fn resumed(&mut self) -> Applied {
        self.lifecycle = Lifecycle::Running;
        self.interrupted = false;
        for task in 0..self.tasks.len() {
            let (state, main) = (&self.tasks[task], !self.spec.steps[self.tasks[task].step].finally);
            let stays_in_doubt = |it: &Abandoned| it.leave_in_doubt || it.left_in_doubt.contains(&state.seed.id);
            let stays_in_doubt = main && self.abandoned.as_ref().is_some_and(stays_in_doubt);
            self.refold_task(task, stays_in_doubt);
        }
        for step in 0..self.steps.len() {
            self.refold_step(step);
        }
        self.find_reopening();
        Ok(())
    }

    /// Whose preconditions have to be read again, for they were read by an earlier process:
    ///
    /// - of an inclusion, as long as nothing in it has been done: its start has no tasks, and succeeds the moment they hold;
    /// - of a step that destroys, as long as there is a task that has touched nothing.
    fn find_reopening(&mut self) {
        self.reopening.clear();
        let spec = self.spec.clone();
        let main_goes_on = self.abandoned.is_none() && !self.finally_begun;
        let goes_on = |step: usize| if spec.steps[step].finally { self.finally_begun } else { main_goes_on };
        let mut reopening = std::collections::BTreeSet::new();
        let mut closed_by = vec![None; self.steps.len()];
        for (close, step) in spec.steps.iter().enumerate() {
            if let Some(open) = step.closes {
                closed_by[open] = Some(close);
            }
        }
        // From the last to the first: what lies in an inclusion stands behind its start.
        let mut busy = vec![false; self.steps.len()];
        for step in (0..self.steps.len()).rev() {
            let irreversible = spec.steps[step].irreversible;
            busy[step] = self.tasks_of(step).iter().any(|task| match task.phase {
                TaskPhase::Waiting => task.touched && !irreversible,
                _ => true,
            });
            let Some(close) = closed_by[step] else { continue };
            busy[step] |= spec.dependents(step).any(|inside| busy[inside]);
            let is_gate = self.steps[step].phase == StepPhase::Succeeded && self.tasks_of(step).is_empty();
            if goes_on(step) && is_gate && !busy[step] && !self.steps[close].phase.is_done() {
                reopening.insert(step);
                let admitted = |inside: &usize| self.steps[*inside].phase == StepPhase::Admitted;
                reopening.extend(spec.dependents(step).filter(admitted));
            }
        }
        for (step, _) in spec.steps.iter().enumerate().filter(|(_, known)| known.recheck && known.before.once) {
            let untouched = |task: &super::TaskState| task.phase == TaskPhase::Waiting && !task.touched;
            let admitted = self.steps[step].phase == StepPhase::Admitted;
            if goes_on(step) && admitted && self.tasks_of(step).iter().any(untouched) {
                reopening.insert(step);
            }
        }
        self.reopening = reopening;
    }

    pub(super) fn interrupt(&mut self) -> Applied {
        self.interrupted = true;
        Ok(())
    }

    pub(super) fn suspended(&mut self, reason: SuspendReason) -> Applied {
        self.lifecycle = Lifecycle::Suspended(reason);
        Ok(())
    }

    /// Main steps end where they are. What is in doubt is settled first, unless it is to be left so. What it was abandoned
    /// without before, it stays without.
    pub(super) fn abandon(
        &mut self,
        by: &str,
        leave_in_doubt: bool,
        without: &[MemberName],
        left_in_doubt: &[TaskId],
    ) -> Applied {
        let before = self.abandoned.take().map(|before| (before.without, before.left_in_doubt));
        let (mut all, mut all_left_in_doubt) = before.unwrap_or_default();
        all.extend(without.iter().cloned());
        all_left_in_doubt.extend(left_in_doubt.iter().cloned());
        let by = by.to_owned();
        self.abandoned = Some(Abandoned { by, leave_in_doubt, without: all, left_in_doubt: all_left_in_doubt });
        Ok(())
    }

    pub(super) fn begin_finally(&mut self) -> Applied {
        self.finally_begun = true;
        Ok(())
    }

    pub(super) fn end(&mut self, outcome: Outcome) -> Applied {
        self.lifecycle = Lifecycle::Ended(outcome);
        Ok(())
    }

    /// Whether the run may be abandoned by its plan's word (`on_failure: abandon`): something failed or was stopped, nothing
    /// is in doubt, and there is a way back.
    pub(in crate::engine) fn may_abandon_itself(&self) -> bool {
        self.spec.on_failure == crate::plan::model::OnFailure::Abandon
            && self.abandoned.is_none()
            && !self.finally_begun
            && self.irreversible_started == 0
            && !self.interrupted
            && matches!(self.suspend_reason(), SuspendReason::Failed | SuspendReason::Stopped)
    }

    /// Whether a step is skipped because what it lies in was.
    pub(in crate::engine) fn skipped_around(&self, step: usize) -> Option<usize> {
        let spec = &self.spec.steps[step];
        [spec.enclosing, spec.closes]
            .into_iter()
            .flatten()
            .find(|around| self.steps[*around].phase == StepPhase::Skipped)
    }

    /// Whether the checks before this task are still to be read.
    pub(in crate::engine) fn task_needs_checks(&self, task: usize) -> bool {
        let state = &self.tasks[task];
        self.spec.steps[state.step].before.each && !state.started && state.phase != TaskPhase::Admitted
    }
}
