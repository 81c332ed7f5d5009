//! `job` from templates to what is made.

use serde_json::Value;

use super::{
    object::{From, Hook},
    task::JobTask,
};
use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::{EvalContext, internal},
        kubernetes::{helm_program::HelmProgram, values},
        task_seed::{one_output, one_task},
    },
    check::CheckTask,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    humanize,
    plan::{
        actions::{ChartHook, Job},
        outputs::JobOutput,
    },
};

impl Acting for &Job {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let kubernetes = at.kubernetes(&self.on)?;
        let namespace = self.namespace.as_ref().map(|it| at.plain(it)).transpose()?;
        let from = match (&self.template, &self.file, &self.from_hook) {
            (Some(template), _, _) => From::Template(values::plain(at, template)?),
            (_, Some(file), _) => From::File(at.plain(file)?),
            (_, _, Some(hook)) => From::Hook(rendered_by(at, hook)?),
            (None, None, None) => return Err(internal("a job is made of nothing")),
        };
        Ok(Box::new(JobTask {
            attempt,
            helm: HelmProgram::new(at, kubernetes, namespace.clone().unwrap_or_default()),
            namespace,
            name: at.plain(&self.name)?,
            from,
            effect: self.effect(),
            delete: self.delete,
            lives: None,
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, tasks: &[TaskState]) -> Option<String> {
        let [_] = tasks else { return Some(humanize::count(tasks.len() as u64, "Job")) };
        let it: JobOutput = serde_json::from_value(output.clone()).ok()?;
        let deleted = if it.deleted { ", deleted" } else { "" };
        Some(format!("Job {} in {} is complete{deleted}", it.name, it.namespace))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["name", "namespace", "uid"]
    }
}

fn rendered_by(at: EvalContext<'_>, hook: &ChartHook) -> Result<Hook, Failure> {
    Ok(Hook {
        name: at.plain(&hook.hook)?,
        release: at.plain(&hook.release)?,
        chart: at.plain(&hook.chart)?,
        version: hook.version.as_ref().map(|it| at.plain(it)).transpose()?,
        values: at.plain_list(&hook.values)?,
        set: values::with_secrets(at, &hook.set)?,
        previous_values: hook.previous_values,
    })
}
