//! `s3` from templates to what is asked for, as an action and for a check.

use async_trait::async_trait;
use serde_json::Value;

use super::task::{S3Operation, S3Task};

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
    plan::{actions::S3Action, outputs::S3Output},
};

fn task(s3: &S3Action, at: EvalContext<'_>, attempt: Attempt) -> Result<S3Task, Failure> {
    let (action, path) = match (&s3.probe, &s3.exists, &s3.list, &s3.remove) {
        (Some(path), ..) => (S3Operation::Probe, path),
        (_, Some(path), ..) => (S3Operation::Exists, path),
        (_, _, Some(path), _) => (S3Operation::List, path),
        (.., Some(path)) => (S3Operation::Remove, path),
        _ => return Err(internal("an s3 action does nothing")),
    };
    let mut through = Vec::new();
    for target in s3.through.iter().flat_map(|through| &through.0) {
        through.extend(at.cluster(target)?.members.iter().cloned());
    }
    Ok(S3Task { attempt, store: at.store(&s3.on)?, path: at.store_path(path)?, action, through })
}

impl Acting for &S3Action {
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
        serde_json::from_value::<S3Output>(output.clone()).ok()?.summary()
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["path"]
    }
}

impl Reading for S3Action {
    fn reading(&self, at: EvalContext<'_>, around: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        Ok(Box::new(task(self, at, around.attempt.clone())?))
    }
}

/// Objects of a store: a row each.
#[async_trait]
impl Read for S3Task {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(self.rows().await?.iter().map(to_row).collect())
    }
}
