//! One round of the dispatcher: what came back, what is decided, one sync, what begins.

use super::{Ending, Scheduler, message::Report, work::Work};
use crate::name::{StepId, TaskId};
use crate::{
    catalogue,
    engine::{
        decide::decide,
        event::Event,
        performer::{Answer, CheckAnswer, Entered, Phase, Settlement},
        recorder::RecordError,
        state::{ApplyError, ENGINE, Lifecycle, State},
    },
    failure::Failure,
};

type Noted = Result<(), ApplyError>;

impl Scheduler {
    /// Decides to a fixpoint, makes it durable, begins it. Gives how the run came to rest, if it did.
    pub(super) fn round(&mut self) -> Result<Option<Ending>, RecordError> {
        loop {
            let events = decide(self.recorder.state(), self.recorder.now());
            if events.is_empty() {
                break;
            }
            for event in events {
                self.decided(event)?;
            }
        }
        let state = self.recorder.state();
        let given_up = state.is_interrupted() && self.under_way.is_empty() && self.decided.is_empty();
        if given_up && state.lifecycle() == Lifecycle::Running && self.reports.is_empty() {
            self.recorder.note(Event::RunSuspended { reason: state.suspend_reason() })?;
        }
        let records = self.recorder.commit()?;
        for record in &records {
            self.observer.event(record, self.recorder.state());
        }
        // An answer that nobody waits for any more is no loss: the note is durable.
        for waiting in self.noting.drain(..) {
            let _ = waiting.send(());
        }
        for work in self.decided.drain(..) {
            self.under_way.spawn(work.go(self.line.clone(), self.interrupted.clone()));
        }
        Ok(self.ending())
    }

    /// Notes what was decided, with what can be said about it at once.
    fn decided(&mut self, event: Event) -> Noted {
        match event {
            Event::StepEntered { step } => self.enter(step),
            Event::PreconditionsBegun { step } => self.check_step(step, Phase::Before),
            Event::PostconditionsBegun { step } => self.check_step(step, Phase::After),
            Event::TaskPreconditionsBegun { task } => self.check_task(task, Phase::Before),
            Event::TaskPostconditionsBegun { task } => self.check_task(task, Phase::After),
            Event::TaskStarted { task, attempt } => self.start(task, attempt),
            Event::SettlementBegun { task, attempt } => self.settle(task, attempt),
            other => self.recorder.note(other),
        }
    }

    fn enter(&mut self, id: StepId) -> Noted {
        let step = known_step(self.recorder.state(), &id)?;
        self.recorder.note(Event::StepEntered { step: id.clone() })?;
        let event = match self.performer.enter(self.recorder.state(), step) {
            Entered::Skipped(reason) => Event::StepSkipped { step: id, reason },
            Entered::Failed(failure) => Event::StepFailed { step: id, failure },
            Entered::Expanded(tasks) => {
                if let Some(twice) = self.recorder.state().duplicate(&tasks) {
                    let failure = catalogue::step::DUPLICATE_TASK.with("task", &twice.id).failure();
                    Event::StepFailed { step: id, failure }
                } else if tasks.iter().any(|seed| self.recorder.is_secret(seed.id.as_str())) {
                    let failure = catalogue::step::SECRET_IN_TASK_NAME.failure();
                    Event::StepFailed { step: id, failure }
                } else {
                    Event::StepExpanded { step: id, tasks }
                }
            }
        };
        self.recorder.note(event)
    }

    fn start(&mut self, id: TaskId, attempt: u32) -> Noted {
        let task = known_task(self.recorder.state(), &id)?;
        match self.performer.prepare_task(self.recorder.state(), task, attempt) {
            Ok(run) => {
                self.recorder.note(Event::TaskStarted { task: id, attempt })?;
                let timeout = self.timeout_of(task);
                self.decided.push(Work::Perform { task, attempt, run, timeout });
                Ok(())
            }
            // Never started, so nothing can be in doubt; never again by itself, for a template says the same each time.
            Err(failure) => self.recorder.note(Event::TaskFailed { task: id, attempt, failure, retry_at: None }),
        }
    }

    fn settle(&mut self, id: TaskId, attempt: u32) -> Noted {
        let task = known_task(self.recorder.state(), &id)?;
        self.recorder.note(Event::SettlementBegun { task: id.clone(), attempt })?;
        match self.performer.prepare_task(self.recorder.state(), task, attempt) {
            Ok(run) => {
                let (notes, timeout) = (self.recorder.state().task(task).notes.clone(), self.timeout_of(task));
                self.decided.push(Work::Settle { task, attempt, run, notes, timeout });
                Ok(())
            }
            Err(failure) => self.recorder.note(Event::TaskUnsettled { task: id, attempt, failure }),
        }
    }

    fn timeout_of(&self, task: usize) -> Option<std::time::Duration> {
        let state = self.recorder.state();
        state.spec().steps[state.task(task).step].timeout
    }

    fn check_step(&mut self, id: StepId, phase: Phase) -> Noted {
        let step = known_step(self.recorder.state(), &id)?;
        self.recorder.note(match phase {
            Phase::Before => Event::PreconditionsBegun { step: id },
            Phase::After => Event::PostconditionsBegun { step: id },
        })?;
        let spec = &self.recorder.state().spec().steps[step];
        let any = if phase == Phase::Before { spec.before.once } else { spec.after.once };
        match any.then(|| self.performer.prepare_checks(self.recorder.state(), step, None, phase)).flatten() {
            None => self.step_checked(step, phase, CheckAnswer::Held),
            Some(Err(failure)) => self.step_checked(step, phase, CheckAnswer::Failed(failure)),
            Some(Ok(run)) => {
                self.decided.push(Work::CheckStep { step, phase, run });
                Ok(())
            }
        }
    }

    fn check_task(&mut self, id: TaskId, phase: Phase) -> Noted {
        let task = known_task(self.recorder.state(), &id)?;
        self.recorder.note(match phase {
            Phase::Before => Event::TaskPreconditionsBegun { task: id },
            Phase::After => Event::TaskPostconditionsBegun { task: id },
        })?;
        let state = self.recorder.state();
        match self.performer.prepare_checks(state, state.task(task).step, Some(task), phase) {
            None => self.task_checked(task, phase, CheckAnswer::Held),
            Some(Err(failure)) => self.task_checked(task, phase, CheckAnswer::Failed(failure)),
            Some(Ok(run)) => {
                self.decided.push(Work::CheckTask { task, phase, run });
                Ok(())
            }
        }
    }

    /// Notes what came of something that was under way.
    pub(super) fn take_in(&mut self, report: Report) -> Noted {
        match report {
            Report::Answered { task, attempt, answer } => self.answered(task, attempt, answer),
            Report::Settled { task, attempt, settlement } => self.settled(task, attempt, settlement),
            Report::StepChecked { step, phase, answer } => self.step_checked(step, phase, answer),
            Report::TaskChecked { task, phase, answer } => self.task_checked(task, phase, answer),
            Report::Noted { task, attempt, note, durable } => {
                let task = self.recorder.state().task(task).seed.id.clone();
                self.recorder.note(Event::TaskNoted { task, attempt, note })?;
                self.noting.push(durable);
                Ok(())
            }
        }
    }

    fn answered(&mut self, task: usize, attempt: u32, answer: Answer) -> Noted {
        let retry_at = self.recorder.state().retry_at(task, self.recorder.now());
        let task = self.recorder.state().task(task).seed.id.clone();
        self.recorder.note(match answer {
            Answer::Acted(output) => Event::TaskActed { task, attempt, output },
            Answer::Failed(failure) => Event::TaskFailed { task, attempt, failure, retry_at },
            Answer::Stopped(refusal) => Event::TaskStopped { task, refusal },
            Answer::Unknown(failure) => Event::TaskDoubted { task, attempt, failure },
            Answer::AwaitApproval { shown, digest } => Event::ApprovalAwaited { task, attempt, shown, digest },
        })
    }

    fn settled(&mut self, task: usize, attempt: u32, settlement: Settlement) -> Noted {
        let (index, task) = (task, self.recorder.state().task(task).seed.id.clone());
        let event = match settlement {
            Settlement::Settled(verdict) => {
                let retry_at = self.recorder.state().again_at(index, &verdict, self.recorder.now());
                Event::TaskSettled { task, attempt, verdict, by: ENGINE.to_owned(), retry_at }
            }
            Settlement::Unsettled(failure) => Event::TaskUnsettled { task, attempt, failure },
            Settlement::Interrupted if self.recorder.state().is_interrupted() => return Ok(()),
            Settlement::Interrupted => Event::TaskUnsettled { task, attempt, failure: ended_early() },
        };
        self.recorder.note(event)
    }

    fn step_checked(&mut self, step: usize, phase: Phase, answer: CheckAnswer) -> Noted {
        let id = self.recorder.state().step_id(step).clone();
        let event = match (answer, phase) {
            (CheckAnswer::Held, Phase::Before) => Event::StepAdmitted { step: id },
            (CheckAnswer::Held, Phase::After) => match self.performer.conclude(self.recorder.state(), step) {
                Ok((outputs, summary)) => Event::StepSucceeded { step: id, outputs, summary },
                Err(failure) => Event::StepFailed { step: id, failure },
            },
            (CheckAnswer::Refused(refusal), _) => Event::StepStopped { step: id, refusal },
            (CheckAnswer::Failed(failure), _) => Event::StepFailed { step: id, failure },
            (CheckAnswer::Interrupted, _) if self.recorder.state().is_interrupted() => return Ok(()),
            (CheckAnswer::Interrupted, _) => Event::StepFailed { step: id, failure: ended_early() },
        };
        self.recorder.note(event)
    }

    fn task_checked(&mut self, task: usize, phase: Phase, answer: CheckAnswer) -> Noted {
        let attempt = self.recorder.state().task(task).attempt;
        let id = self.recorder.state().task(task).seed.id.clone();
        // Before the task, a check that cannot be read stands for the attempt that it prevented.
        let attempt = if phase == Phase::Before { attempt + 1 } else { attempt };
        let failed = |failure| Event::TaskFailed { task: id.clone(), attempt, failure, retry_at: None };
        let event = match (answer, phase) {
            (CheckAnswer::Held, Phase::Before) => Event::TaskAdmitted { task: id },
            (CheckAnswer::Held, Phase::After) => Event::TaskSucceeded { task: id },
            (CheckAnswer::Refused(refusal), _) => Event::TaskStopped { task: id, refusal },
            (CheckAnswer::Failed(failure), _) => failed(failure),
            (CheckAnswer::Interrupted, _) if self.recorder.state().is_interrupted() => return Ok(()),
            (CheckAnswer::Interrupted, _) => failed(ended_early()),
        };
        self.recorder.note(event)
    }
}

fn ended_early() -> Failure {
    catalogue::internal::NO_ANSWER.failure()
}

fn known_step(state: &State, id: &StepId) -> Result<usize, ApplyError> {
    state.step_index(id).ok_or_else(|| ApplyError::UnknownStep(id.clone()))
}

fn known_task(state: &State, id: &TaskId) -> Result<usize, ApplyError> {
    state.task_index(id).ok_or_else(|| ApplyError::UnknownTask(id.clone()))
}
