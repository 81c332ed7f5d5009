//! `secret` from templates to what is asked for.

use serde_json::Value;

use super::{
    content::Content,
    task::{Copied, SecretTask},
};

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
    plan::{
        actions::{SecretAction, SecretCopy},
        outputs::{SecretDone, SecretOutput},
    },
};

fn copied(copy: &SecretCopy, at: EvalContext<'_>) -> Result<Copied, Failure> {
    Ok(Copied {
        namespace: copy.namespace.as_ref().map(|it| at.plain(it)).transpose()?,
        name: at.plain(&copy.name)?,
        keys: copy.keys.as_ref().map(|keys| at.plain_list(keys)).transpose()?,
    })
}

impl Acting for &SecretAction {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let mut content = Content::default();
        for (key, value) in &self.data {
            content.insert(key, at.text(value)?.text());
        }
        Ok(Box::new(SecretTask {
            kubernetes: at.kubernetes(&self.on)?,
            namespace: self.namespace.as_ref().map(|it| at.plain(it)).transpose()?,
            name: at.plain(&self.name)?,
            content,
            copied: self.copy.as_ref().map(|it| copied(it, at)).transpose()?,
            kind: self.kind.as_ref().map(|it| at.plain(it)).transpose()?,
            replace: self.replace,
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        let SecretOutput { namespace, name, done, .. } = serde_json::from_value(output.clone()).ok()?;
        let done = match done {
            SecretDone::Made => "made",
            SecretDone::Unchanged => "was there with this content",
            SecretDone::Replaced => "has another content now",
        };
        Some(format!("Secret {namespace}/{name} {done}"))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["namespace", "name"]
    }
}
