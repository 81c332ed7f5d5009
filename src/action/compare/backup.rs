//! Sets the rows of a backup against what each member of a target has of them: after a restore, or before its source is let go.
//!
//! Of both sides the rows are counted as they are stored: the backup's by its parts' `count.txt`, the member's by
//! `system.tables`. So it is exact where no merge can have run in between, and it reads no row. What the rows hold is not compared.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::quiescence::await_quiescence;

use crate::{
    action::inventory::{
        TableKind, is_inner, kind,
        read::{Depth, Question},
    },
    catalogue,
    connect::{
        clickhouse::{Row, Statement, quote_string},
        target::{Cluster, Member},
    },
    diagnose::{Activity, Context, diagnose},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::{Failure, Refusal},
    humanize::thousands,
    name::Name,
    plan::{
        actions::Extra,
        outputs::{BackedUpTable, CompareOutput, ComparisonRow, InspectOutput, SameBy},
    },
};

/// Compares the rows of a backup with a target.
#[derive(Debug, Clone)]
pub struct BackupCompareTask {
    /// What `inspect` with `contents` has given.
    pub left: InspectOutput,
    pub right: Arc<Cluster>,
    pub database: String,
    /// Tables that are left out.
    pub except: Vec<String>,
    /// The rows that each member's tables had before those of the backup were added.
    pub before: Vec<RowsBefore>,
    pub extra: Extra,
    /// How long to wait until replication has come to rest.
    pub patience: Duration,
}

/// How many rows a member's table had before.
#[derive(Debug, Clone, Deserialize)]
pub struct RowsBefore {
    member: Name,
    table: String,
    /// `None` where its engine does not count them.
    rows: Option<u64>,
}

/// A table as a member has it.
struct Held {
    engine: String,
    rows: Option<u64>,
}

impl BackupCompareTask {
    /// One row for each member and table.
    pub async fn compare(&self, task_context: &TaskContext) -> Result<Vec<ComparisonRow>, Failure> {
        let question = Question {
            database: self.database.clone(),
            except: self.except.clone(),
            depth: Depth::Rows,
            hashed: Default::default(),
            finals: false,
            action: Activity::Compare,
        };
        // What one server holds waits for no other, and a replica of it that is gone would keep it from rest for ever.
        if self.right.members.len() > 1 {
            await_quiescence(&self.right, &question, self.patience, task_context).await?;
        }
        let members = &self.right.members;
        let held = try_join_all(members.iter().map(|member| self.held(member))).await?;
        Ok(members.iter().zip(&held).flat_map(|(member, held)| self.rows_of(&member.name, held)).collect())
    }

    async fn held(&self, member: &Member) -> Result<HashMap<String, Held>, Failure> {
        let query = format!(
            "SELECT name, engine, total_rows FROM system.tables WHERE database = {} AND NOT is_temporary",
            quote_string(&self.database)
        );
        let rows = member.client.query(&Statement::read(query)).await;
        let rows = rows.map_err(|error| diagnose(&error, &Context::on(Activity::Compare, member)))?;
        let text = |row: &Row, column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
        let held = |row: &Row| {
            let rows = row.get("total_rows").and_then(Value::as_u64);
            (text(row, "name"), Held { engine: text(row, "engine"), rows })
        };
        Ok(rows.0.iter().map(held).collect())
    }

    fn rows_of(&self, member: &Name, held: &HashMap<String, Held>) -> Vec<ComparisonRow> {
        let tables = self.left.tables.as_deref().unwrap_or_default();
        let compared = tables.iter().filter(|table| !self.except.contains(&table.name));
        let mut rows: Vec<ComparisonRow> =
            compared.map(|table| self.row(member, table, held.get(&table.name))).collect();
        if self.extra == Extra::Refuse {
            let is_extra = |name: &&String| {
                let is_known = tables.iter().any(|table| table.name == **name) || self.except.contains(name);
                !is_known && !is_inner(name)
            };
            let mut names: Vec<&String> = held.keys().filter(is_extra).collect();
            names.sort();
            rows.extend(names.into_iter().map(|name| ComparisonRow {
                equal: false,
                extra: true,
                differences: vec!["not in the backup".to_owned()],
                right_rows: held[name].rows,
                ..ComparisonRow::new(member, Some(name))
            }));
        }
        if rows.is_empty() {
            rows.push(ComparisonRow::nothing(member));
        }
        rows
    }

    fn row(&self, member: &Name, table: &BackedUpTable, held: Option<&Held>) -> ComparisonRow {
        let row = ComparisonRow { left_rows: table.rows, ..ComparisonRow::new(member, Some(&table.name)) };
        let Some(held) = held else {
            return ComparisonRow { equal: false, missing: true, differences: vec!["missing".to_owned()], ..row };
        };
        let before = self.before.iter().find(|it| it.member == *member && it.table == table.name);
        let expected = match (table.rows, before) {
            (Some(rows), None) => Some(rows),
            (Some(rows), Some(before)) => before.rows.map(|before| before + rows),
            (None, _) => None,
        };
        let row = ComparisonRow { engine: Some(held.engine.clone()), left_rows: None, ..row };
        match (expected, held.rows) {
            (Some(expected), Some(found)) => {
                let sum = before.and_then(|it| it.rows).filter(|before| *before > 0).zip(table.rows);
                let sum = sum.map(|(before, added)| {
                    format!(" ({} of before and {} of the backup)", thousands(before), thousands(added))
                });
                let (are, should) = (thousands(found), thousands(expected));
                let what = format!("{are} rows instead of {should}{}", sum.unwrap_or_default());
                let (left_rows, right_rows) = (Some(expected), Some(found));
                let differences = if expected == found { Vec::new() } else { vec![what] };
                let equal = differences.is_empty();
                let same_by = equal.then_some(SameBy::Number);
                ComparisonRow { equal, same_by, differences, left_rows, right_rows, ..row }
            }
            _ if kind(&held.engine) == TableKind::Table => {
                let why = match expected {
                    None => format!("a backup does not say how many rows it holds of {}", held.engine),
                    Some(_) => format!("{} does not say how many rows it has", held.engine),
                };
                ComparisonRow { not_compared: Some(why), ..row }
            }
            // It holds no rows of its own.
            _ => row,
        }
    }
}

#[async_trait]
impl TaskRun for BackupCompareTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let compared = tokio::select! {
            compared = self.compare(&task_context) => compared,
            () = task_context.interrupted.cancelled() => {
                let context = Context::new(Activity::Compare);
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&context));
            }
        };
        match compared {
            Err(failure) => Answer::Failed(failure),
            Ok(rows) => match refusal(&rows) {
                Some(refusal) => Answer::Stopped(refusal),
                None => Answer::Acted(json!(CompareOutput::of(rows))),
            },
        }
    }

    /// It only reads: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}

/// What it says no to as a step of its own.
fn refusal(rows: &[ComparisonRow]) -> Option<Refusal> {
    let found: Vec<Vec<String>> = rows.iter().filter(|row| !row.equal).map(ComparisonRow::cells).collect();
    (!found.is_empty()).then(|| Refusal {
        check: "every table has the rows that the backup holds".to_owned(),
        phase: "check".to_owned(),
        expected: "row.equal".to_owned(),
        found: Refusal::shorten(found),
        otherwise: Some(
            "Rows are missing or too many. Something else writes to these tables, a server has started since and merged them, or \
             ClickHouse has dropped parts while it restored. Do not use the tables as they are; the backup is as it was."
                .to_owned(),
        ),
        waited: None,
    })
}
