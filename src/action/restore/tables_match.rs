//! Whether all tables that rows are to be restored into are as they have to be, on every replica, before the first of them is
//! touched.
//!
//! Where a step restores table by table, each is guarded again when its turn comes; by then others are filled, and one that
//! does not fit would stop the step halfway.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    shape::Shape,
    statement::{RestoreScope, RestoreTask},
    table::ReplicaTable,
};
use crate::{
    action::inventory::{self, columns::OfColumns},
    check::{Read, found, to_row},
    connect::clickhouse::Row,
    engine::performer::TaskContext,
    failure::Failure,
    plan::actions::Into,
};

/// The tasks of a step, each of one table.
pub struct TablesMatch(pub Vec<RestoreTask>);

/// One replica's table, and how it differs from what is to be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableMatch {
    pub member: String,
    pub table: String,
    pub differences: Vec<String>,
    /// What is otherwise and does no harm.
    pub notes: Vec<String>,
}

impl TablesMatch {
    pub async fn rows(&self) -> Result<Vec<TableMatch>, Failure> {
        if let Some(task) = self.0.first() {
            task.refuse_newer().await?;
        }
        let mut rows = Vec::new();
        for task in &self.0 {
            rows.extend(task.table_matches().await?);
        }
        Ok(rows)
    }
}

impl RestoreTask {
    /// What has to be there already, and not by our own doing: each table with the inventory's, where there is one.
    async fn tables_before(&self) -> Result<Vec<(String, String, Option<&inventory::Table>)>, Failure> {
        if self.into == Into::Absent || self.made_from_backup {
            return Ok(Vec::new());
        }
        if let RestoreScope::Table { database, name, expected } = &self.scope {
            return Ok(vec![(database.clone(), name.clone(), expected.as_deref())]);
        }
        let all = self.source.definitions(&self.member).tables().await?;
        let within = all.into_iter().filter(|(database, _)| self.scope.has(database));
        Ok(within.map(|(database, name)| (database, name, None)).collect())
    }

    pub(super) async fn table_matches(&self) -> Result<Vec<TableMatch>, Failure> {
        let mut rows = Vec::new();
        for (database, name, expected) in self.tables_before().await? {
            let shape = self.shape(&database, &name, expected).await?;
            for member in self.replicas() {
                let found = ReplicaTable::on(member, &database, &name).await;
                let found = found.map_err(|error| self.unread(member, &error))?;
                let OfColumns { differences, notes, .. } = match (&found, &shape) {
                    (None, _) => OfColumns { differences: vec!["missing".to_owned()], ..OfColumns::default() },
                    (Some(found), Some(shape)) => shape.differences(member, found).await?,
                    (Some(_), None) => OfColumns::default(),
                };
                rows.push(TableMatch { member: member.name.to_string(), table: name.clone(), differences, notes });
            }
        }
        Ok(rows)
    }

    /// How a table has to be; `None` where it gets no rows, or we have made it from the backup ourselves.
    pub(super) async fn shape(
        &self,
        database: &str,
        name: &str,
        expected: Option<&inventory::Table>,
    ) -> Result<Option<Shape>, Failure> {
        match expected {
            Some(table) => Ok(Shape::of_inventory(table)),
            None if self.made_from_backup => Ok(None),
            None => Shape::of_backup(&self.member, &self.source, database, name).await,
        }
    }
}

/// Tables that are to be restored into: a row a table and replica.
#[async_trait]
impl Read for TablesMatch {
    async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
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
