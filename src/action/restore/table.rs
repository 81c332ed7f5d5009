//! A table as one replica has it now: what a guard and a settlement look at.

use serde_json::Value;

use crate::{
    action::inventory::{
        self, Column, TableKind,
        checksum::{self, RowState},
        definition::Source,
    },
    connect::{
        clickhouse::{QueryError, Row, Rows, Statement, quote_string},
        target::Member,
    },
    plan::outputs::Definition,
};

/// What one server holds under a table's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ReplicaTable {
    pub(super) engine: String,
    /// The name of the table that holds the rows: its own, or that inside a materialized view. `None` where no rows are held.
    pub(super) storage: Option<String>,
    /// Of the table that holds the rows.
    pub(super) columns: Vec<Column>,
    /// The engine of the table that holds the rows.
    pub(super) storage_engine: String,
    /// Of the table that holds the rows: keys, arguments of the engine, TTLs.
    pub(super) definition: Definition,
    /// The statement that makes the table that holds the rows.
    pub(super) create: String,
    /// How many rows it holds; `None` where it holds none of its own.
    pub(super) rows: Option<u64>,
    /// Of a replicated table.
    pub(super) replication: Option<Replication>,
}

/// How a replicated table is, as this replica sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Replication {
    pub(super) read_only: bool,
    pub(super) active: u64,
    pub(super) total: u64,
    /// Without merges: where they are stopped they stay there for ever, and a replica that restarts forgets that they are.
    pub(super) queue: u64,
    pub(super) fetches: u64,
}

impl Replication {
    /// Why it must not be restored into now; `is_readonly` alone is no sign of health *(run)*.
    pub(super) fn trouble(&self) -> Option<String> {
        if self.read_only {
            return Some("is read-only".to_owned());
        }
        if self.total == 0 || self.active < self.total {
            return Some(format!("has {} of {} replicas active", self.active, self.total));
        }
        (self.queue + self.fetches > 0)
            .then(|| format!("still replicates: {} entries queued, {} fetches", self.queue, self.fetches))
    }
}

impl ReplicaTable {
    /// Looks; `None` where there is no such table.
    pub(super) async fn on(member: &Member, database: &str, name: &str) -> Result<Option<Self>, QueryError> {
        let (quoted_database, quoted_name) = (quote_string(database), quote_string(name));
        let table = rows(
            member,
            format!(
                "SELECT engine, toString(uuid) AS uuid FROM system.tables \
                 WHERE database = {quoted_database} AND name = {quoted_name}"
            ),
        )
        .await?;
        let Some(table) = table.0.first() else { return Ok(None) };
        let engine = text(table, "engine");
        let storage = match engine.as_str() {
            "MaterializedView" => inner_table(member, &quoted_database, name, &text(table, "uuid")).await?,
            "View" | "LiveView" | "WindowView" | "Dictionary" => None,
            _ => Some(name.to_owned()),
        };
        let mut found = Self { engine, storage, ..Self::default() };
        let Some(storage) = found.storage.clone() else { return Ok(Some(found)) };
        let quoted = quote_string(&storage);
        let of_storage = format!("database = {quoted_database} AND table = {quoted}");
        let columns = rows(
            member,
            format!(
                "SELECT name, type, default_kind, default_expression FROM system.columns WHERE {of_storage} ORDER BY position"
            ),
        )
        .await?;
        let defined = rows(
            member,
            format!(
                "SELECT engine, partition_key, sorting_key, primary_key, sampling_key, engine_full, create_table_query \
                 FROM system.tables WHERE database = {quoted_database} AND name = {quoted}"
            ),
        )
        .await?;
        if let Some(row) = defined.0.first() {
            found.storage_engine = text(row, "engine");
            let cell = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
            let source = Source {
                database,
                partition_key: cell("partition_key"),
                sorting_key: cell("sorting_key"),
                primary_key: cell("primary_key"),
                sampling_key: cell("sampling_key"),
                engine_full: cell("engine_full"),
                create: cell("create_table_query"),
                ..Source::default()
            };
            found.definition = Definition::new(TableKind::Table, &source);
            found.create = text(row, "create_table_query");
        }
        let column = |row: &Row| Column {
            name: text(row, "name"),
            type_name: text(row, "type"),
            default_kind: text(row, "default_kind"),
            default_expression: text(row, "default_expression"),
        };
        found.columns = columns.0.iter().map(column).collect();
        found.rows = count_rows(member, database, &storage).await?;
        let replication = rows(
            member,
            format!(
                "SELECT is_readonly, toUInt64(active_replicas) AS active, toUInt64(total_replicas) AS total, \
                 toUInt64(queue_size - least(queue_size, merges_in_queue)) AS queue, \
                 (SELECT count() FROM system.replicated_fetches WHERE {of_storage}) AS fetches \
                 FROM system.replicas WHERE {of_storage}"
            ),
        )
        .await?;
        found.replication = replication.0.first().map(|row| Replication {
            read_only: number(row, "is_readonly") != 0,
            active: number(row, "active"),
            total: number(row, "total"),
            queue: number(row, "queue"),
            fetches: number(row, "fetches"),
        });
        if found.replication.is_none() && found.engine.contains("Replicated") {
            // Nobody looks after it: as bad as no active replica.
            found.replication = Some(Replication { read_only: true, active: 0, total: 0, queue: 0, fetches: 0 });
        }
        Ok(Some(found))
    }

    /// What it holds, in the terms of the inventory's table: counted and hashed as deep as that was.
    pub(super) async fn holds(
        &self,
        member: &Member,
        database: &str,
        expected: &inventory::Table,
    ) -> Result<inventory::Rows, QueryError> {
        let mut holds = inventory::Rows { rows: self.rows, ..inventory::Rows::default() };
        let Some(storage) = self.storage.as_deref().filter(|_| expected.rows.checksum.is_some()) else {
            return Ok(holds);
        };
        let ask = async |state| {
            let statement = checksum::statement(database, storage, &expected.columns, state, true);
            let rows = member.client.query(&statement).await?;
            let row = rows.0.first();
            let cell = |name: &str| row.and_then(|row| row.get(name)).and_then(Value::as_u64);
            Ok::<_, QueryError>((cell("rows"), cell("checksum").map(checksum::format)))
        };
        (holds.rows, holds.checksum) = ask(RowState::Stored).await?;
        if expected.rows.final_checksum.is_some() {
            (holds.final_rows, holds.final_checksum) = ask(RowState::Final).await?;
        }
        Ok(holds)
    }
}

/// The table inside a materialized view; `None` where it writes `TO` another one.
async fn inner_table(member: &Member, database: &str, view: &str, uuid: &str) -> Result<Option<String>, QueryError> {
    let candidates = [format!(".inner_id.{uuid}"), format!(".inner.{view}")];
    let candidates: Vec<String> = candidates.iter().map(|name| quote_string(name)).collect();
    let query =
        format!("SELECT name FROM system.tables WHERE database = {database} AND name IN ({})", candidates.join(", "));
    Ok(rows(member, query).await?.0.first().map(|row| text(row, "name")))
}

/// How many rows a table holds: from its parts where it has parts, else by counting them; `None` where nothing is held
/// (Distributed, Kafka, …).
async fn count_rows(member: &Member, database: &str, table: &str) -> Result<Option<u64>, QueryError> {
    let (quoted_database, quoted_table) = (quote_string(database), quote_string(table));
    let query = format!(
        "SELECT engine, (SELECT sum(rows) FROM system.parts WHERE active AND database = {quoted_database} \
         AND table = {quoted_table}) AS rows, total_rows FROM system.tables \
         WHERE database = {quoted_database} AND name = {quoted_table}"
    );
    let answer = rows(member, query).await?;
    let Some(row) = answer.0.first() else { return Ok(None) };
    let engine = text(row, "engine");
    if engine.ends_with("MergeTree") {
        return Ok(Some(number(row, "rows")));
    }
    Ok(row.get("total_rows").and_then(Value::as_u64))
}

async fn rows(member: &Member, query: String) -> Result<Rows, QueryError> {
    member.client.query(&Statement::read(query)).await
}

fn text(row: &Row, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(row: &Row, name: &str) -> u64 {
    row.get(name).and_then(Value::as_u64).unwrap_or_default()
}
