//! `approve` from templates to what is shown.

use serde_json::Value;

use super::task::ApproveTask;

use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::EvalContext,
        task_seed::{one_output, one_task},
    },
    check::CheckTask,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    plan::{actions::Approve, outputs::ApproveOutput},
};

impl Acting for &Approve {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(ApproveTask {
            shown: at.value(&self.show)?,
            message: self.message.as_ref().map(|message| at.plain(message)).transpose()?,
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    /// Who approved it, as the engine has recorded it.
    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        let ApproveOutput { by, .. } = serde_json::from_value(output.clone()).ok()?;
        Some(format!("approved by {by}"))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &[]
    }
}
