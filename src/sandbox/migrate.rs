//! What LangSmith's chart does to a cluster: applies the migrations as golang-migrate would, then deletes the source.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::Progress;
use super::cluster::Sandbox;
use super::engine::CLUSTER;
use super::error::SandboxError;
use super::layout::{Lock, SourceState, write_json};
use super::load::DATABASE;
use super::migrations::{self, Migration, Rendering};
use super::query::Connection;
use super::server_name::ServerName;
use crate::sql::{self, quote_identifier};

/// What `Sandbox::migrate` shall do.
#[derive(Debug, Clone)]
pub struct MigrateOptions {
    /// The database on the cluster; made when it is missing.
    pub database: String,
    /// A folder of migrations; the embedded ones when not said.
    pub migrations: Option<Utf8PathBuf>,
    /// Leave the source as it is.
    pub keep_source: bool,
}

impl Default for MigrateOptions {
    fn default() -> Self {
        Self { database: DATABASE.to_owned(), migrations: None, keep_source: false }
    }
}

/// What `Sandbox::migrate` did.
#[derive(Debug, Clone, Serialize)]
pub struct MigrateReport {
    /// The version the database has now.
    pub version: i64,
    /// The versions applied this time.
    pub applied: Vec<i64>,
}

impl Sandbox {
    /// Applies the migrations ON CLUSTER that are not applied yet, then removes the source with its data, unless it is to be kept.
    ///
    /// Survives a crash at any point: run again, it goes on. A migration that was under way when we died (we left a note) is undone by
    /// its `.down.sql` and applied again.
    ///
    /// # Errors
    /// `Dirty`, in golang-migrate's words, when a migration is half done and we cannot know how far; `Refused` when ClickHouse refuses a
    /// statement (the version is dirty then, as with golang-migrate); `Migration` when the files are not right.
    pub async fn migrate(
        &self,
        options: MigrateOptions,
        progress: Progress<'_>,
    ) -> Result<MigrateReport, SandboxError> {
        let _lock = Lock::acquire(self.layout.dir().join("migrate.lock")).await?;
        let migrations = match &options.migrations {
            Some(folder) => migrations::read(folder)?,
            None => migrations::embedded()?,
        };
        let migrator = Migrator {
            connection: &self.connection,
            server: ServerName::Replica(1),
            rendering: Rendering::Cluster,
            database: &options.database,
            note: self.layout.migrating_file(ServerName::Replica(1)),
        };
        let report = migrator.apply(&migrations, progress).await?;
        if !options.keep_source {
            if self.state()?.source == SourceState::Present {
                progress("deleting the source");
            }
            self.remove_source().await?;
        }
        Ok(report)
    }

    /// Creates the same tables on the source, for `load`.
    pub(super) async fn migrate_source(&self, progress: Progress<'_>) -> Result<(), SandboxError> {
        let migrator = Migrator {
            connection: &self.connection,
            server: ServerName::Source,
            rendering: Rendering::Standalone,
            database: DATABASE,
            note: self.layout.migrating_file(ServerName::Source),
        };
        migrator.apply(&migrations::embedded()?, progress).await.map(|_| ())
    }
}

/// golang-migrate's part: `schema_migrations` is append-only, its newest row (by `sequence`) counts, and a dirty row precedes each migration.
struct Migrator<'a> {
    connection: &'a Connection,
    server: ServerName,
    rendering: Rendering,
    database: &'a str,
    note: Utf8PathBuf,
}

/// The note left while a migration runs. Found later, it says that the migration's process died; a migration that failed leaves none.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnderWay {
    database: String,
    version: i64,
}

impl Migrator<'_> {
    async fn apply(&self, migrations: &[Migration], progress: Progress<'_>) -> Result<MigrateReport, SandboxError> {
        self.create_schema_migrations().await?;
        let (mut version, dirty) = self.version().await?;
        if dirty {
            let broken = self
                .broken_off(version, migrations)
                .ok_or_else(|| SandboxError::Dirty { version, database: self.database.to_owned() })?;
            progress(&format!("{}_{} was interrupted; undoing it first", broken.version, broken.title));
            self.send_all(broken.down.as_deref().unwrap_or_default()).await?;
            version = broken.version - 1;
        } else if self.note.exists() {
            // We died after the migration was done and before the note was gone. It must not explain somebody else's dirty row.
            fs::remove_file(&self.note).map_err(SandboxError::io("remove", &self.note))?;
        }
        let mut applied = Vec::new();
        for migration in migrations.iter().filter(|migration| migration.version > version) {
            progress(&format!("applying {}_{}", migration.version, migration.title));
            self.apply_one(migration).await?;
            applied.push(migration.version);
        }
        Ok(MigrateReport { version: applied.last().copied().unwrap_or(version), applied })
    }

    async fn apply_one(&self, migration: &Migration) -> Result<(), SandboxError> {
        let under_way = UnderWay { database: self.database.to_owned(), version: migration.version };
        write_json(&self.note, &under_way)?;
        let outcome = async {
            self.set_version(migration.version, true).await?;
            self.send_all(&migration.up).await?;
            self.set_version(migration.version, false).await
        };
        let outcome = outcome.await;
        fs::remove_file(&self.note).map_err(SandboxError::io("remove", &self.note))?;
        outcome
    }

    /// The migration our own death broke off, if it is that and can be undone.
    fn broken_off<'m>(&self, version: i64, migrations: &'m [Migration]) -> Option<&'m Migration> {
        let note: UnderWay = serde_json::from_str(&fs::read_to_string(&self.note).ok()?).ok()?;
        let ours = note == UnderWay { database: self.database.to_owned(), version };
        migrations.iter().find(|migration| ours && migration.version == version && migration.down.is_some())
    }

    async fn create_schema_migrations(&self) -> Result<(), SandboxError> {
        let (clause, engine) = match self.rendering {
            Rendering::Standalone => (String::new(), "MergeTree"),
            Rendering::Cluster => (format!("ON CLUSTER {CLUSTER}"), "ReplicatedMergeTree"),
        };
        let database = quote_identifier(self.database);
        self.connection.run(self.server, &format!("CREATE DATABASE IF NOT EXISTS {database} {clause}"), &[]).await?;
        self.send(&format!(
            "CREATE TABLE IF NOT EXISTS schema_migrations {clause} (version Int64, dirty UInt8, sequence UInt64) ENGINE = {engine} ORDER BY sequence"
        ))
        .await
        .map(|_| ())
    }

    /// The version and whether it is dirty; 0 when there is none.
    async fn version(&self) -> Result<(i64, bool), SandboxError> {
        let answer = self.send("SELECT version, dirty FROM schema_migrations ORDER BY sequence DESC LIMIT 1").await?;
        let mut fields = answer.split_whitespace();
        let version = fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
        Ok((version, fields.next() == Some("1")))
    }

    async fn set_version(&self, version: i64, dirty: bool) -> Result<(), SandboxError> {
        let sequence = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let dirty = u8::from(dirty);
        let insert =
            format!("INSERT INTO schema_migrations (version, dirty, sequence) VALUES ({version}, {dirty}, {sequence})");
        self.send(&insert).await.map(|_| ())
    }

    async fn send_all(&self, sql: &str) -> Result<(), SandboxError> {
        let rendered = self.rendering.render(sql, self.database);
        for statement in sql::split(&rendered) {
            self.send(statement.text).await?;
        }
        Ok(())
    }

    async fn send(&self, sql: &str) -> Result<String, SandboxError> {
        self.connection.run(self.server, sql, &[("database", self.database)]).await
    }
}
