//! What is in a store, through servers and by this machine.

use std::sync::Arc;

use houseplan::{
    action::s3::{S3Operation, S3Task},
    connect::{
        credentials::Credentials,
        target::{Member, Store},
    },
    engine::performer::{Answer, TaskRun},
    failure::Failure,
};
use serde_json::{Value, json};

use crate::support::stage::{Ears, Stage, lasting};

fn task(stage: &Stage, action: S3Operation, path: &str, through: &[&Arc<Member>]) -> S3Task {
    S3Task {
        attempt: stage.attempt("s3", 1),
        store: Arc::clone(&stage.store),
        path: path.to_owned(),
        action,
        through: through.iter().map(|member| Arc::clone(member)).collect(),
    }
}

async fn rows(task: S3Task) -> Vec<Value> {
    match Box::new(task).perform(Ears::open().task_context).await {
        Answer::Acted(output) => output["rows"].as_array().expect("rows").clone(),
        answer => panic!("{answer:?}"),
    }
}

async fn fails(task: S3Task) -> Failure {
    match Box::new(task).perform(Ears::open().task_context).await {
        Answer::Failed(failure) => failure,
        answer => panic!("{answer:?}"),
    }
}

fn with_credentials(stage: &Stage, credentials: Option<Credentials>) -> Arc<Store> {
    Arc::new(Store { credentials: credentials.map(Arc::new), ..(*stage.store).clone() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_proves_the_rights_of_each_server_and_leaves_nothing() {
    let stage = Stage::set().await;
    let through = [&stage.source, stage.replica(1), stage.replica(2)];
    let path = format!("{}/probe", stage.name);
    let probed = rows(task(&stage, S3Operation::Probe, &path, &through)).await;
    let by: Vec<&str> = probed.iter().filter_map(|row| row["by"].as_str()).collect();
    assert_eq!(by, ["source", "replica1", "replica2"]);
    assert_eq!(rows(task(&stage, S3Operation::Probe, &path, &[])).await[0]["by"], "houseplan");
    assert_eq!(rows(task(&stage, S3Operation::List, &path, &[])).await, Vec::<Value>::new());

    let mut wrong = task(&stage, S3Operation::Probe, &path, &through[..1]);
    wrong.store = with_credentials(&stage, Some(lasting("nobody", "wrong")));
    assert_eq!(fails(wrong).await.code, "houseplan::store::access_denied");
    let mut wrong = task(&stage, S3Operation::Probe, &path, &[]);
    wrong.store = with_credentials(&stage, Some(lasting("nobody", "wrong")));
    assert_eq!(fails(wrong).await.code, "houseplan::store::access_denied");
    // Without a key of its own this machine cannot reach the store, and says so.
    let mut none = task(&stage, S3Operation::List, &path, &[]);
    none.store = with_credentials(&stage, None);
    assert_eq!(fails(none).await.code, "houseplan::store::no_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_listing_and_removing_agree() {
    let stage = Stage::set().await;
    let folder = format!("{}/folder", stage.name);
    let store = houseplan::connect::store::StoreClient::new(&stage.store).expect("a store");
    for number in 0..3 {
        store.put(&format!("{folder}/{number}"), vec![0_u8; number]).await.expect("put");
    }
    store.put(&format!("{folder}-beside"), &b"stays"[..]).await.expect("put");
    let through: [&[&Arc<Member>]; 2] = [&[], &[&stage.source]];
    for through in through {
        let mut listed = rows(task(&stage, S3Operation::List, &folder, through)).await;
        listed.sort_by_key(|row| row["size"].as_u64());
        assert_eq!(listed.len(), 3, "{listed:?}");
        assert_eq!(listed[2], json!({ "path": format!("{folder}/2"), "size": 2 }));
        let found = rows(task(&stage, S3Operation::Exists, &format!("{folder}/2"), through)).await;
        assert_eq!(found, [json!({ "path": format!("{folder}/2"), "exists": true, "size": 2 })]);
        let found = rows(task(&stage, S3Operation::Exists, &format!("{folder}/9"), through)).await;
        assert_eq!(found[0]["exists"], false);
    }
    assert_eq!(fails(task(&stage, S3Operation::Remove, "/", &[])).await.code, "houseplan::store::path");
    assert_eq!(rows(task(&stage, S3Operation::Remove, &folder, &[])).await[0]["removed"], 3);
    assert_eq!(rows(task(&stage, S3Operation::Remove, &folder, &[])).await[0]["removed"], 0);
    assert_eq!(store.head(&format!("{folder}-beside")).await.expect("a head"), Some(5));
}
