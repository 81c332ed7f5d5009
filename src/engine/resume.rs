//! Takes up what a journal says: the state that its records make, and what a person should know before it goes on.
//!
//! Comparing files with those that the run began with is not here; [`State`] says which steps have started.

use std::sync::Arc;

use indexmap::IndexSet;
use jiff::Timestamp;

use super::{
    event::{Event, SuspendReason},
    spec::{RunSpec, SpecError, StepSpec},
    state::{ApplyError, Lifecycle, State, StepPhase, TaskPhase},
};
use crate::{
    journal::Record,
    name::{StepId, TaskId},
    plan::model::OnFailure,
};

/// The fold of a journal's records, over the plan as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    pub state: State,
    /// Steps that the run had reached but not begun, and that the plan no longer has (`--accept-changes`).
    pub forgotten: Vec<StepId>,
}

/// Folds `records`. Evaluates nothing: expansions, skips, outputs and settlements are as they were recorded.
///
/// An error says at which record the journal and the plan part ways.
pub fn replay(spec: Arc<RunSpec>, records: &[Record<Event>]) -> Result<Replayed, (u64, ApplyError)> {
    let mut state = State::new(spec);
    let mut forgotten = IndexSet::new();
    for record in records {
        match state.apply(&record.event, record.at) {
            Ok(()) => {}
            Err(ApplyError::UnknownStep(step)) if leaves_nothing(&record.event) => {
                forgotten.insert(step);
            }
            Err(error) => return Err((record.n, error)),
        }
    }
    Ok(Replayed { state, forgotten: forgotten.into_iter().collect() })
}

/// Whether a step that a plan no longer has may have had this event: nothing was done on its word.
fn leaves_nothing(event: &Event) -> bool {
    matches!(event, Event::StepEntered { .. } | Event::StepSkipped { .. } | Event::StepFailed { .. })
}

/// The state as far as it can be known without the plan: every step that the journal names, needing nothing.
///
/// Good for asking and for a person's word (status, `settle`, `approve`), not for going on.
pub fn sketch(records: &[Record<Event>]) -> Result<State, (u64, ApplyError)> {
    let mut steps: IndexSet<(StepId, bool)> = IndexSet::new();
    let mut finally = false;
    for record in records {
        match &record.event {
            Event::FinallyBegun => finally = true,
            Event::StepEntered { step } | Event::StepSkipped { step, .. }
                if !steps.contains(&(step.clone(), false)) =>
            {
                steps.insert((step.clone(), finally));
            }
            _ => {}
        }
    }
    let steps = steps.into_iter().map(|(id, finally)| StepSpec { finally, ..StepSpec::new(id.0) });
    let spec = match RunSpec::new(steps.collect(), OnFailure::Suspend, 1) {
        Ok(spec) => spec,
        Err(SpecError::Duplicate(step) | SpecError::Order(step) | SpecError::NeedsFinally { step, .. }) => {
            return Err((0, ApplyError::UnknownStep(step)));
        }
    };
    replay(Arc::new(spec), records).map(|replayed| replayed.state)
}

/// What an earlier process left, for a person to read before the run goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The process that last took the run up, and where.
    pub process: Option<(u32, String)>,
    /// When the last record was made.
    pub last: Option<Timestamp>,
    /// The version of houseplan that began it, where that is not this one.
    pub other_version: Option<String>,
    /// Why it was suspended; `None` where the process died.
    pub suspended: Option<SuspendReason>,
    /// What was under way, or is in doubt, and will be asked after.
    pub in_doubt: Vec<TaskId>,
    /// What waits for a person's approval.
    pub awaiting: Vec<TaskId>,
    /// What failed or was stopped, and will be tried anew.
    pub again: Vec<TaskId>,
    /// How many steps have succeeded and are not repeated; how many were skipped; how many remain.
    pub succeeded: usize,
    pub skipped: usize,
    pub remaining: usize,
}

/// Looks at all tasks, once.
pub fn findings(state: &State, records: &[Record<Event>]) -> Findings {
    let taken_up = records.iter().rev().find_map(|record| match &record.event {
        Event::RunResumed { process, host, .. } => Some((*process, host.clone())),
        _ => None,
    });
    let tasks = |phases: &[TaskPhase]| {
        let tasks = state.tasks().iter().filter(|task| phases.contains(&task.phase));
        tasks.map(|task| task.seed.id.clone()).collect()
    };
    let steps = |phase| state.steps().iter().filter(|step| step.phase == phase).count();
    let (main, finally) = state.remaining();
    Findings {
        process: taken_up,
        last: records.last().map(|record| record.at),
        other_version: state
            .created()
            .map(|created| created.houseplan.clone())
            .filter(|version| version != env!("CARGO_PKG_VERSION")),
        suspended: match state.lifecycle() {
            Lifecycle::Suspended(reason) => Some(reason),
            Lifecycle::Created | Lifecycle::Running | Lifecycle::Ended(_) => None,
        },
        in_doubt: tasks(&[TaskPhase::Running, TaskPhase::InDoubt, TaskPhase::Settling, TaskPhase::Unsettled]),
        awaiting: tasks(&[TaskPhase::AwaitingApproval]),
        again: tasks(&[TaskPhase::Failed, TaskPhase::Stopped]),
        succeeded: steps(StepPhase::Succeeded),
        skipped: steps(StepPhase::Skipped),
        remaining: main + finally,
    }
}
