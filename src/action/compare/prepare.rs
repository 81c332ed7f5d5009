//! `compare` from templates to what is asked, as an action and for a check.

use async_trait::async_trait;
use serde_json::Value;

use super::task::{CompareTask, PATIENCE};

use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::EvalContext,
        task_seed::{one_output, one_task},
    },
    catalogue,
    check::{CheckTask, Read, found, to_row},
    connect::clickhouse::Row,
    engine::{
        event::TaskSeed,
        performer::{TaskContext, TaskRun},
        state::TaskState,
    },
    failure::Failure,
    plan::{
        actions::Compare,
        outputs::{CompareOutput, ComparisonRow},
    },
};

fn task(compare: &Compare, at: EvalContext<'_>) -> Result<CompareTask, Failure> {
    let left = serde_json::from_value(at.value(&compare.left)?).map_err(|error| {
        let what = format!("`{}`", compare.left.0);
        catalogue::template::NOT_AN_INVENTORY.with("what", what).with("reason", error).failure()
    })?;
    Ok(CompareTask {
        left,
        right: at.cluster(&compare.right)?,
        database: compare.database.as_ref().map(|database| at.plain(database)).transpose()?,
        by: compare.by.clone(),
        extra: compare.extra,
        // Less than the attempt may take, so that what is stuck is told before time runs out.
        patience: at.step.timeout.map_or(PATIENCE, |timeout| timeout.mul_f64(0.9)),
    })
}

impl Acting for &Compare {
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
        Some(serde_json::from_value::<CompareOutput>(output.clone()).ok()?.summary)
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["table"]
    }
}

impl Reading for Compare {
    fn reading(&self, at: EvalContext<'_>, around: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        let task = task(self, at)?;
        Ok(Box::new(CompareTask { right: around.without_past(&task.right), ..task }))
    }
}

/// A comparison: a row a member and table. Expects `row.equal` by itself.
#[async_trait]
impl Read for CompareTask {
    async fn read(&self, task_context: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(self.compare(task_context).await?.iter().map(to_row).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let fields = row.iter().map(|(column, value)| (column.clone(), value.clone())).collect();
        serde_json::from_value(Value::Object(fields))
            .map_or_else(|_| found::cells(row), |row: ComparisonRow| row.cells())
    }

    fn as_expected(&self, row: &Row) -> bool {
        row.get("equal") == Some(&Value::Bool(true))
    }

    fn expected(&self) -> &'static str {
        "row.equal"
    }
}
