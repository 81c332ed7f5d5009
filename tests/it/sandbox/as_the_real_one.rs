//! Where a server's doing is emulated, and something depends on it: ON CLUSTER, and the store's buckets.

use houseplan::sandbox::SandboxError;

use super::eventually;
use crate::support::sandbox_lease::SandboxLease;

/// A database on the cluster with a Replicated table and a plain one, each with the row 1 on every replica.
async fn tables() -> (SandboxLease, String) {
    let sandbox = SandboxLease::acquire().await;
    let database = sandbox.fresh_name();
    sandbox.must("replica1", &format!("CREATE DATABASE {database} ON CLUSTER default")).await;
    for (table, engine) in [("`r.1`", "ReplicatedMergeTree"), ("plain", "MergeTree")] {
        let create =
            format!("CREATE TABLE {database}.{table} ON CLUSTER default (n UInt64) ENGINE = {engine} ORDER BY ()");
        sandbox.must("replica1", &create).await;
    }
    sandbox.must("replica1", &format!("INSERT INTO {database}.`r.1` VALUES (1)")).await;
    for replica in ["replica1", "replica2"] {
        sandbox.must(replica, &format!("INSERT INTO {database}.plain VALUES (1)")).await;
        eventually(&sandbox, replica, &format!("SELECT n FROM {database}.`r.1`"), "1").await;
    }
    (sandbox, database)
}

#[tokio::test]
async fn a_replicated_table_is_altered_by_one_replica_and_a_plain_one_by_each() {
    let (sandbox, database) = tables().await;
    for table in ["`r.1`", "plain"] {
        let add = format!("ALTER TABLE {database}.{table} ON CLUSTER default UPDATE n = n + 1 WHERE 1");
        let told = sandbox.must("replica1", &format!("{add} SETTINGS mutations_sync = 2")).await;
        assert_eq!(told.lines().count(), 2, "every host is told: {told}");
        for replica in ["replica1", "replica2"] {
            eventually(&sandbox, replica, &format!("SELECT n FROM {database}.{table}"), "2").await;
            let mutations = format!(
                "SELECT count() FROM system.mutations WHERE database = '{database}' AND table = '{}'",
                table.trim_matches('`')
            );
            assert_eq!(sandbox.must(replica, &mutations).await, "1", "{table} on {replica}");
        }
    }
    // The table's database may be the session's.
    let unqualified = "ALTER TABLE plain ON CLUSTER default ADD COLUMN m UInt8";
    sandbox.must("replica2", &format!("ALTER TABLE {database}.`r.1` ON CLUSTER default ADD COLUMN m UInt8")).await;
    let error = sandbox.query("replica1", unqualified).await.expect_err("it is not in `default`");
    assert!(matches!(error, SandboxError::Refused { code: 60, .. }), "{error}");
    for replica in ["replica1", "replica2"] {
        eventually(&sandbox, replica, &format!("SELECT m FROM {database}.`r.1`"), "0").await;
    }
}

#[tokio::test]
async fn settings_are_each_replicas_own_and_truncate_is_not() {
    let (sandbox, database) = tables().await;
    let table = format!("{database}.`r.1` ON CLUSTER default");
    sandbox.must("replica1", &format!("ALTER TABLE {table} MODIFY SETTING merge_max_block_size = 4321")).await;
    for replica in ["replica1", "replica2"] {
        let set = format!(
            "SELECT create_table_query LIKE '%merge_max_block_size = 4321%' FROM system.tables WHERE database = '{database}' AND name = 'r.1'"
        );
        assert_eq!(sandbox.must(replica, &set).await, "1", "{replica}");
    }
    sandbox.must("replica1", &format!("INSERT INTO {database}.`r.1` VALUES (2)")).await;
    sandbox.must("replica1", &format!("OPTIMIZE TABLE {table} FINAL")).await;
    for replica in ["replica1", "replica2"] {
        let parts = format!(
            "SELECT count(), sum(rows) FROM system.parts WHERE active AND database = '{database}' AND table = 'r.1'"
        );
        eventually(&sandbox, replica, &parts, "1\t2").await;
    }
    sandbox.must("replica1", &format!("TRUNCATE TABLE {table}")).await;
    sandbox.must("replica1", &format!("TRUNCATE TABLE {database}.plain ON CLUSTER default")).await;
    for replica in ["replica1", "replica2"] {
        for name in ["`r.1`", "plain"] {
            eventually(&sandbox, replica, &format!("SELECT count() FROM {database}.{name}"), "0").await;
        }
    }
}

#[tokio::test]
async fn a_replica_that_is_down_does_not_keep_the_others_from_it() {
    let (sandbox, database) = tables().await;
    sandbox.kill(houseplan::sandbox::ServerName::Replica(1)).await.expect("it can be killed");
    let add = format!("ALTER TABLE {database}.`r.1` ON CLUSTER default UPDATE n = n + 1 WHERE 1");
    let error = sandbox.query("replica2", &add).await.expect_err("one is down");
    assert!(matches!(error, SandboxError::Refused { code: 159, .. }), "{error}");
    sandbox.start(houseplan::sandbox::ServerName::Replica(1)).await.expect("it can be started");
    for replica in ["replica1", "replica2"] {
        eventually(&sandbox, replica, &format!("SELECT n FROM {database}.`r.1`"), "2").await;
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_not_made() {
    let (sandbox, database) = tables().await;
    let elsewhere = sandbox.s3("x").replace("/backups/", "/nobucket/");
    let error =
        sandbox.query("source", &format!("BACKUP DATABASE system TO {elsewhere}")).await.expect_err("no bucket");
    let SandboxError::Refused { code: 499, text, .. } = &error else { panic!("{error}") };
    assert!(text.contains("The specified bucket does not exist"), "{text}");
    let restore = format!("RESTORE DATABASE {database} FROM {elsewhere}");
    let error = sandbox.query("source", &restore).await.expect_err("no bucket");
    assert!(matches!(error, SandboxError::Refused { code: 599, .. }), "{error}");
    assert!(!sandbox.layout().dir().join("servers/s3/data/nobucket").exists());
}
