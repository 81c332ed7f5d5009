//! Work is linear in what there is to do. Counted, not timed.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::{
    engine::{
        decide::decide,
        event::{Event, TaskSeed},
        spec::{RunSpec, StepSpec},
        state::{Lifecycle, State},
    },
    name::TaskId,
    plan::model::OnFailure,
};

/// Runs `steps` of one task each, and gives how many events and set changes that took.
fn drive(steps: Vec<StepSpec>, max_parallel: usize) -> (u64, u64) {
    let mut state = State::new(Arc::new(RunSpec::new(steps, OnFailure::Suspend, max_parallel).unwrap()));
    let now = Timestamp::UNIX_EPOCH;
    let mut events = 0;
    let mut apply = |state: &mut State, event: Event| {
        events += 1;
        state.apply(&event, now).unwrap();
    };
    apply(&mut state, Event::RunResumed { process: 1, host: String::new(), user: String::new() });
    while state.lifecycle() == Lifecycle::Running {
        for event in decide(&state, now) {
            apply(&mut state, event.clone());
            match event {
                Event::StepEntered { step } => {
                    let id = TaskId::new(&step, None, None);
                    let seed = TaskSeed { id, target: None, member: None, item: None };
                    apply(&mut state, Event::StepExpanded { step, tasks: vec![seed] });
                }
                Event::TaskStarted { task, attempt } => {
                    apply(&mut state, Event::TaskActed { task, attempt, output: serde_json::Value::Null });
                }
                Event::PostconditionsBegun { step } => {
                    apply(&mut state, Event::StepSucceeded { step, outputs: IndexMap::new(), summary: None });
                }
                _ => {}
            }
        }
    }
    (events, state.changes())
}

#[track_caller]
fn is_linear(steps: Vec<StepSpec>, max_parallel: usize) {
    let count = steps.len() as u64;
    let (events, changes) = drive(steps, max_parallel);
    assert!(events <= 8 * count + 4, "{events} events for {count} steps");
    assert!(changes <= 24 * count + 10, "{changes} changes of sets for {count} steps");
}

#[test]
fn a_hundred_thousand_steps_at_once_are_linear() {
    is_linear((0..100_000).map(|i| StepSpec::new(format!("s{i}"))).collect(), 16);
}

#[test]
fn a_chain_of_a_hundred_thousand_steps_is_linear() {
    let chained =
        |i: usize| StepSpec { needs: i.checked_sub(1).into_iter().collect(), ..StepSpec::new(format!("s{i}")) };
    is_linear((0..100_000).map(chained).collect(), 16);
}
