//! `inventory` from templates to what is asked, as an action and for a check.

use async_trait::async_trait;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{Inventory, Nondeterministic, read::Depth, task::InventoryTask};
use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::EvalContext,
        task_seed::{one_output, one_task},
    },
    check::{CheckTask, Read, found, to_row},
    connect::clickhouse::Row,
    engine::{
        event::TaskSeed,
        performer::{TaskContext, TaskRun},
        state::TaskState,
    },
    failure::Failure,
    plan::actions,
};

fn task(inventory: &actions::Inventory, at: EvalContext<'_>) -> Result<InventoryTask, Failure> {
    Ok(InventoryTask {
        target: at.cluster(&inventory.on)?,
        database: at.plain(&inventory.database)?,
        except: inventory.except.as_ref().map_or_else(|| Ok(Vec::new()), |except| at.names(except))?,
        depth: match (inventory.rows, inventory.checksum) {
            (_, true) => Depth::Checksum,
            (true, false) => Depth::Rows,
            (false, false) => Depth::Columns,
        },
    })
}

impl Acting for &actions::Inventory {
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
        Some(serde_json::from_value::<Inventory>(output.clone()).ok()?.summary())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["database", "name", "tables", "members", "zookeeper_paths"]
    }
}

impl Reading for actions::Inventory {
    fn reading(&self, at: EvalContext<'_>, _: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        Ok(Box::new(task(self, at)?))
    }
}

/// An inventory: one row, with what the inventory's step would give.
#[async_trait]
impl Read for InventoryTask {
    async fn read(&self, task_context: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(vec![to_row(&self.take(task_context).await?)])
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let list = |key: &str| row.get(key).and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = list("tables").filter_map(|table| table.get("name").and_then(Value::as_str)).collect();
        let columns = list("nondeterministic").filter_map(|it| Nondeterministic::deserialize(it).ok());
        std::iter::once(found::text(&json!(names.join(", ")))).chain(columns.map(|column| column.words())).collect()
    }
}
