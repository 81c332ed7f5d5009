//! What should happen next. Pure: state and time in, events out.
//!
//! Every event it gives moves something on, so the same is never given twice once it was applied. Its cost is that of what it
//! gives, never of what there is.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{
    event::{Event, Outcome},
    state::{Item, Lifecycle, State, stage::Stage},
};
use crate::name::{StepId, TaskId};

/// The events that follow from `state` at `now`, all of them from this one look; call again after applying them, until there
/// are none.
///
/// None at all means: something is under way (or a retry is due at [`State::next_retry`]), or the run is suspended or ended.
///
/// - What takes no time comes first, and alone: so that when a place is free, all that could have it is known, and the one on
///   the longest remaining chain gets it.
/// - After a failure, a check's no or a doubt for a person nothing new starts; what is under way is finished: its doubts are
///   settled, its postconditions read.
/// - In `finally` they hold up only what needs them.
/// - After an interruption nothing starts anywhere.
/// - An approval that waits holds up only what needs it.
/// - After an abandonment doubts of main steps are settled before `finally` begins, unless they are to be left.
pub fn decide(state: &State, now: Timestamp) -> Vec<Event> {
    if state.lifecycle() != Lifecycle::Running {
        return Vec::new();
    }
    let mut next = Next { state, events: Vec::new(), free: 0 };
    let starts = state.goes_on() && !state.is_interrupted() && !state.is_halted();
    if starts {
        let reopened = |step| Event::StepReopened { step: state.step_id(step).clone() };
        next.events.extend(state.reopening().map(reopened));
        if !next.events.is_empty() {
            return next.events;
        }
    }
    if state.goes_on() {
        next.finish();
    }
    if starts {
        next.enter();
    }
    if next.events.is_empty() && state.active().is_empty(Stage::Instant) {
        next.free = state.spec().max_parallel.saturating_sub(state.active().len(Stage::Busy));
        if !state.is_interrupted() {
            next.settle();
        }
        if state.goes_on() && !state.is_interrupted() {
            next.check_after();
        }
        if starts {
            next.start(now);
        }
        if next.events.is_empty() && state.active().is_empty(Stage::Busy) {
            next.events.extend(turn(state));
        }
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
            self.events.push(Event::PostconditionsBegun { step: self.step(step) });
        }
    }

    fn enter(&mut self) {
        for step in self.state.active().steps(Stage::Admissible) {
            self.events.push(Event::StepAdmitted { step: self.step(step) });
        }
        for step in self.state.active().steps(Stage::Ready) {
            self.events.push(match self.state.skipped_around(step) {
                Some(around) => Event::StepSkipped {
                    step: self.step(step),
                    reason: format!("`{}` was skipped", self.state.step_id(around)),
                },
                None => Event::StepEntered { step: self.step(step) },
            });
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
            self.begin(Event::PostconditionsBegun { step: self.step(step) });
        }
    }

    /// What is new. A task whose checks hold goes before anything else, so that they do not grow old; a step whose
    /// preconditions hold has its place in the order for its tasks.
    fn start(&mut self, now: Timestamp) {
        let section = self.state.active();
        for task in section.tasks(Stage::Checked).take(self.free) {
            self.begin_task(task);
        }
        let tasks = section.due(now).take(self.free).chain(section.tasks(Stage::Startable).take(self.free));
        let tasks = tasks.map(|task| (self.state.spec().chain(self.state.task(task).step), Item::Task(task as u32)));
        let steps = section.steps(Stage::Checkable).filter(|step| self.state.is_at_rest(*step)).take(self.free);
        let steps = steps.map(|step| (self.state.spec().chain(step), Item::Step(step as u32)));
        let mut waiting: Vec<_> = tasks.chain(steps).collect();
        waiting.sort_by_key(|(chain, _)| Reverse(*chain));
        for (_, item) in waiting.into_iter().take(self.free) {
            match item {
                Item::Task(task) => self.begin_task(task as usize),
                Item::Step(step) => self.begin(Event::PreconditionsBegun { step: self.step(step as usize) }),
            }
        }
    }

    fn begin_task(&mut self, task: usize) {
        let id = self.task(task);
        self.begin(if self.state.task_needs_checks(task) {
            Event::TaskPreconditionsBegun { task: id }
        } else {
            Event::TaskStarted { task: id, attempt: self.state.task(task).attempt + 1 }
        });
    }

    fn begin(&mut self, event: Event) {
        self.free -= 1;
        self.events.push(event);
    }

    fn task(&self, task: usize) -> TaskId {
        self.state.task(task).seed.id.clone()
    }

    fn step(&self, step: usize) -> StepId {
        self.state.step_id(step).clone()
    }
}

/// Nothing is under way and nothing can start: what becomes of the run.
fn turn(state: &State) -> Option<Event> {
    let abandoned = state.abandoned_by().is_some();
    let done = state.active().remaining == 0;
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
        return Some(Event::RunAbandoned {
            by: "on_failure: abandon".to_owned(),
            leave_in_doubt: false,
            without: Vec::new(),
            left_in_doubt: Vec::new(),
        });
    }
    if state.next_retry().is_some() {
        return None;
    }
    Some(Event::RunSuspended { reason: state.suspend_reason() })
}
