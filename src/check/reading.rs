//! What a check reads.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::try_join_all;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::found;
use crate::{
    action::{
        compare::{CompareTask, row::ComparisonRow},
        inspect::InspectTask,
        inventory::task::InventoryTask,
        keeper::{KeeperOperation, KeeperTask},
        restore::tables_match::{TableMatch, TablesMatch},
        s3::S3Task,
    },
    connect::{
        clickhouse::{Row, Statement},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose},
    engine::performer::Site,
    failure::Failure,
};

/// Something that can be read as rows, again and again. Changes nothing.
#[async_trait]
pub trait Read: Send + Sync {
    /// Reads it. What comes of one member has `member`.
    async fn read(&self, site: &Site) -> Result<Vec<Row>, Failure>;

    /// A row, as people read it.
    fn cells(&self, row: &Row) -> Vec<String> {
        found::cells(row)
    }

    /// Whether a row is as it should be where the plan says nothing.
    fn as_expected(&self, _row: &Row) -> bool {
        true
    }

    /// The same as an expression, for people.
    fn expected(&self) -> &'static str {
        "at least one row"
    }
}

/// A statement on members, all of them at the same time. `member` is put before the columns of each row.
#[derive(Debug, Clone)]
pub struct SqlReading {
    pub members: Vec<Arc<Member>>,
    /// One statement each, in the members' order: what is rendered may differ from member to member.
    pub statements: Vec<String>,
    pub settings: IndexMap<String, String>,
    /// As of the attempt it belongs to.
    pub mark: String,
}

#[async_trait]
impl Read for SqlReading {
    async fn read(&self, _: &Site) -> Result<Vec<Row>, Failure> {
        let answers = self.members.iter().zip(&self.statements).map(async |(member, text)| {
            let statement = Statement {
                settings: self.settings.clone(),
                ..Statement::read(text.as_str()).marked(self.mark.as_str())
            };
            let answer = member.client.query(&statement).await;
            let rows = answer.map_err(|error| diagnose(&error, &Context::on(Activity::Check, member)))?;
            Ok(rows.0.into_iter().map(|row| with_member(member.name.as_str(), row)).collect::<Vec<Row>>())
        });
        Ok(try_join_all(answers).await?.into_iter().flatten().collect())
    }
}

fn with_member(member: &str, row: Row) -> Row {
    let mut whole = Row::with_capacity(row.len() + 1);
    whole.insert("member".to_owned(), json!(member));
    whole.extend(row.into_iter().filter(|(column, _)| column != "member"));
    whole
}

/// A comparison: a row a member and table. Expects `row.equal` by itself.
#[async_trait]
impl Read for CompareTask {
    async fn read(&self, site: &Site) -> Result<Vec<Row>, Failure> {
        Ok(self.compare(site).await?.iter().map(to_row).collect())
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

/// An inventory: one row, with what the inventory's step would give.
#[async_trait]
impl Read for InventoryTask {
    async fn read(&self, site: &Site) -> Result<Vec<Row>, Failure> {
        Ok(vec![to_row(&self.take(site).await?)])
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let tables = row.get("tables").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = tables.filter_map(|table| table.get("name").and_then(Value::as_str)).collect();
        vec![found::text(&json!(names.join(", ")))]
    }
}

/// A backup: one row. Expects a whole one, with our id where we made it.
#[async_trait]
impl Read for InspectTask {
    async fn read(&self, _: &Site) -> Result<Vec<Row>, Failure> {
        let inspection = self.row().await?;
        let mut row = self.as_row(&inspection);
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
        if lines.is_empty() { found::cells(row) } else { lines }
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

/// Tables that are to be restored into: a row a table and replica.
#[async_trait]
impl Read for TablesMatch {
    async fn read(&self, _: &Site) -> Result<Vec<Row>, Failure> {
        Ok(self.rows().await?.iter().map(to_row).collect())
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let fields = row.iter().map(|(column, value)| (column.clone(), value.clone())).collect();
        serde_json::from_value(Value::Object(fields)).map_or_else(
            |_| found::cells(row),
            |row: TableMatch| vec![row.member, row.table, row.differences.join("; ")],
        )
    }

    fn as_expected(&self, row: &Row) -> bool {
        row.get("differences").and_then(Value::as_array).is_some_and(Vec::is_empty)
    }

    fn expected(&self) -> &'static str {
        "on every replica: there, with the columns, keys and engine of the inventory or the backup"
    }
}

/// A path in Keeper: one row.
#[async_trait]
impl Read for KeeperTask {
    async fn read(&self, _: &Site) -> Result<Vec<Row>, Failure> {
        match &self.action {
            KeeperOperation::Exists { path } => Ok(vec![to_row(&self.look(path).await?)]),
            KeeperOperation::Remove { .. } => unreachable!("validation refuses a check that removes"),
        }
    }
}

/// Objects of a store: a row each.
#[async_trait]
impl Read for S3Task {
    async fn read(&self, _: &Site) -> Result<Vec<Row>, Failure> {
        Ok(self.rows().await?.iter().map(to_row).collect())
    }
}

/// Data that serialise as a map with string keys, as a row.
fn to_row(data: &impl Serialize) -> Row {
    match serde_json::to_value(data) {
        Ok(Value::Object(fields)) => fields.into_iter().collect(),
        // Only types of this crate come here, and they all serialise so.
        other => unreachable!("{other:?} is no map"),
    }
}
