//! `retain` from templates to what is asked for.

use serde_json::Value;

use super::task::RetainTask;

use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::EvalContext,
        task_seed::{one_output, one_task},
        workload::object_refs,
    },
    check::CheckTask,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    humanize::count,
    plan::{
        actions::Retain,
        object::{ObjectKind, ObjectRef},
        outputs::RetainOutput,
        text::TemplateOrList,
    },
};

impl Acting for &Retain {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let objects = |list: &Option<TemplateOrList>, kinds| -> Result<Vec<ObjectRef>, Failure> {
            list.as_ref().map_or_else(|| Ok(Vec::new()), |list| object_refs(at, list, kinds))
        };
        Ok(Box::new(RetainTask {
            kubernetes: at.kubernetes(&self.on)?,
            namespace: self.namespace.as_ref().map(|it| at.plain(it)).transpose()?,
            volumes_of: objects(&self.volumes_of, ObjectKind::WORKLOADS)?,
            claims: self.claims.as_ref().map_or_else(|| Ok(Vec::new()), |list| at.names(list))?,
            objects: objects(&self.objects, ObjectKind::KEPT)?,
            undo: self.undo,
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        let RetainOutput { volumes, objects } = serde_json::from_value(output.clone()).ok()?;
        let volume = |policy: &str| volumes.iter().filter(|it| it.policy == policy).count() as u64;
        let object = |kept: bool| objects.iter().filter(|it| it.kept == kept).count() as u64;
        let parts = match self.undo {
            false => [(volume("Retain"), "volume", "retained"), (object(true), "object", "kept by Helm")],
            true => [
                (volumes.len() as u64 - volume("Retain"), "volume", "no longer retained"),
                (object(false), "object", "no longer kept by Helm"),
            ],
        };
        let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
        let parts: Vec<String> = parts.map(|(number, noun, how)| format!("{} {how}", count(number, noun))).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["claim", "volume", "object"]
    }
}
