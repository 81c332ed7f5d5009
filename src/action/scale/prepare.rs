//! `scale` from templates to what is asked for.

use serde_json::Value;

use super::{plan::Goal, task::ScaleTask};

use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::{EvalContext, internal},
        task_seed::{one_output, one_task},
        workload::object_refs,
    },
    catalogue,
    check::CheckTask,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    plan::{
        actions::{Scale, ScaleGoal},
        object::ObjectKind,
        outputs::ScaleOutput,
        text::TemplateText,
    },
};

fn goal(scale: &Scale, at: EvalContext<'_>) -> Result<Goal, Failure> {
    let value = match &scale.to {
        None if scale.release => return Ok(Goal::Release),
        None => return Err(internal("nothing is scaled")),
        Some(to) => match &to.0 {
            Value::String(text) => at.value(&TemplateText(text.clone()))?,
            other => other.clone(),
        },
    };
    let wrong = |message: String| catalogue::template::WRONG_TYPE.failure().with_message(message).before_sending();
    ScaleGoal::of(&value).map(Goal::Scale).map_err(wrong)
}

impl Acting for &Scale {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(ScaleTask {
            kubernetes: at.kubernetes(&self.on)?,
            namespace: self.namespace.as_ref().map(|it| at.plain(it)).transpose()?,
            workloads: object_refs(at, &self.workloads, ObjectKind::SCALABLE)?,
            goal: goal(self, at)?,
            suspended: self.suspended,
            within: self.within.unwrap_or(Scale::WITHIN).0,
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        Some(serde_json::from_value::<ScaleOutput>(output.clone()).ok()?.summary())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["workload"]
    }
}
