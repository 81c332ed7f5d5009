//! Which tasks a step is made of, and what they give together.

use serde_json::{Value, json};

use super::context::EvalContext;
use crate::{
    engine::{event::TaskSeed, state::TaskState},
    name::{Name, TaskId},
};

/// The one task of an action that acts on one thing.
pub(super) fn one_task(at: EvalContext<'_>, label: Option<&str>) -> Vec<TaskSeed> {
    vec![seed(at, label, None, at.item)]
}

/// A task: its id is made of the item's label and the member's, where it is one of several.
pub(super) fn seed(
    at: EvalContext<'_>,
    item: Option<&str>,
    member: Option<(&Name, &Name, Option<&str>)>,
    value: Option<&Value>,
) -> TaskSeed {
    TaskSeed {
        id: TaskId::new(&at.step.id, item, member.and_then(|(_, _, shown)| shown)),
        target: member.map(|(target, ..)| target.clone()),
        member: member.map(|(_, member, _)| member.clone()),
        item: value.cloned(),
    }
}

/// What an action gives that acts on one thing: of one task its output, of several for a `for_each` theirs as `results`.
pub(super) fn one_output(at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
    match tasks {
        [task] if at.step.for_each.is_none() => task.output.clone().unwrap_or(Value::Null),
        tasks => json!({ "results": tasks.iter().map(|task| task.output.clone()).collect::<Vec<_>>() }),
    }
}
