//! Which columns all parts of a table hold. A part that is older than a column lacks it, and its rows read the column's default.

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::Column;
use crate::connect::{
    clickhouse::{QueryError, Statement, quote_string},
    target::Member,
};

/// The columns that all parts of a table hold, by table. A table without rows in parts is not there.
pub(super) struct HeldByAll(IndexMap<String, IndexSet<String>>);

impl HeldByAll {
    /// Asks for all tables of a database. Patch parts hold what a lightweight UPDATE has changed, and nothing else.
    pub(super) async fn of(member: &Member, database: &str) -> Result<Self, QueryError> {
        let query = format!(
            "SELECT table, arrayMap(pair -> pair.1, arrayFilter(pair -> pair.2 = parts, arrayZip(held.1, held.2))) AS columns \
             FROM (SELECT table, uniqExact(name) AS parts, sumMap([column], [1]) AS held FROM system.parts_columns \
             WHERE active AND rows > 0 AND NOT startsWith(name, 'patch-') AND database = {} GROUP BY table)",
            quote_string(database)
        );
        let rows = member.client.query(&Statement::read(query)).await?;
        let tables = rows.0.iter().filter_map(|row| {
            let columns = row.get("columns")?.as_array()?.iter().filter_map(Value::as_str);
            Some((row.get("table")?.as_str()?.to_owned(), columns.map(str::to_owned).collect()))
        });
        Ok(Self(tables.collect()))
    }

    /// Those of a table's stored columns that some part lacks.
    pub(super) fn lacking(&self, table: &str, columns: &[Column]) -> Vec<String> {
        let Some(held) = self.0.get(table) else { return Vec::new() };
        let lacked = columns.iter().filter(|column| column.is_stored() && !held.contains(&column.name));
        lacked.map(|column| column.name.clone()).collect()
    }
}
