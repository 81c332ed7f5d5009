//! How a task's events change the state.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ApplyError, Approval, State, TaskPhase, TaskState, Trouble, stage::Item};

use crate::{
    engine::event::{TaskSeed, Verdict},
    failure::{Failure, Refusal},
    name::TaskId,
    plan::outputs::ApproveOutput,
};

type Applied = Result<(), ApplyError>;

impl TaskState {
    pub(super) fn new(step: usize, seed: TaskSeed) -> Self {
        Self {
            seed,
            step,
            phase: TaskPhase::Waiting,
            attempt: 0,
            output: None,
            notes: Vec::new(),
            trouble: None,
            approval: None,
            settled_by: None,
            begun: None,
            ended: None,
            started: false,
            started_before: false,
            touched: false,
            spent: 0,
            repeated: false,
        }
    }

    /// Whether an attempt may have changed something, or has.
    pub fn may_have_touched(&self) -> bool {
        self.touched
    }
}

const IN_DOUBT: [TaskPhase; 4] = [TaskPhase::Running, TaskPhase::InDoubt, TaskPhase::Settling, TaskPhase::Unsettled];

impl State {
    /// Whether a person may say that they did by hand what the task failed to do: in `finally`, where nothing builds on it.
    pub fn may_be_done_by_hand(&self, task: usize) -> bool {
        let state = &self.tasks[task];
        self.spec.steps[state.step].finally && state.phase == TaskPhase::Failed
    }

    pub(super) fn task_checking(&mut self, id: &TaskId) -> Applied {
        let task = self.eligible(id, TaskPhase::Checking)?;
        self.set_task(task, TaskPhase::Checking);
        Ok(())
    }

    pub(super) fn task_admitted(&mut self, id: &TaskId) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Checking], TaskPhase::Admitted)?;
        self.set_task(task, TaskPhase::Admitted);
        Ok(())
    }

    pub(super) fn task_started(&mut self, id: &TaskId, attempt: u32, at: Timestamp) -> Applied {
        let task = self.eligible(id, TaskPhase::Running)?;
        self.new_attempt(task, id, attempt)?;
        let state = &mut self.tasks[task];
        state.started_before = state.started;
        state.started = true;
        state.begun = Some(at);
        state.ended = None;
        state.notes.clear();
        state.trouble = None;
        if !state.started_before {
            self.count_started(task, true);
        }
        self.set_task(task, TaskPhase::Running);
        Ok(())
    }

    /// The attempt was never sent: unless an earlier one was, the task has not started.
    fn take_back_start(&mut self, task: usize) {
        if !self.tasks[task].started_before {
            self.tasks[task].started = false;
            self.count_started(task, false);
        }
    }

    /// A task has started, or never has after all. With the first of its tasks a step has, and with that, where it changes
    /// something, what includes it; where it only reads, nothing that includes it has begun its work.
    fn count_started(&mut self, task: usize, started: bool) {
        let step = self.tasks[task].step;
        let (changes, irreversible) = (self.spec.steps[step].changes, self.spec.steps[step].irreversible);
        let count = |counter: &mut u32| {
            let before = *counter;
            *counter = if started { before + 1 } else { before - 1 };
            before == 0 || *counter == 0
        };
        if irreversible && changes {
            count(&mut self.irreversible_started);
        }
        let mut next = Some(step);
        while let Some(at) = next {
            let turned = count(&mut self.steps[at].started);
            next = self.spec.steps[at].enclosing.filter(|_| turned && (changes || at != step));
        }
    }

    pub(super) fn task_noted(&mut self, id: &TaskId, attempt: u32, note: &Value) -> Applied {
        let task = self.known_task(id, &IN_DOUBT, TaskPhase::Running)?;
        self.same_attempt(task, id, attempt)?;
        self.tasks[task].notes.push(note.clone());
        Ok(())
    }

    pub(super) fn task_acted(&mut self, id: &TaskId, attempt: u32, output: &Value) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Running], TaskPhase::Acted)?;
        self.same_attempt(task, id, attempt)?;
        self.tasks[task].output = Some(output.clone());
        self.tasks[task].touched = true;
        self.set_task(task, TaskPhase::Acted);
        Ok(())
    }

    pub(super) fn task_concluding(&mut self, id: &TaskId) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Acted], TaskPhase::Concluding)?;
        self.set_task(task, TaskPhase::Concluding);
        Ok(())
    }

    pub(super) fn task_succeeded(&mut self, id: &TaskId, at: Timestamp) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Acted, TaskPhase::Concluding], TaskPhase::Succeeded)?;
        self.tasks[task].ended = Some(at);
        self.set_task(task, TaskPhase::Succeeded);
        let step = self.tasks[task].step;
        self.delist_step(step);
        self.steps[step].unfinished -= 1;
        self.enlist_step(step);
        Ok(())
    }

    pub(super) fn task_failed(
        &mut self,
        id: &TaskId,
        attempt: u32,
        failure: &Failure,
        retry_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Applied {
        let unbegun = [TaskPhase::Waiting, TaskPhase::Checking, TaskPhase::Admitted];
        let begun = [TaskPhase::Running, TaskPhase::Concluding];
        let retrying = self.task_index(id).map(|task| self.tasks[task].phase).filter(|phase| is_retrying(*phase));
        let from: Vec<_> = unbegun.into_iter().chain(begun).chain(retrying).collect();
        let task = self.known_task(id, &from, TaskPhase::Failed)?;
        if begun.contains(&self.tasks[task].phase) {
            self.same_attempt(task, id, attempt)?;
            self.tasks[task].touched |= !failure.untouched;
            if failure.unsent && self.tasks[task].phase == TaskPhase::Running {
                self.take_back_start(task);
            }
        } else {
            self.new_attempt(task, id, attempt)?;
        }
        self.tasks[task].trouble = Some(Trouble::Failed(failure.clone()));
        self.tasks[task].ended = Some(at);
        self.set_task(task, retry_at.map_or(TaskPhase::Failed, TaskPhase::Retrying));
        Ok(())
    }

    pub(super) fn task_stopped(&mut self, id: &TaskId, refusal: &Refusal, at: Timestamp) -> Applied {
        let from = [TaskPhase::Checking, TaskPhase::Running, TaskPhase::Concluding];
        let task = self.known_task(id, &from, TaskPhase::Stopped)?;
        self.tasks[task].trouble = Some(Trouble::Stopped(refusal.clone()));
        self.tasks[task].ended = Some(at);
        self.set_task(task, TaskPhase::Stopped);
        Ok(())
    }

    pub(super) fn task_doubted(&mut self, id: &TaskId, attempt: u32, failure: &Failure) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Running], TaskPhase::InDoubt)?;
        self.same_attempt(task, id, attempt)?;
        self.tasks[task].touched = true;
        if failure.unsent {
            self.take_back_start(task);
        }
        self.tasks[task].trouble = Some(Trouble::Failed(failure.clone()));
        self.set_task(task, TaskPhase::InDoubt);
        Ok(())
    }

    pub(super) fn settlement_begun(&mut self, id: &TaskId, attempt: u32) -> Applied {
        let task = self.known_task(id, &[TaskPhase::InDoubt], TaskPhase::Settling)?;
        self.same_attempt(task, id, attempt)?;
        self.set_task(task, TaskPhase::Settling);
        Ok(())
    }

    pub(super) fn task_unsettled(&mut self, id: &TaskId, attempt: u32, failure: &Failure) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Settling], TaskPhase::Unsettled)?;
        self.same_attempt(task, id, attempt)?;
        self.tasks[task].trouble = Some(Trouble::Failed(failure.clone()));
        self.set_task(task, TaskPhase::Unsettled);
        Ok(())
    }

    pub(super) fn task_settled(
        &mut self,
        id: &TaskId,
        attempt: u32,
        verdict: &Verdict,
        by: &str,
        retry_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Applied {
        let by_hand = self.task_index(id).filter(|task| self.may_be_done_by_hand(*task));
        let failed = by_hand.filter(|_| matches!(verdict, Verdict::Done(_))).map(|_| TaskPhase::Failed);
        let from: Vec<_> = IN_DOUBT.into_iter().chain(failed).collect();
        let task = self.known_task(id, &from, TaskPhase::Waiting)?;
        self.same_attempt(task, id, attempt)?;
        let free = retry_at.is_some() && attempt > self.tasks[task].spent && self.retry_at(task, at).is_none();
        let state = &mut self.tasks[task];
        state.settled_by = Some(by.to_owned());
        state.repeated |= free;
        // The engine's own may mean that it does no harm to do it again; a person's, that nothing was done.
        state.touched = by == super::ENGINE || *verdict != Verdict::NotDone;
        let phase = match verdict {
            Verdict::Done(output) => {
                state.output = Some(output.clone());
                state.trouble = None;
                TaskPhase::Acted
            }
            Verdict::NotDone => retry_at.map_or(TaskPhase::Failed, TaskPhase::Retrying),
            Verdict::Failed(failure) => {
                state.trouble = Some(Trouble::Failed(failure.clone()));
                retry_at.map_or(TaskPhase::Failed, TaskPhase::Retrying)
            }
        };
        if phase == TaskPhase::Failed {
            state.ended = Some(at);
        }
        self.set_task(task, phase);
        Ok(())
    }

    pub(super) fn approval_awaited(&mut self, id: &TaskId, attempt: u32, shown: &Value, digest: &str) -> Applied {
        let task = self.known_task(id, &[TaskPhase::Running], TaskPhase::AwaitingApproval)?;
        self.same_attempt(task, id, attempt)?;
        self.tasks[task].touched = true;
        self.tasks[task].approval = Some(Approval { shown: shown.clone(), digest: digest.to_owned(), by: None });
        self.set_task(task, TaskPhase::AwaitingApproval);
        Ok(())
    }

    /// The approval is what the task gives: `by` and `digest`.
    pub(super) fn approved(&mut self, id: &TaskId, digest: &str, by: &str) -> Applied {
        let task = self.known_task(id, &[TaskPhase::AwaitingApproval], TaskPhase::Acted)?;
        let state = &mut self.tasks[task];
        let shown = state.approval.as_mut().filter(|approval| approval.digest == digest);
        shown.ok_or_else(|| ApplyError::Approval(id.clone()))?.by = Some(by.to_owned());
        state.output = Some(json!(ApproveOutput { by: by.to_owned(), digest: digest.to_owned() }));
        self.set_task(task, TaskPhase::Acted);
        Ok(())
    }

    /// What a new process makes of a task that an earlier one left.
    ///
    /// A volatile phase falls back; what was running is in doubt; what has acted never acts again; what failed or was stopped
    /// is tried anew, with a new budget of attempts.
    pub(super) fn refold_task(&mut self, task: usize, leave_in_doubt: bool) {
        let state = &mut self.tasks[task];
        state.spent = state.attempt;
        state.touched |= IN_DOUBT.contains(&state.phase);
        state.repeated = false;
        let doubt = if leave_in_doubt { TaskPhase::LeftInDoubt } else { TaskPhase::InDoubt };
        let to = match state.phase {
            TaskPhase::Running | TaskPhase::InDoubt | TaskPhase::Settling | TaskPhase::Unsettled => doubt,
            TaskPhase::Checking | TaskPhase::Admitted | TaskPhase::Retrying(_) => TaskPhase::Waiting,
            TaskPhase::Failed | TaskPhase::Stopped | TaskPhase::Concluding if state.output.is_some() => {
                TaskPhase::Acted
            }
            TaskPhase::Failed | TaskPhase::Stopped => TaskPhase::Waiting,
            kept => kept,
        };
        self.set_task(task, to);
    }

    /// A task that may be begun: its step is admitted, and it waits.
    fn eligible(&self, id: &TaskId, to: TaskPhase) -> Result<usize, ApplyError> {
        let task = self.task_index(id).ok_or_else(|| ApplyError::UnknownTask(id.clone()))?;
        let from = self.tasks[task].phase;
        let waits = matches!(from, TaskPhase::Waiting | TaskPhase::Admitted) || is_retrying(from);
        let admitted = self.steps[self.tasks[task].step].phase == super::StepPhase::Admitted;
        if waits && admitted { Ok(task) } else { Err(ApplyError::Task { task: id.clone(), from, to }) }
    }

    fn known_task(&self, id: &TaskId, from: &[TaskPhase], to: TaskPhase) -> Result<usize, ApplyError> {
        let task = self.task_index(id).ok_or_else(|| ApplyError::UnknownTask(id.clone()))?;
        let phase = self.tasks[task].phase;
        if from.contains(&phase) { Ok(task) } else { Err(ApplyError::Task { task: id.clone(), from: phase, to }) }
    }

    fn same_attempt(&self, task: usize, id: &TaskId, said: u32) -> Applied {
        let at = self.tasks[task].attempt;
        if at == said { Ok(()) } else { Err(ApplyError::Attempt { task: id.clone(), at, said }) }
    }

    fn new_attempt(&mut self, task: usize, id: &TaskId, said: u32) -> Applied {
        let at = self.tasks[task].attempt;
        if said != at + 1 {
            return Err(ApplyError::Attempt { task: id.clone(), at, said });
        }
        self.tasks[task].attempt = said;
        Ok(())
    }

    pub(super) fn set_task(&mut self, task: usize, to: TaskPhase) {
        self.delist_task(task);
        self.tasks[task].phase = to;
        self.enlist_task(task);
    }

    pub(super) fn enlist_task(&mut self, task: usize) {
        let (step, phase, item) = (self.tasks[task].step, self.tasks[task].phase, Item::Task(task as u32));
        if let TaskPhase::Retrying(at) = phase {
            if self.steps[step].phase != super::StepPhase::Admitted {
                return;
            }
            self.section_of(step).insert_retry(at, task as u32);
        } else if let Some(stage) = self.stage_of_task(task) {
            let chain = self.spec.chain(step);
            self.section_of(step).insert(stage, chain, item);
        }
    }

    pub(super) fn delist_task(&mut self, task: usize) {
        let (step, phase, item) = (self.tasks[task].step, self.tasks[task].phase, Item::Task(task as u32));
        if let TaskPhase::Retrying(at) = phase {
            self.section_of(step).remove_retry(at, task as u32);
        } else if let Some(stage) = self.stage_of_task(task) {
            let chain = self.spec.chain(step);
            self.section_of(step).remove(stage, chain, item);
        }
    }
}

fn is_retrying(phase: TaskPhase) -> bool {
    matches!(phase, TaskPhase::Retrying(_))
}
