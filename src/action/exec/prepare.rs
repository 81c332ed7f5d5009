//! `exec` from templates to what is started.

use std::sync::Arc;

use serde_json::Value;

use super::task::ExecTask;
use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::EvalContext,
        output_guard::is_read,
        task_seed::{one_output, one_task},
    },
    catalogue,
    check::CheckTask,
    diagnose::{Activity, Context},
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    plan::{actions::Exec, text::TemplateText},
};

impl Acting for &Exec {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let local = at.local(&self.on)?;
        let directory = self.directory.as_ref().map(|directory| at.plain(directory)).transpose()?;
        let arguments = self.command.iter().enumerate();
        let env = self.env.iter().map(|(name, value)| Ok((name.clone(), at.text(value)?.text().to_owned())));
        Ok(Box::new(ExecTask {
            begun_on: at.context.elsewhere.get(&(attempt.task.clone(), attempt.number)).cloned(),
            attempt,
            command: arguments.map(|(index, it)| argument(at, index, it)).collect::<Result<_, Failure>>()?,
            env: env.collect::<Result<_, Failure>>()?,
            directory: Some(match directory {
                Some(directory) => local.directory.join(directory),
                None => local.directory.clone(),
            }),
            effect: self.effect(),
            withheld: at.context.secret_variables.clone(),
            is_read: is_read(at),
            secrets: at.context.secrets.clone(),
            redact: {
                let redactor = Arc::clone(&at.context.redactor);
                Arc::new(move |line: &str| redactor.redact(line).into_owned())
            },
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, _: &Value, _: &[TaskState]) -> Option<String> {
        None
    }

    /// What it prints only the steps know that read it.
    fn identifiers(&self) -> &'static [&'static str] {
        &[]
    }
}

/// An argument, which everyone on the machine may see: no secret may be in it, nor what a filter has made of one.
pub(in crate::action) fn argument(
    at: EvalContext<'_>,
    index: usize,
    argument: &TemplateText,
) -> Result<String, Failure> {
    let rendered = at.text(argument)?;
    if rendered.is_secret() {
        let message = format!("argument {index} of the command is a secret, or was made from one");
        return Err(catalogue::exec::SECRET_IN_ARGUMENTS
            .failure_in(&Context::new(Activity::Exec))
            .with_message(message));
    }
    Ok(rendered.text().to_owned())
}
