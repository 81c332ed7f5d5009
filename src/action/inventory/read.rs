//! Asks one server what it holds of a database.
//!
//! Knows ClickHouse's system tables; knows nothing of other members.

use indexmap::IndexMap;

use super::{
    Column, Nondeterministic, Rows, TableKind,
    checksum::{self, RowState, is_merging},
    definition::{self, Source},
    kind::{self, Inner},
    nondeterministic,
    part_columns::HeldByAll,
    parts,
};

use crate::{
    catalogue,
    connect::{
        clickhouse::{QueryError, Row, Statement, quote_string},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose},
    engine::performer::{Progress, TaskContext},
    failure::Failure,
    plan::outputs::Definition,
};

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The tables and their columns.
    Columns,
    /// And how many rows there are.
    Rows,
    /// And which parts they are in.
    Parts,
    /// And what they hold.
    Checksum,
}

/// What is asked of each member.
#[derive(Debug, Clone)]
pub struct Question {
    pub database: String,
    /// Tables that are left out.
    pub except: Vec<String>,
    pub depth: Depth,
    /// Of tables that are named here only these columns are hashed, so far as they are there.
    pub hashed: IndexMap<String, Vec<String>>,
    /// Whether rows of merging engines are counted as after all merges, too.
    pub finals: bool,
    /// What asks, for messages.
    pub action: Activity,
}

/// What one member holds of a database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    /// `None` where it has no such database.
    pub database_engine: Option<String>,
    /// By name.
    pub tables: IndexMap<String, HeldTable>,
    pub nondeterministic: Vec<Nondeterministic>,
    pub notes: Vec<String>,
}

/// One table of a member.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldTable {
    pub kind: TableKind,
    /// Of a materialized view with a table inside: that table's.
    pub engine: String,
    pub columns: Vec<Column>,
    /// Stored columns that some part lacks; `None` where that cannot be read.
    pub lacking: Option<Vec<String>>,
    pub definition: Definition,
    /// The table that its rows are in, under the name it has on this server; `None` where it holds none.
    pub rows_in: Option<String>,
    pub rows: Rows,
    pub bytes: Option<u64>,
    pub zookeeper_path: Option<String>,
    /// How many replicas are registered at that path.
    pub total_replicas: Option<u64>,
}

/// The one engine of databases that comes back from a backup as it was.
pub const ATOMIC: &str = "Atomic";

/// The refusal of a database of another engine.
pub fn not_atomic(database: &str, engine: &str, member: &Member, action: Activity) -> Failure {
    let message = format!("database `{database}` on {} has the engine {engine}, not {ATOMIC}", member.name);
    catalogue::database::NOT_ATOMIC.failure_in(&Context::on(action, member)).with_message(message)
}

/// Reads what `member` holds.
pub async fn read(member: &Member, question: &Question, task_context: &TaskContext) -> Result<Held, Failure> {
    let context = Context::on(question.action, member);
    let ask = async |text: String| {
        member.client.query(&Statement::read(text)).await.map_err(|error| diagnose(&error, &context))
    };
    let database = quote_string(&question.database);
    let engine = ask(format!("SELECT engine FROM system.databases WHERE name = {database}")).await?;
    let Some(engine) = engine.scalar().and_then(|cell| cell.as_str()).map(str::to_owned) else {
        return Ok(Held::default());
    };
    if engine != ATOMIC {
        return Err(not_atomic(&question.database, &engine, member, question.action));
    }
    let tables = ask(format!(
        "SELECT name, engine, toString(uuid) AS uuid, create_table_query AS definition, total_bytes AS bytes, \
         partition_key, sorting_key, primary_key, sampling_key, engine_full, as_select \
         FROM system.tables WHERE database = {database} AND NOT is_temporary ORDER BY name"
    ));
    let columns = ask(format!(
        "SELECT table, name, type, default_kind, default_expression FROM system.columns \
         WHERE database = {database} ORDER BY table, position"
    ));
    let replicas = ask(format!(
        "SELECT table, zookeeper_path, toUInt64(total_replicas) AS total FROM system.replicas WHERE database = {database}"
    ));
    let (tables, columns, replicas) = futures::try_join!(tables, columns, replicas)?;
    let held_by_all = HeldByAll::of(member, &question.database).await;

    let mut held = Catalogue::new(&tables.0, &columns.0, &replicas.0).hold(question);
    held.database_engine = Some(engine);
    match held_by_all {
        Ok(known) => {
            for table in held.tables.values_mut() {
                let rows_in = table.rows_in.as_deref();
                table.lacking = Some(rows_in.map_or_else(Vec::new, |rows_in| known.lacking(rows_in, &table.columns)));
            }
            let found = nondeterministic::find(member, held.tables.iter()).await;
            held.nondeterministic = found.map_err(|error| diagnose(&error, &context))?;
        }
        Err(error) => held.notes.push(format!(
            "which columns parts lack cannot be read on {} ({}): another default counts as a difference, and a column whose \
             default is another at each reading is not found",
            member.name,
            code(&error)
        )),
    }
    if question.depth >= Depth::Rows {
        held.notes.extend(row_policies(member, question).await);
        count_with_parts(member, question, &mut held, task_context).await?;
    }
    Ok(held)
}

/// Parts and rows are of one moment only where the parts are the same after the rows were read: else they are left out.
async fn count_with_parts(
    member: &Member,
    question: &Question,
    held: &mut Held,
    task_context: &TaskContext,
) -> Result<(), Failure> {
    let context = Context::on(question.action, member);
    let parts = async || parts::read(member, &question.database).await.map_err(|error| diagnose(&error, &context));
    let before = if question.depth >= Depth::Parts { Some(parts().await?) } else { None };
    count_all(member, question, held, task_context).await?;
    let Some(before) = before else { return Ok(()) };
    let after = parts().await?;
    for table in held.tables.values_mut() {
        table.rows.parts = before.of(table).filter(|parts| after.of(table).as_ref() == Some(parts));
    }
    Ok(())
}

/// Which tables have row policies: whom they apply to counts only the rows that they let through, without a word.
async fn row_policies(member: &Member, question: &Question) -> Vec<String> {
    let database = quote_string(&question.database);
    let query = format!("SELECT DISTINCT table FROM system.row_policies WHERE database = {database} ORDER BY table");
    match member.client.query(&Statement::read(query)).await {
        Ok(rows) => {
            rows.0.iter().map(|row| policy_note(text(row, "table"), &question.database, member.name.as_str())).collect()
        }
        Err(error) => vec![format!(
            "row policies on {} cannot be read ({}); where there are some, rows may be hidden",
            member.name,
            code(&error)
        )],
    }
}

/// Of an exception no more than its code.
fn code(error: &QueryError) -> String {
    error.exception().map_or_else(|| error.to_string(), |exception| format!("code {}", exception.code))
}

/// The table's name is empty where a policy is of the whole database.
fn policy_note(table: &str, database: &str, member: &str) -> String {
    let of = if table.is_empty() { database } else { table };
    format!("row policies of `{of}` on {member} may hide rows: those are neither counted nor compared")
}

async fn count_all(
    member: &Member,
    question: &Question,
    held: &mut Held,
    task_context: &TaskContext,
) -> Result<(), Failure> {
    let total = held.tables.len();
    for (number, (name, table)) in held.tables.iter_mut().enumerate() {
        (task_context.progress)(counting(member, name, number, total));
        count(member, question, name, table, RowState::Stored).await?;
        if question.finals && is_merging(&table.engine) {
            count(member, question, name, table, RowState::Final).await?;
        }
    }
    Ok(())
}

/// Which of a member's tables is counted now.
pub fn counting(member: &Member, table: &str, number: usize, total: usize) -> Progress {
    Progress {
        doing: Some(format!("{}: {table}", member.name)),
        done: Some(number as u64),
        total: Some(total as u64),
        ..Progress::default()
    }
}

/// Counts one table's rows, and hashes them where that is asked for.
pub async fn count(
    member: &Member,
    question: &Question,
    name: &str,
    table: &mut HeldTable,
    state: RowState,
) -> Result<(), Failure> {
    let Some(rows_in) = &table.rows_in else { return Ok(()) };
    let hashed = question.depth == Depth::Checksum;
    let columns = match question.hashed.get(name) {
        Some(names) => table.columns.iter().filter(|column| names.contains(&column.name)).cloned().collect(),
        None => table.columns.clone(),
    };
    let statement = checksum::statement(&question.database, rows_in, &columns, state, hashed);
    let context = Context::on(question.action, member).with_table(&question.database, name);
    let answer = member.client.query(&statement).await.map_err(|error| diagnose(&error, &context))?;
    let cell = |column: &str| answer.0.first().and_then(|row| row.get(column)).and_then(serde_json::Value::as_u64);
    let rows = cell("rows");
    let sum = cell("checksum").filter(|_| hashed).map(checksum::format);
    if rows.is_none() || (hashed && sum.is_none()) {
        let message = format!("{} gave no count of the rows of {}.{name}", member.name, question.database);
        return Err(catalogue::connect::NOT_CLICKHOUSE.failure_in(&context).with_message(message));
    }
    match state {
        RowState::Stored => (table.rows.rows, table.rows.checksum) = (rows, sum),
        RowState::Final => (table.rows.final_rows, table.rows.final_checksum) = (rows, sum),
    }
    Ok(())
}

/// The system tables' rows, by table.
struct Catalogue<'a> {
    tables: IndexMap<&'a str, &'a Row>,
    columns: IndexMap<&'a str, Vec<Column>>,
    replicas: IndexMap<&'a str, &'a Row>,
}

impl<'a> Catalogue<'a> {
    fn new(tables: &'a [Row], columns: &'a [Row], replicas: &'a [Row]) -> Self {
        let mut by_table: IndexMap<&str, Vec<Column>> = IndexMap::new();
        for row in columns {
            by_table.entry(text(row, "table")).or_default().push(Column {
                name: text(row, "name").to_owned(),
                type_name: text(row, "type").to_owned(),
                default_kind: text(row, "default_kind").to_owned(),
                default_expression: text(row, "default_expression").to_owned(),
            });
        }
        Self {
            tables: tables.iter().map(|row| (text(row, "name"), row)).collect(),
            columns: by_table,
            replicas: replicas.iter().map(|row| (text(row, "table"), row)).collect(),
        }
    }

    fn hold(&self, question: &Question) -> Held {
        let mut held = Held::default();
        for (name, row) in &self.tables {
            // What lies inside a materialized view is told with the view; left over without one, it is a table like any other.
            if self.is_inside(name) || question.except.iter().any(|left_out| left_out == name) {
                continue;
            }
            let engine = text(row, "engine");
            held.notes.extend(kind::note(name, engine, text(row, "definition")));
            held.tables.insert((*name).to_owned(), self.table(question, name, row));
        }
        held
    }

    /// Whether the table lies inside a materialized view that is there. A view with `TO` has none inside, whatever its name is.
    fn is_inside(&self, name: &str) -> bool {
        let is_view = |row: &Row| {
            let is_one = kind::kind(text(row, "engine")) == TableKind::MaterializedView;
            is_one && definition::target(text(row, "definition")).is_empty()
        };
        kind::inner_of(name).is_some_and(|of| match of {
            Inner::Named(view) => self.tables.get(view).is_some_and(|row| is_view(row)),
            Inner::Uuid(uuid) => self.tables.values().any(|row| text(row, "uuid") == uuid && is_view(row)),
        })
    }

    fn table(&self, question: &Question, name: &str, named: &Row) -> HeldTable {
        let (engine, uuid) = (text(named, "engine"), text(named, "uuid"));
        let kind = kind::kind(engine);
        // The table inside is named by the view's UUID; before Atomic databases, by its name.
        let has_inside =
            kind == TableKind::MaterializedView && definition::target(text(named, "definition")).is_empty();
        let inner = has_inside
            .then(|| [format!(".inner_id.{uuid}"), format!(".inner.{name}")])
            .and_then(|names| names.into_iter().find(|inner| self.tables.contains_key(inner.as_str())));
        let rows_in = inner.or_else(|| (kind == TableKind::Table).then(|| name.to_owned()));
        let stored = rows_in.as_deref().unwrap_or(name);
        let row = self.tables.get(stored).copied();
        let replica = self.replicas.get(stored);
        let of = row.unwrap_or(named);
        let source = Source {
            database: &question.database,
            partition_key: text(of, "partition_key"),
            sorting_key: text(of, "sorting_key"),
            primary_key: text(of, "primary_key"),
            sampling_key: text(of, "sampling_key"),
            engine_full: text(of, "engine_full"),
            create: text(of, "definition"),
            as_select: text(named, "as_select"),
            view_create: text(named, "definition"),
        };
        HeldTable {
            kind,
            definition: Definition::new(kind, &source),
            engine: row.map_or(engine, |row| text(row, "engine")).to_owned(),
            columns: self.columns.get(stored).cloned().unwrap_or_default(),
            lacking: None,
            bytes: row
                .and_then(|row| row.get("bytes"))
                .and_then(serde_json::Value::as_u64)
                .filter(|_| rows_in.is_some()),
            zookeeper_path: replica.map(|row| text(row, "zookeeper_path").to_owned()),
            total_replicas: replica.and_then(|row| row.get("total")).and_then(serde_json::Value::as_u64),
            rows_in,
            rows: Rows::default(),
        }
    }
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(serde_json::Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_policy_of_a_database_is_told_as_such() {
        assert!(super::policy_note("", "house", "source").starts_with("row policies of `house` on source may hide"));
        assert!(super::policy_note("runs", "house", "source").starts_with("row policies of `runs` on source"));
    }
}
