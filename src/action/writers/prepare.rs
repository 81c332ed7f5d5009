//! `writers` from templates to what is asked, as an action and for a check.

use async_trait::async_trait;
use serde_json::Value;

use super::task::WritersTask;

use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::EvalContext,
        task_seed::{one_output, one_task},
        workload::object_refs,
    },
    check::{CheckTask, Read, found, to_row},
    connect::clickhouse::Row,
    engine::{
        event::TaskSeed,
        performer::{TaskContext, TaskRun},
        state::TaskState,
    },
    failure::Failure,
    plan::{
        actions::Writers,
        object::ObjectKind,
        outputs::{WriterRow, WritersOutput},
    },
};

fn task(writers: &Writers, at: EvalContext<'_>) -> Result<WritersTask, Failure> {
    let ignored = writers.ignore.as_ref().map(|list| object_refs(at, list, ObjectKind::WORKLOADS)).transpose()?;
    Ok(WritersTask {
        kubernetes: at.kubernetes(&writers.on)?,
        secret: at.plain(&writers.of.secret)?,
        namespace: writers.of.namespace.as_ref().map(|it| at.plain(it)).transpose()?,
        namespaces: writers.namespaces.as_ref().map(|list| at.names(list)).transpose()?,
        named: object_refs(at, &writers.named, ObjectKind::WORKLOADS)?,
        ignored: ignored.unwrap_or_default(),
    })
}

impl Acting for &Writers {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(task(self, at)?))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        Some(serde_json::from_value::<WritersOutput>(output.clone()).ok()?.summary())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["namespace", "name"]
    }
}

impl Reading for Writers {
    fn reading(&self, at: EvalContext<'_>, _: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        Ok(Box::new(task(self, at)?))
    }
}

/// A row for each workload that is given the Secret. Expects that each is known.
#[async_trait]
impl Read for WritersTask {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(self.find().await?.rows.iter().map(to_row).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let fields = row.iter().map(|(column, value)| (column.clone(), value.clone())).collect();
        serde_json::from_value(Value::Object(fields)).map_or_else(|_| found::cells(row), |row: WriterRow| row.cells())
    }

    fn as_expected(&self, row: &Row) -> bool {
        row.get("known") == Some(&Value::Bool(true))
    }

    fn expected(&self) -> &'static str {
        "row.known"
    }
}
