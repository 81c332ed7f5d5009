//! `keeper` from templates to what is asked for, as an action and for a check.

use async_trait::async_trait;
use serde_json::Value;

use super::task::{KeeperOperation, KeeperTask};

use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::{EvalContext, internal},
        task_seed::{one_output, one_task},
    },
    check::{CheckTask, Read, to_row},
    connect::clickhouse::Row,
    engine::{
        event::TaskSeed,
        performer::{TaskContext, TaskRun},
        state::TaskState,
    },
    failure::Failure,
    plan::{actions::KeeperAction, outputs::KeeperOutput},
};

fn task(keeper: &KeeperAction, at: EvalContext<'_>, attempt: Attempt) -> Result<KeeperTask, Failure> {
    let action = match (&keeper.remove, &keeper.exists) {
        (Some(paths), _) => KeeperOperation::Remove { paths: at.names(paths)? },
        (None, Some(path)) => KeeperOperation::Exists { path: at.plain(path)? },
        (None, None) => return Err(internal("a keeper action does nothing")),
    };
    let through = keeper.through.as_ref().map(|target| at.cluster(target)).transpose()?;
    Ok(KeeperTask { attempt, keeper: at.keeper(&keeper.on)?, through, action })
}

impl Acting for &KeeperAction {
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

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        self.remove.as_ref()?;
        Some(serde_json::from_value::<KeeperOutput>(output.clone()).ok()?.removed())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["path"]
    }
}

impl Reading for KeeperAction {
    fn reading(&self, at: EvalContext<'_>, around: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        Ok(Box::new(task(self, at, around.attempt.clone())?))
    }
}

/// A path in Keeper: one row.
#[async_trait]
impl Read for KeeperTask {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
        match &self.action {
            KeeperOperation::Exists { path } => Ok(vec![to_row(&self.look(path).await?)]),
            KeeperOperation::Remove { .. } => Err(internal("a check removes a path")),
        }
    }
}
