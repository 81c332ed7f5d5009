//! What a run asks of every action. Each answers in its own folder.

use std::sync::Arc;

use serde_json::Value;

use super::{Attempt, context::EvalContext};
use crate::{
    check::{CheckTask, Read},
    connect::target::Cluster,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    name::Name,
};

/// An action of the language at work. No method has a default: whoever adds an action is asked each of these by the compiler.
pub trait Acting {
    /// The tasks for one item of the step's `for_each`, or for the step where it has none. `label` is what the item is called.
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure>;

    /// One of its tasks, from templates to what is sent.
    fn prepare(&self, at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure>;

    /// What has to hold of all its tasks before the first of them is sent, besides what the plan says; `None` where that is
    /// nothing.
    fn before_all(
        &self,
        at: EvalContext<'_>,
        tasks: &[TaskState],
        attempt: &Attempt,
    ) -> Result<Option<CheckTask>, Failure>;

    /// What later steps are given, of all tasks of the step.
    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value;

    /// What was done, in one line. `output` is what [`output`](Self::output) gave.
    fn summary(&self, output: &Value, tasks: &[TaskState]) -> Option<String>;

    /// The keys of a task's output, at any depth, under which stands what later steps go by. Where redaction would alter it,
    /// it would be the name of another thing, so the task fails.
    fn identifiers(&self) -> &'static [&'static str];
}

/// An action that a check can read with. It changes nothing then.
pub trait Reading {
    /// What the check reads, from templates to what is sent.
    fn reading(&self, at: EvalContext<'_>, around: &Around<'_>) -> Result<Box<dyn Read>, Failure>;
}

/// What stands around a check.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The task that it is read before or after, where it is not read once for its step.
    pub task: Option<&'a TaskSeed>,
    /// The tasks of its step that may have changed something already: their members are left out of what is read.
    pub past: &'a [&'a TaskSeed],
    pub attempt: &'a Attempt,
}

impl Around<'_> {
    /// A target without the members that those tasks were for.
    pub fn without_past(&self, cluster: &Arc<Cluster>) -> Arc<Cluster> {
        let is_past = |member: &Name| {
            self.past
                .iter()
                .any(|seed| seed.target.as_ref() == Some(&cluster.name) && seed.member.as_ref() == Some(member))
        };
        if !cluster.members.iter().any(|member| is_past(&member.name)) {
            return Arc::clone(cluster);
        }
        let mut left = Cluster::clone(cluster);
        left.members.retain(|member| !is_past(&member.name));
        Arc::new(left)
    }
}
