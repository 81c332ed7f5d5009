//! What a crash leaves, and what an id is good for: the fences of BACKUP.

use std::time::Duration;

use houseplan::{connect::store::StoreClient, sandbox::ServerName};

use super::{becomes, cell, refused};
use crate::support::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_its_lock_and_ids_are_forgotten_with_it() {
    let stage = Stage::set().await;
    let source = &stage.source;
    stage.run(source, "CREATE DATABASE {db}").await;
    stage.run(source, "CREATE TABLE {db}.t (k UInt64, s String) ENGINE MergeTree ORDER BY k PARTITION BY k % 10").await;
    stage.run(source, "INSERT INTO {db}.t SELECT number, randomPrintableASCII(100) FROM numbers(100000)").await;
    let crashed = stage.sandbox.s3(&format!("{}/crashed", stage.name));
    let whole = stage.sandbox.s3(&format!("{}/whole", stage.name));
    let id = format!("id-{}", stage.name);
    let backup =
        |to: &str, id: &str, more: &str| format!("BACKUP DATABASE {{db}} TO {to} SETTINGS id = '{id}'{more} ASYNC");
    let status = |id: &str| format!("SELECT toString(any(status)) FROM system.backups WHERE id = '{id}'");

    stage.run(source, &backup(&whole, &id, "")).await;
    becomes(&stage, source, &status(&id), "BACKUP_CREATED").await;
    let exception = refused(&stage, source, &backup(&crashed, &id, "")).await;
    assert_eq!(exception.code, 36, "an id that has ended is taken: {exception:?}");

    let slow = format!("slow-{id}");
    stage.run(source, &backup(&crashed, &slow, ", max_backup_bandwidth = 1000000")).await;
    becomes(&stage, source, &format!("SELECT toUInt8(num_entries > 0) FROM system.backups WHERE id = '{slow}'"), "1")
        .await;
    let exception = refused(&stage, source, &backup(&whole, &slow, "")).await;
    assert_eq!(exception.code, 36, "and one that runs: {exception:?}");
    stage.sandbox.kill(ServerName::Source).await.expect("killed");
    stage.sandbox.start(ServerName::Source).await.expect("started");

    assert_eq!(cell(&stage, source, "SELECT count() FROM system.backups").await, "0", "it is in memory");
    let store = StoreClient::new(&stage.store).expect("a store");
    let left = store.list(&format!("{}/crashed", stage.name)).await.expect("a list");
    let ends = |end: &str| left.iter().any(|object| object.key.ends_with(end));
    assert!(ends("/.lock") && !ends("/.backup"), "{left:?}");

    // The same id is taken again, and the same path is not.
    stage.run(source, &backup(&crashed, &slow, "")).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    becomes(&stage, source, &status(&slow), "BACKUP_FAILED").await;
    let error =
        cell(&stage, source, &format!("SELECT toString(any(error)) FROM system.backups WHERE id = '{slow}'")).await;
    assert!(error.contains("Code: 598"), "{error}");
}
