//! `helm` from templates to what is started.

use serde_json::Value;

use super::task::HelmTask;
use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::EvalContext,
        exec::Redact,
        kubernetes::{helm_program::HelmProgram, mark, values},
        task_seed::{one_output, one_task},
    },
    check::CheckTask,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    humanize,
    plan::{actions::Helm, outputs::HelmOutput},
};

impl Acting for &Helm {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(task(self, at, attempt)?))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, tasks: &[TaskState]) -> Option<String> {
        let [_] = tasks else { return Some(humanize::count(tasks.len() as u64, "release")) };
        let it: HelmOutput = serde_json::from_value(output.clone()).ok()?;
        let before = it.before.map_or_else(
            || "installed".to_owned(),
            |before| format!("revision {} was {}", before.revision, before.status),
        );
        Some(format!("{} is {} at revision {} ({before}; helm {})", it.release, it.status, it.revision, it.helm))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["release", "namespace"]
    }
}

/// The task of an attempt.
pub(super) fn task(helm_action: &Helm, at: EvalContext<'_>, attempt: Attempt) -> Result<HelmTask, Failure> {
    let namespace = helm_action.namespace.as_ref().map(|it| at.plain(it)).transpose()?;
    let version = helm_action.version.as_ref().map(|it| at.plain(it)).transpose()?;
    let description = helm_action.description.as_ref().map(|it| at.plain(it)).transpose()?;
    let mut flags = vec![helm_action.previous_values.flag().to_owned()];
    flags.extend(helm_action.install.then(|| "--install".to_owned()));
    flags.extend(helm_action.wait.then(|| "--wait".to_owned()));
    flags.extend(
        helm_action.timeout.into_iter().flat_map(|it| ["--timeout".to_owned(), format!("{}s", it.0.as_secs().max(1))]),
    );
    flags.extend(description.into_iter().flat_map(|it| ["--description".to_owned(), it]));
    flags.extend(["--labels".to_owned(), format!("{}={}", mark::LABEL, mark::of_attempt(&attempt))]);
    let helm = HelmProgram::new(at, at.kubernetes(&helm_action.on)?, namespace.clone().unwrap_or_default());
    let redact: Redact = helm.redact.clone();
    Ok(HelmTask {
        begun_on: at.context.elsewhere.get(&(attempt.task.clone(), attempt.number)).cloned(),
        attempt,
        helm,
        namespace,
        release: at.plain(&helm_action.upgrade)?,
        install: helm_action.install,
        chart: at.plain(&helm_action.chart)?,
        version,
        values: at.plain_list(&helm_action.values)?,
        set: values::with_secrets(at, &helm_action.set)?,
        flags,
        redact,
    })
}
