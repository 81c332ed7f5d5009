//! Fills the source with LangSmith-like data, made inside the engine: the same rows for the same seed.

use serde::Serialize;

use super::Progress;
use super::cluster::Sandbox;
use super::error::SandboxError;
use super::layout::SourceState;
use super::server_name::ServerName;
use crate::sql::quote_string;

/// The database of the LangSmith-like data. Not `default`: the embedded engine's is of another engine than a server's.
pub const DATABASE: &str = "langsmith";

/// Rows of `runs` in one INSERT: small enough for a laptop's memory with all the views that follow from it.
const BATCH: u64 = 250_000;

const PROJECTS: &str = include_str!("data/projects.sql");
const PER_RUN: [&str; 4] = [
    include_str!("data/runs.sql"),
    include_str!("data/runs_history.sql"),
    include_str!("data/feedbacks.sql"),
    include_str!("data/feedbacks_rmt.sql"),
];

/// How much to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadAmount {
    /// Rows of table `runs`; the others follow from it.
    Rows(u64),
    /// Whole batches until the database takes this many bytes on disk.
    Bytes(u64),
}

impl LoadAmount {
    /// What is loaded when nothing is said.
    pub const DEFAULT_ROWS: u64 = 1_000_000;
}

/// What `Sandbox::load` shall do.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    /// How much.
    pub amount: LoadAmount,
    /// The same seed makes the same rows.
    pub seed: u64,
    /// Load although there are data; the new rows are other ones.
    pub append: bool,
}

impl LoadOptions {
    /// So many rows of `runs`.
    #[must_use]
    pub fn rows(rows: u64) -> Self {
        Self { amount: LoadAmount::Rows(rows), seed: 1, append: false }
    }
}

/// What the database holds after loading.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// Its tables and views, by name.
    pub tables: Vec<TableReport>,
}

/// What one table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// The table.
    pub name: String,
    /// Its engine.
    pub engine: String,
    /// Its stored rows; 0 for views.
    pub rows: u64,
    /// Its size on disk, in bytes.
    pub bytes: u64,
}

impl Sandbox {
    /// Creates the tables on the source and fills them.
    ///
    /// # Errors
    /// `SourceRemoved`; `AlreadyLoaded` when there are runs and `append` was not asked for; `Refused`, `Unreachable`.
    pub async fn load(&self, options: LoadOptions, progress: Progress<'_>) -> Result<LoadReport, SandboxError> {
        if self.state()?.source == SourceState::Removed {
            return Err(SandboxError::SourceRemoved);
        }
        self.migrate_source(progress).await?;
        let mut first = self.loaded_runs().await?;
        if first > 0 && !options.append {
            return Err(SandboxError::AlreadyLoaded { database: DATABASE.to_owned() });
        }
        if first == 0 {
            self.insert(PROJECTS, 0, 0, options.seed).await?;
            self.send("SYSTEM RELOAD DICTIONARY projects_dictionary").await?;
        }
        let begin = first;
        loop {
            let count = match options.amount {
                LoadAmount::Rows(rows) => (begin + rows - first).min(BATCH),
                LoadAmount::Bytes(bytes) if self.stored_bytes().await? < bytes => BATCH,
                LoadAmount::Bytes(_) => 0,
            };
            if count == 0 {
                break;
            }
            for statement in PER_RUN {
                self.insert(statement, first, count, options.seed).await?;
            }
            first += count;
            progress(&format!("{} runs", first - begin));
        }
        Ok(LoadReport { tables: self.tables().await? })
    }

    async fn insert(&self, statement: &str, first: u64, count: u64, seed: u64) -> Result<(), SandboxError> {
        let values = [first, count, seed].map(|value| value.to_string());
        let settings = [
            ("database", DATABASE),
            // What is asked for is what is stored: replacing and summing is left to the merges.
            ("optimize_on_insert", "0"),
            ("param_first", &values[0]),
            ("param_count", &values[1]),
            ("param_seed", &values[2]),
        ];
        let statement = statement.trim_end().trim_end_matches(';');
        self.connection.run(ServerName::Source, statement, &settings).await.map(|_| ())
    }

    /// Where the numbers of new runs begin. Merges remove replaced rows, so rows cannot be counted.
    async fn loaded_runs(&self) -> Result<u64, SandboxError> {
        self.number("SELECT toUInt64(ifNull(max(toUnixTimestamp(start_time) - toUnixTimestamp(toDateTime('2026-08-01 00:00:00', 'UTC'))) / 7 + 2, 0)) * (count() > 0) FROM runs").await
    }

    async fn stored_bytes(&self) -> Result<u64, SandboxError> {
        let database = quote_string(DATABASE);
        self.number(&format!("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database}"))
            .await
    }

    async fn number(&self, sql: &str) -> Result<u64, SandboxError> {
        Ok(self.send(sql).await?.trim().parse().unwrap_or(0))
    }

    async fn tables(&self) -> Result<Vec<TableReport>, SandboxError> {
        let database = quote_string(DATABASE);
        let answer = self
            .send(&format!(
                "SELECT name, engine, ifNull(total_rows, 0), ifNull(total_bytes, 0) FROM system.tables WHERE database = {database} ORDER BY name"
            ))
            .await?;
        Ok(answer.lines().filter_map(parse_table).collect())
    }

    async fn send(&self, sql: &str) -> Result<String, SandboxError> {
        self.connection.run(ServerName::Source, sql, &[("database", DATABASE)]).await
    }
}

fn parse_table(line: &str) -> Option<TableReport> {
    let mut fields = line.split('\t');
    Some(TableReport {
        name: fields.next()?.to_owned(),
        engine: fields.next()?.to_owned(),
        rows: fields.next()?.parse().ok()?,
        bytes: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_from_its_line() {
        let expected = TableReport { name: "runs".into(), engine: "MergeTree".into(), rows: 7, bytes: 9 };
        assert_eq!(parse_table("runs\tMergeTree\t7\t9"), Some(expected));
        assert_eq!(parse_table("runs\tMergeTree"), None);
    }
}
