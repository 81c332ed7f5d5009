//! `inspect` from templates to what is read, as an action and for a check.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::task::InspectTask;

use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::EvalContext,
        stored_backup::BackupSource,
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
    plan::{
        actions::Inspect,
        outputs::{Acting as ActingTable, InspectOutput},
    },
};

fn task(inspect: &Inspect, at: EvalContext<'_>) -> Result<InspectTask, Failure> {
    let (source, expected_id) = BackupSource::of(at, &inspect.backup, Some(&inspect.on))?;
    let through = inspect.through.as_ref().map(|target| at.first_member(target)).transpose()?;
    let database = inspect.database.as_ref().map(|database| at.plain(database)).transpose()?;
    Ok(InspectTask {
        store: source.store,
        path: source.path,
        through,
        expected_id,
        database,
        contents: inspect.contents,
    })
}

impl Acting for &Inspect {
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
        Some(serde_json::from_value::<InspectOutput>(output.clone()).ok()?.summary())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["store", "path", "id", "name"]
    }
}

impl Reading for Inspect {
    fn reading(&self, at: EvalContext<'_>, _: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        Ok(Box::new(task(self, at)?))
    }
}

/// A backup: one row. Expects a whole one, with our id where we made it.
#[async_trait]
impl Read for InspectTask {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
        let inspection = self.row().await?;
        let mut row = to_row(&self.output(&inspection).await?);
        let refusal = self.refuses(&inspection);
        row.insert(AS_EXPECTED.to_owned(), json!(refusal.is_none()));
        row.insert(FOUND.to_owned(), json!(refusal.map(|refusal| refusal.found)));
        Ok(vec![row])
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let found = row.get(FOUND).and_then(Value::as_array).into_iter().flatten();
        let lines: Vec<String> = found
            .map(|cells| cells.as_array().into_iter().flatten().map(found::text).collect::<Vec<_>>().join(": "))
            .collect();
        let acting: Vec<ActingTable> = row.get(ACTING).and_then(|it| Vec::deserialize(it).ok()).unwrap_or_default();
        let acting: Vec<String> = acting.into_iter().map(|it| format!("{}: {}", it.name, it.what)).collect();
        match (lines.is_empty(), acting.is_empty()) {
            (false, _) => lines,
            (true, false) => vec![acting.join("; ")],
            (true, true) => found::cells(row),
        }
    }

    fn as_expected(&self, row: &Row) -> bool {
        row.get(AS_EXPECTED) == Some(&Value::Bool(true))
    }

    fn expected(&self) -> &'static str {
        "the backup is there, it is the one that was made, and every file that it names has its size"
    }
}

/// What an inspection thinks of its own row.
const AS_EXPECTED: &str = "as_expected";
const FOUND: &str = "found";
const ACTING: &str = "acting";
