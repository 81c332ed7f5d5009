//! `known_bugs` from templates to what is asked, as an action and for a check.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::task::{KnownBugsTask, Origin};

use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::{EvalContext, internal},
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
        actions::KnownBugs,
        outputs::{BugRow, InspectOutput, KnownBugsOutput},
    },
};

fn task(bugs: &KnownBugs, at: EvalContext<'_>) -> Result<KnownBugsTask, Failure> {
    let origin = match (&bugs.source, &bugs.backup) {
        (Some(source), _) => Origin::Server(at.first_member(source)?),
        (None, Some(backup)) => {
            let inspected = InspectOutput::deserialize(at.value(backup)?).ok().filter(|it| it.acting.is_some());
            let tables = inspected.and_then(|it| it.tables).ok_or_else(|| {
                let message = format!("`{}` must be what an `inspect` step with `contents: true` gives", backup.0);
                catalogue::template::WRONG_TYPE.failure().with_message(message)
            })?;
            Origin::Backup(tables)
        }
        (None, None) => return Err(internal("a look for known bugs says not where the rows come from")),
    };
    Ok(KnownBugsTask {
        on: at.cluster(&bugs.on)?,
        database: at.plain(&bugs.database)?,
        origin,
        except: bugs.except.as_ref().map_or_else(|| Ok(Vec::new()), |except| at.names(except))?,
        anew: bugs.anew.as_ref().map(|anew| at.value(anew)).transpose()? == Some(Value::Bool(true)),
    })
}

impl Acting for &KnownBugs {
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
        Some(serde_json::from_value::<KnownBugsOutput>(output.clone()).ok()?.summary())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["table"]
    }
}

impl Reading for KnownBugs {
    fn reading(&self, at: EvalContext<'_>, _: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        Ok(Box::new(task(self, at)?))
    }
}

/// A row a bug, member and table that it is met with. Expects that none is.
#[async_trait]
impl Read for KnownBugsTask {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
        Ok(self.rows().await?.iter().map(to_row).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let fields = row.iter().map(|(column, value)| (column.clone(), value.clone())).collect();
        serde_json::from_value(Value::Object(fields)).map_or_else(|_| found::cells(row), |row: BugRow| row.cells())
    }

    fn as_expected(&self, row: &Row) -> bool {
        row.get("met") == Some(&Value::Bool(false))
    }

    fn expected(&self) -> &'static str {
        "not row.met"
    }
}
