//! What `steps.<name>` stands for while a run goes on.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    engine::state::{State, StepPhase, TaskPhase},
    plan::{
        expanded::{Action, ExpandedPlan},
        facts::{OF_PROGRESS, TASKS},
    },
    template::StepFacts,
};

/// The facts of the steps that a scope can name.
pub(in crate::run) struct RunSteps<'a> {
    pub plan: &'a ExpandedPlan,
    pub state: &'a State,
    pub scope: usize,
}

impl StepFacts for RunSteps<'_> {
    fn facts(&self, step: &str) -> Option<Arc<Value>> {
        let index = self.state.step_index(&self.plan.scopes[self.scope].step(step))?;
        Some(Arc::new(Value::Object(facts(self.plan, self.state, index))))
    }
}

/// A step's outputs, and its own facts.
fn facts(plan: &ExpandedPlan, state: &State, index: usize) -> Map<String, Value> {
    let step = state.step(index);
    let mut facts: Map<String, Value> =
        step.outputs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    // An inclusion that had nothing to send is over all the same.
    let over = matches!(plan.steps[index].action, Action::IncludeEnd(_)) && step.phase == StepPhase::Succeeded;
    let started = over || state.has_started(index);
    let progress = [started, step.phase == StepPhase::Succeeded, step.phase == StepPhase::Skipped];
    facts.extend(OF_PROGRESS.into_iter().zip(progress).map(|(name, value)| (name.to_owned(), value.into())));
    let tasks = state.tasks_of(index).iter().map(|task| {
        json!({
            "member": task.seed.member,
            "item": task.seed.item,
            "succeeded": task.phase == TaskPhase::Succeeded,
            "output": task.output,
        })
    });
    facts.insert(TASKS.to_owned(), tasks.collect());
    facts
}
