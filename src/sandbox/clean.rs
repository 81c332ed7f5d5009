//! Empties a sandbox for its next user without restarting what is well: some tenths of a second instead of seconds.

use std::time::Duration;

use camino::Utf8Path;

use super::Progress;
use super::cluster::{Sandbox, remove_dir};
use super::engine::Engine;
use super::error::SandboxError;
use super::s3_server;
use super::server_name::ServerName;
use super::session_key::SessionKey;
use crate::sql::quote_identifier;

const EMPTY_WITHIN: Duration = Duration::from_secs(10);

impl Sandbox {
    /// Leaves a fresh cluster: no running statement, no database or named collection of a user, nothing in Keeper or the store, every
    /// server running, the source back. A server that does not let itself be emptied loses its data and is started anew.
    ///
    /// # Errors
    /// When a server does not end or start.
    pub async fn clean(&self, progress: Progress<'_>) -> Result<(), SandboxError> {
        let _lock = self.layout.lock().await?;
        let state = self.restore_source()?;
        let engine = Engine::provide(state.engine_versions(), progress).await?;
        // Dropping a replicated table needs Keeper, and a running backup may wait for the store.
        for service in [ServerName::Keeper, ServerName::S3] {
            if !self.process(service).is_some_and(|process| process.is_alive()) {
                self.start_one(&engine, &state, service).await?;
            }
        }
        let emptied = state.clickhouse_servers().map(|name| async move {
            let emptied = self.connection.ping(name).await
                && tokio::time::timeout(EMPTY_WITHIN, self.empty(name)).await.is_ok_and(|emptied| emptied.is_ok());
            (name, emptied)
        });
        for (server, emptied) in futures::future::join_all(emptied).await {
            if !emptied {
                if let Some(process) = self.process(server) {
                    process.kill().await.map_err(SandboxError::io("end", self.layout.process_file(server)))?;
                }
                remove_dir(&self.layout.server_dir(server))?;
            }
        }
        engine.remove_from_keeper(&self.layout, &state, "/clickhouse/tables").await?;
        empty_dir(&self.layout.data_dir(ServerName::S3))?;
        s3_server::create_bucket(&self.layout)?;
        SessionKey::forget_all(&self.layout)?;
        self.start_missing(&engine, &state, progress).await
    }

    async fn empty(&self, server: ServerName) -> Result<(), SandboxError> {
        self.query(server, "KILL QUERY WHERE query NOT LIKE 'KILL QUERY%' ASYNC").await?;
        let drops = "SELECT concat('DROP NAMED COLLECTION ', '`', name, '`') FROM system.named_collections
            UNION ALL
            SELECT concat('DROP TABLE ', database, '.', '`', name, '`', ' SYNC') FROM system.tables WHERE database = 'default'
            FORMAT TSVRaw";
        for statement in self.query(server, drops).await?.lines() {
            self.query(server, statement).await?;
        }
        let databases = "SELECT name FROM system.databases
            WHERE name NOT IN ('default', 'system', 'information_schema', 'INFORMATION_SCHEMA') FORMAT TSVRaw";
        for database in self.query(server, databases).await?.lines() {
            self.query(server, &format!("DROP DATABASE {} SYNC", quote_identifier(database))).await?;
        }
        // A table dropped without SYNC would later take the next one's nodes in Keeper with it: only a new start helps then.
        let delayed = self.query(server, "SELECT throwIf(count() > 0) FROM system.dropped_tables").await;
        delayed.map(|_| ())
    }
}

fn empty_dir(dir: &Utf8Path) -> Result<(), SandboxError> {
    for entry in dir.read_dir_utf8().map_err(SandboxError::io("read", dir))? {
        let entry = entry.map_err(SandboxError::io("read", dir))?;
        let path = entry.path();
        let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        removed.map_err(SandboxError::io("remove", path))?;
    }
    Ok(())
}
