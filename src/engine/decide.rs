//! What should happen next. Pure: state and time in, events out.
//!
//! Every event it gives moves something on, so the same is never given twice once it was applied. Its cost is that of what it
//! gives, never of what there is.

use jiff::Timestamp;

use super::{
    event::{Event, Outcome},
    state::{Lifecycle, State, stage::Stage},
};

/// The events that follow from `state` at `now`, all of them from this one look; call again after applying them, until there
/// are none.
///
/// None at all means: something is under way (or a retry is due at [`State::next_retry`]), or the run is suspended or ended.
///
/// - After a failure, a check's no or a doubt for a person nothing new starts; what is under way is finished: its doubts are
///   settled, its postconditions read.
/// - After an interruption not even that.
/// - An approval that waits holds up only what needs it.
/// - After an abandonment doubts of main steps are settled before `finally` begins, unless they are to be left.
pub fn decide(state: &State, now: Timestamp) -> Vec<Event> {
    if state.lifecycle() != Lifecycle::Running {
        return Vec::new();
    }
    let mut next = Next { state, events: Vec::new(), free: 0 };
    next.free = state.spec().max_parallel.saturating_sub(state.active().len(Stage::Busy));
    if state.goes_on() {
        next.finish();
    }
    if !state.is_interrupted() {
        next.settle();
        if state.goes_on() {
            next.check_after();
            if !state.is_halted() {
                next.start(now);
            }
        }
    }
    let under_way = state.active().len(Stage::Busy) + state.active().len(Stage::Instant);
    if next.events.is_empty() && under_way == 0 {
        next.events.extend(turn(state));
    }
    next.events
}

struct Next<'state> {
    state: &'state State,
    events: Vec<Event>,
    /// How much more may be under way.
    free: usize,
}

impl Next<'_> {
    /// What needs nothing but to be said.
    fn finish(&mut self) {
        for task in self.state.active().tasks(Stage::Acted) {
            self.events.push(Event::TaskSucceeded { task: self.task(task) });
        }
        for step in self.state.active().steps(Stage::Done) {
            self.events.push(Event::PostconditionsBegun { step: self.state.step_id(step).clone() });
        }
    }

    fn settle(&mut self) {
        for task in self.state.active().tasks(Stage::Doubted).take(self.free) {
            let attempt = self.state.task(task).attempt;
            self.begin(Event::SettlementBegun { task: self.task(task), attempt });
        }
    }

    fn check_after(&mut self) {
        for task in self.state.active().tasks(Stage::ActedUnchecked).take(self.free) {
            self.begin(Event::TaskPostconditionsBegun { task: self.task(task) });
        }
        for step in self.state.active().steps(Stage::DoneUnchecked).take(self.free) {
            self.begin(Event::PostconditionsBegun { step: self.state.step_id(step).clone() });
        }
    }

    /// What is new: tasks first, so that no precondition grows old while its task waits for a turn.
    fn start(&mut self, now: Timestamp) {
        let section = self.state.active();
        let tasks = section.tasks(Stage::Checked).chain(section.due(now)).chain(section.tasks(Stage::Startable));
        for task in tasks.take(self.free) {
            let id = self.task(task);
            self.begin(if self.state.task_needs_checks(task) {
                Event::TaskPreconditionsBegun { task: id }
            } else {
                Event::TaskStarted { task: id, attempt: self.state.task(task).attempt + 1 }
            });
        }
        for step in section.steps(Stage::Checkable).take(self.free) {
            self.begin(Event::PreconditionsBegun { step: self.state.step_id(step).clone() });
        }
        for step in section.steps(Stage::Admissible) {
            self.events.push(Event::StepAdmitted { step: self.state.step_id(step).clone() });
        }
        for step in section.steps(Stage::Ready) {
            let id = self.state.step_id(step).clone();
            self.events.push(match self.state.skipped_around(step) {
                Some(around) => {
                    Event::StepSkipped { step: id, reason: format!("`{}` was skipped", self.state.step_id(around)) }
                }
                None => Event::StepEntered { step: id },
            });
        }
    }

    fn begin(&mut self, event: Event) {
        self.free -= 1;
        self.events.push(event);
    }

    fn task(&self, task: usize) -> crate::plan::name::TaskId {
        self.state.task(task).seed.id.clone()
    }
}

/// Nothing is under way and nothing can start: what becomes of the run.
fn turn(state: &State) -> Option<Event> {
    let abandoned = state.abandoned_by().is_some();
    let done = state.active().left == 0;
    if state.finally_begun() {
        if done {
            return Some(Event::RunEnded { outcome: if abandoned { Outcome::Abandoned } else { Outcome::Succeeded } });
        }
    } else if !state.is_interrupted() {
        let settled = state.active().is_empty(Stage::Doubted) && state.active().is_empty(Stage::Unsettled);
        if done || (abandoned && settled) {
            return Some(Event::FinallyBegun);
        }
    }
    if state.may_abandon_itself() {
        return Some(Event::RunAbandoned { by: "on_failure: abandon".to_owned(), leave_in_doubt: false });
    }
    if state.next_retry().is_some() {
        return None;
    }
    Some(Event::RunSuspended { reason: state.suspend_reason() })
}
