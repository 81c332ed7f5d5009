//! `pod_exec` from templates to what is started.

use std::sync::Arc;

use serde_json::Value;

use super::{container::Where, task::PodExecTask};
use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::EvalContext,
        exec::argument,
        output_guard::is_read,
        task_seed::{one_output, one_task},
    },
    check::CheckTask,
    connect::kubernetes::PodPick,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    plan::{actions::PodExec, text::TemplateText},
};

impl Acting for &PodExec {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let plain = |text: &Option<TemplateText>| text.as_ref().map(|text| at.plain(text)).transpose();
        // Validation has seen that there is one of the two.
        let pod = match (plain(&self.pod.name)?, plain(&self.pod.selector)?) {
            (Some(name), _) => PodPick::Name(name),
            (None, selector) => PodPick::Labels(selector.unwrap_or_default()),
        };
        let arguments = self.command.iter().enumerate();
        let env = self.env.iter().map(|(name, value)| Ok((name.clone(), at.text(value)?.text().to_owned())));
        let redactor = Arc::clone(&at.context.redactor);
        Ok(Box::new(PodExecTask {
            at: Where {
                kubernetes: at.kubernetes(&self.on)?,
                namespace: plain(&self.pod.namespace)?,
                pod,
                container: plain(&self.pod.container)?,
            },
            attempt,
            command: arguments.map(|(index, it)| argument(at, index, it)).collect::<Result<_, Failure>>()?,
            env: env.collect::<Result<_, Failure>>()?,
            effect: self.effect(),
            is_read: is_read(at),
            secrets: at.context.secrets.clone(),
            redact: Arc::new(move |line: &str| redactor.redact(line).into_owned()),
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
