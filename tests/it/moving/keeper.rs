//! What dead replicas leave in Keeper, and what must not be touched.

use std::sync::Arc;

use houseplan::{
    action::keeper::{KeeperOperation, KeeperTask},
    connect::{keeper::KeeperClient, target::Keeper},
    engine::performer::{Answer, TaskRun},
    sandbox::ServerName,
};
use serde_json::json;

use crate::support::stage::{Ears, Stage};

fn task(stage: &Stage, action: KeeperOperation) -> Box<KeeperTask> {
    Box::new(KeeperTask {
        attempt: stage.attempt("keeper", 1),
        keeper: Arc::clone(&stage.keeper),
        through: Some(Arc::clone(&stage.cluster)),
        action,
    })
}

async fn remove(stage: &Stage, path: &str) -> Answer {
    remove_all(stage, &[path]).await
}

async fn remove_all(stage: &Stage, paths: &[&str]) -> Answer {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    task(stage, KeeperOperation::Remove { paths }).perform(Ears::open().task_context).await
}

async fn exists(stage: &Stage, path: &str) -> bool {
    let action = KeeperOperation::Exists { path: path.to_owned() };
    match task(stage, action).perform(Ears::open().task_context).await {
        Answer::Acted(output) => output["rows"][0]["exists"] == json!(true),
        answer => panic!("{answer:?}"),
    }
}

fn create(path: &str) -> String {
    format!("CREATE TABLE {{db}}.t (a UInt8) ENGINE ReplicatedMergeTree('{path}', '{{replica}}') ORDER BY a")
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_nobody_uses_is_removed() {
    let stage = Stage::set().await;
    let path = format!("/clickhouse/tables/{}/t", stage.name);
    for replica in &stage.cluster.members {
        stage.run(replica, "CREATE DATABASE {db}").await;
        stage.run(replica, &create(&path)).await;
    }
    assert!(exists(&stage, &path).await);
    // Alive.
    let answer = remove(&stage, &path).await;
    let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal.found.len(), 2, "{refusal:?}");
    // Dropped without SYNC: its delayed drop would delete the nodes of whatever is there then.
    stage.run(stage.replica(1), "DROP TABLE {db}.t SYNC").await;
    stage.run(stage.replica(2), "DROP TABLE {db}.t").await;
    let answer = remove(&stage, &path).await;
    let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
    assert!(refusal.found[0][2].contains("without SYNC"), "{refusal:?}");
    assert!(exists(&stage, &path).await);
    stage.run(stage.replica(2), "UNDROP TABLE {db}.t").await;
    stage.run(stage.replica(2), "DROP TABLE {db}.t SYNC").await;
    // Gone: nothing to do, any number of times.
    for _ in 0..2 {
        let answer = remove(&stage, &path).await;
        let Answer::Acted(output) = answer else { panic!("{answer:?}") };
        assert_eq!(output["rows"][0]["removed"], "nothing there");
    }
    // What is no table's path is left alone.
    assert!(matches!(remove(&stage, "/clickhouse").await, Answer::Stopped(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replica_is_removed_once_its_session_has_expired() {
    let stage = Stage::set().await;
    let path = format!("/clickhouse/tables/{}/t", stage.name);
    // The table of the source, which then dies: no member of the cluster has it.
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    stage.run(&stage.source, &create(&path)).await;
    stage.sandbox.kill(ServerName::Source).await.expect("killed");
    let answer = remove(&stage, &path).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    assert_eq!(output["rows"][0]["removed"], "by the servers");
    assert!(!exists(&stage, &path).await);
}

/// What is half gone already: no server takes it for a table's path.
async fn half_gone(keeper: &Keeper, path: &str) -> KeeperClient {
    let client = KeeperClient::connect(keeper).await.expect("a session");
    let names: Vec<&str> = path.split('/').skip(1).collect();
    for depth in 1..=names.len() {
        // The first ones may be there.
        let _ = client.create(&format!("/{}", names[..depth].join("/"))).await;
    }
    client.create(&format!("{path}/blocks")).await.expect("a node");
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_half_gone_is_removed_only_from_the_keeper_that_the_servers_use() {
    let stage = Stage::set().await;
    let path = format!("/clickhouse/tables/{}/t", stage.name);
    let client = half_gone(&stage.keeper, &path).await;
    // Beside what is no table's path: a refusal says that nothing was removed.
    let answer = remove_all(&stage, &[&path, "/clickhouse"]).await;
    let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal.found, [["keeper", "/clickhouse", "is not the path of a replicated table"]]);
    assert!(exists(&stage, &path).await);
    let answer = remove(&stage, &path).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    assert_eq!(output["rows"][0]["removed"], "by Keeper's client");
    assert!(!exists(&stage, &path).await);

    // The Keeper of another cluster, which has the very same path.
    let other = Stage::set().await;
    assert_ne!(other.keeper.to_string(), stage.keeper.to_string(), "a sandbox of its own");
    let theirs = half_gone(&other.keeper, &path).await;
    half_gone(&stage.keeper, &path).await;
    let mut task = task(&stage, KeeperOperation::Remove { paths: vec![path.clone()] });
    task.keeper = Arc::clone(&other.keeper);
    let answer = task.perform(Ears::open().task_context).await;
    let Answer::Stopped(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!((refusal.found.len(), refusal.found[0][0].as_str()), (2, "replica1"), "{refusal:?}");
    assert!(theirs.exists(&format!("{path}/blocks")).await.expect("an answer"), "what is another's is left alone");
    for keeper in [&theirs, &client] {
        let left = keeper.children("/").await.expect("an answer").expect("the root");
        assert!(!left.iter().any(|name| name.starts_with("houseplan-")), "{left:?}");
    }
}
