//! What `system.backups` (in memory, empty after a restart) and `system.backup_log` (on disk, where it is on) say of one id.

use serde_json::Value;

use crate::connect::{
    clickhouse::{QueryError, Row, Statement, quote_string},
    target::Member,
};

/// The columns of both tables that matter here; taken by pattern, for older servers lack some.
const COLUMNS: &str = "COLUMNS('^(id|status|error|query_id|start_time|end_time|num_files|total_size|num_entries|\
                       uncompressed_size|compressed_size|files_read|bytes_read)$')";

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::action) enum Status {
    /// CREATING_BACKUP, RESTORING.
    Running,
    /// BACKUP_CREATED, RESTORED.
    Done,
    /// BACKUP_FAILED, RESTORE_FAILED.
    Failed,
    /// BACKUP_CANCELLED, RESTORE_CANCELLED.
    Cancelled,
}

impl Status {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "CREATING_BACKUP" | "RESTORING" => Self::Running,
            "BACKUP_CREATED" | "RESTORED" => Self::Done,
            "BACKUP_FAILED" | "RESTORE_FAILED" => Self::Failed,
            "BACKUP_CANCELLED" | "RESTORE_CANCELLED" => Self::Cancelled,
            _ => return None,
        })
    }
}

/// One operation, as the server tells it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::action) struct OperationRow {
    pub(in crate::action) status: Status,
    /// ClickHouse's word for the status.
    pub(in crate::action) word: String,
    pub(in crate::action) error: String,
    pub(in crate::action) query_id: String,
    pub(in crate::action) start_time: String,
    pub(in crate::action) end_time: String,
    pub(in crate::action) counters: Counters,
}

/// What moves while an operation is under way; no change in any of them is a stall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::action) struct Counters {
    pub(in crate::action) num_files: u64,
    pub(in crate::action) total_size: u64,
    /// Of a backup: entries written. Always below `num_files`.
    pub(in crate::action) num_entries: u64,
    pub(in crate::action) uncompressed_size: u64,
    pub(in crate::action) compressed_size: u64,
    /// Of a restore: ends below `num_files`, as `bytes_read` ends below `total_size` *(run)*.
    pub(in crate::action) files_read: u64,
    pub(in crate::action) bytes_read: u64,
}

impl OperationRow {
    fn of(row: &Row) -> Option<Self> {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| row.get(name).and_then(Value::as_u64).unwrap_or_default();
        let word = text("status");
        Some(Self {
            status: Status::parse(&word)?,
            word,
            error: text("error"),
            query_id: text("query_id"),
            start_time: text("start_time"),
            end_time: text("end_time"),
            counters: Counters {
                num_files: number("num_files"),
                total_size: number("total_size"),
                num_entries: number("num_entries"),
                uncompressed_size: number("uncompressed_size"),
                compressed_size: number("compressed_size"),
                files_read: number("files_read"),
                bytes_read: number("bytes_read"),
            },
        })
    }
}

/// The operation with this id, as the server has it in memory.
pub(super) async fn in_memory(member: &Member, id: &str) -> Result<Option<OperationRow>, QueryError> {
    let query = format!("SELECT {COLUMNS} FROM system.backups WHERE id = {}", quote_string(id));
    Ok(member.client.query(&Statement::read(query)).await?.0.first().and_then(OperationRow::of))
}

/// The operation's end as the server has it on disk; `None` where it has none, or keeps no log (60 UNKNOWN_TABLE).
///
/// Unproven against a real log: the embedded engine has no `system.*_log` tables.
pub(super) async fn logged_end(member: &Member, id: &str) -> Result<Option<OperationRow>, QueryError> {
    let query = format!(
        "SELECT {COLUMNS} FROM system.backup_log WHERE id = {} ORDER BY event_time_microseconds DESC LIMIT 1",
        quote_string(id)
    );
    match member.client.query(&Statement::read(query)).await {
        Ok(rows) => Ok(rows.0.first().and_then(OperationRow::of).filter(|row| row.status != Status::Running)),
        Err(error) if error.has_code(60) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the server still runs the query of an operation that it calls running; an abort can leave the status behind
/// (read in ClickHouse's issues). Where the server does not tell the query's id, it counts as running.
pub(super) async fn is_at_work(member: &Member, query_id: &str) -> Result<bool, QueryError> {
    if query_id.is_empty() {
        return Ok(true);
    }
    let query = format!("SELECT count() FROM system.processes WHERE query_id = {}", quote_string(query_id));
    Ok(member.client.scalar(query).await?.as_u64() != Some(0))
}
