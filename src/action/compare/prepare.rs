//! `compare` from templates to what is asked, as an action and for a check.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{
    backup::BackupCompareTask,
    task::{CompareTask, PATIENCE},
};

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
        actions::{Aspect, Compare},
        outputs::{CompareOutput, ComparisonRow, InspectOutput},
    },
};

/// What is compared with a target.
enum Comparison {
    Inventory(CompareTask),
    Backup(BackupCompareTask),
}

impl Comparison {
    fn of(compare: &Compare, at: EvalContext<'_>) -> Result<Self, Failure> {
        let left = at.value(&compare.left)?;
        // Less than the attempt may take, so that what is stuck is told before time runs out.
        let patience = at.step.timeout.map_or(PATIENCE, |timeout| timeout.mul_f64(0.9));
        let right = at.cluster(&compare.right)?;
        let database = compare.database.as_ref().map(|database| at.plain(database)).transpose()?;
        let Ok(backup) = InspectOutput::deserialize(&left) else {
            let left = serde_json::from_value(left).map_err(|error| {
                let what = format!("`{}`", compare.left.0);
                catalogue::template::NOT_AN_INVENTORY.with("what", what).with("reason", error).failure()
            })?;
            let (by, extra) = (compare.by.clone(), compare.extra);
            return Ok(Self::Inventory(CompareTask { left, right, database, by, extra, patience }));
        };
        let (Some(of), true) = (backup.database.clone(), backup.acting.is_some() && compare.by == [Aspect::Rows])
        else {
            return Err(catalogue::compare::BACKUP_BY_ROWS.with("what", format!("`{}`", compare.left.0)).failure());
        };
        let before = compare.added_to.as_ref().map(|before| at.value(before)).transpose()?;
        let before = before.map(serde_json::from_value).transpose().map_err(|error| {
            let message = format!("`added_to` takes rows of `member`, `table` and `rows`: {error}");
            catalogue::template::WRONG_TYPE.failure().with_message(message)
        })?;
        Ok(Self::Backup(BackupCompareTask {
            left: backup,
            right,
            database: database.unwrap_or(of),
            except: compare.except.as_ref().map_or_else(|| Ok(Vec::new()), |except| at.names(except))?,
            before: before.unwrap_or_default(),
            extra: compare.extra,
            patience,
        }))
    }
}

impl Acting for &Compare {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, _: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(match Comparison::of(self, at)? {
            Comparison::Inventory(task) => Box::new(task),
            Comparison::Backup(task) => Box::new(task),
        })
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
        Ok(match Comparison::of(self, at)? {
            Comparison::Inventory(task) => Box::new(CompareTask { right: around.without_past(&task.right), ..task }),
            Comparison::Backup(task) => Box::new(BackupCompareTask { right: around.without_past(&task.right), ..task }),
        })
    }
}

/// A comparison: a row a member and table. Expects `row.equal` by itself.
#[async_trait]
impl Read for CompareTask {
    async fn read(&self, task_context: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(self.compare(task_context).await?.iter().map(to_row).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        cells(row)
    }

    fn as_expected(&self, row: &Row) -> bool {
        is_equal(row)
    }

    fn expected(&self) -> &'static str {
        EXPECTED
    }
}

/// The same of a backup.
#[async_trait]
impl Read for BackupCompareTask {
    async fn read(&self, task_context: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(self.compare(task_context).await?.iter().map(to_row).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        cells(row)
    }

    fn as_expected(&self, row: &Row) -> bool {
        is_equal(row)
    }

    fn expected(&self) -> &'static str {
        EXPECTED
    }
}

const EXPECTED: &str = "row.equal";

fn cells(row: &Row) -> Vec<String> {
    let fields = row.iter().map(|(column, value)| (column.clone(), value.clone())).collect();
    serde_json::from_value(Value::Object(fields)).map_or_else(|_| found::cells(row), |row: ComparisonRow| row.cells())
}

fn is_equal(row: &Row) -> bool {
    row.get("equal") == Some(&Value::Bool(true))
}
