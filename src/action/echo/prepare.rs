//! `echo` from a template to what is said.

use serde_json::Value;

use super::task::EchoTask;

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
    plan::{actions::Echo, outputs::EchoOutput},
};

impl Acting for &Echo {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(EchoTask { said: at.plain(&self.say)? }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        let EchoOutput { said } = serde_json::from_value(output.clone()).ok()?;
        Some(format!("said {said}"))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &[]
    }
}
