//! A Keeper in a pod: through a forwarded port, and by each client that its container may have.

use houseplan::connect::{
    keeper::{KeeperClient, KeeperProgram},
    kubernetes::PodPort,
    target::Keeper,
};

use crate::support::{
    bed::Bed,
    cluster::{kubernetes, port},
    namespace::fresh_name,
};

fn by_exec(bed: &Bed, to: &PodPort, program: Option<KeeperProgram>) -> Keeper {
    Keeper::Exec { kubernetes: kubernetes(bed), to: to.clone(), program }
}

/// What is asked of it, each seen by a session of our own past Kubernetes.
async fn case(way: &Keeper, direct: &KeeperClient) {
    let keeper = KeeperClient::connect(way).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
    let root = format!("/{}", fresh_name());
    assert!(!keeper.exists(&root).await.unwrap(), "{way:?}");
    assert_eq!(keeper.children(&root).await.unwrap(), None, "{way:?}");
    keeper.create(&root).await.unwrap();
    assert_eq!(keeper.children(&root).await.unwrap(), Some(Vec::new()), "{way:?}");
    assert!(keeper.create(&root).await.is_err(), "{way:?}: it is there already");
    assert!(keeper.create(&format!("{root}/none/below")).await.is_err(), "{way:?}: it has no parent");

    for odd in ["it's", "a b", "c;rm", "\"d\"", "e\\f", "ü", "`g`", "$(h)", "-i", "#"] {
        let path = format!("{root}/{odd}");
        keeper.create(&path).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert!(direct.exists(&path).await.unwrap(), "{way:?}: {path}");
        keeper.create(&format!("{path}/child")).await.unwrap();
        assert_eq!(keeper.children(&path).await.unwrap(), Some(vec!["child".to_owned()]), "{way:?}: {path}");
        keeper.remove_all(&path).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert!(!direct.exists(&path).await.unwrap(), "{way:?}: {path}");
    }

    // A tree of more nodes than one process is asked for, made past Kubernetes.
    for index in 0..120 {
        direct.create(&format!("{root}/{index}")).await.unwrap();
    }
    direct.create(&format!("{root}/7/deeper")).await.unwrap();
    direct.create(&format!("{root}/7/deeper/still")).await.unwrap();
    assert_eq!(keeper.children(&root).await.unwrap().map(|names| names.len()), Some(120), "{way:?}");
    keeper.remove_all(&root).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
    assert!(!direct.exists(&root).await.unwrap(), "{way:?}");
    keeper.remove_all(&root).await.unwrap_or_else(|error| panic!("{way:?}: what is gone is removed: {error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_a_keeper_in_a_pod_does_the_same() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let number = langsmith.sandbox().ports().keeper();
    let to = port(&langsmith.clickhouse, "langsmith-zookeeper-0", "zookeeper", number);
    let to = PodPort { container: None, ..to };
    let direct = KeeperClient::connect(&Keeper::Port { host: "127.0.0.1".to_owned(), port: number }).await.unwrap();
    case(&Keeper::Forwarded { kubernetes: kubernetes(&bed), to: to.clone() }, &direct).await;
    case(&by_exec(&bed, &to, Some(KeeperProgram::ClickhouseKeeperClient)), &direct).await;
    case(&by_exec(&bed, &to, Some(KeeperProgram::ZkCli)), &direct).await;
    case(&by_exec(&bed, &to, None), &direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_cannot_tell_is_refused_and_what_is_not_there_is_named() {
    let bed = Bed::get();
    let langsmith = bed.langsmith();
    let number = langsmith.sandbox().ports().keeper();
    let to = PodPort { container: None, ..port(&langsmith.clickhouse, "langsmith-zookeeper-0", "", number) };
    let direct = KeeperClient::connect(&Keeper::Port { host: "127.0.0.1".to_owned(), port: number }).await.unwrap();
    let root = format!("/{}", fresh_name());
    direct.create(&root).await.unwrap();
    direct.create(&format!("{root}/a b")).await.unwrap();
    let client = KeeperClient::connect(&by_exec(&bed, &to, Some(KeeperProgram::ClickhouseKeeperClient))).await.unwrap();
    let refused = client.remove_all(&root).await.unwrap_err().to_string();
    assert!(refused.contains("has a blank in it"), "{refused}");
    assert!(direct.exists(&format!("{root}/a b")).await.unwrap());
    let refused = client.exists("/a\nb").await.unwrap_err().to_string();
    assert!(refused.contains("line's end"), "{refused}");
    direct.remove_all(&root).await.unwrap();

    let refused = async |keeper: Keeper| match KeeperClient::connect(&keeper).await {
        Ok(client) => client.exists("/").await.expect_err("it is not there").to_string(),
        Err(error) => error.to_string(),
    };
    let nobody = PodPort { port: houseplan::connect::kubernetes::PortPick::Number(1), ..to.clone() };
    let said = refused(Keeper::Forwarded { kubernetes: kubernetes(&bed), to: nobody.clone() }).await;
    assert!(said.contains("onnection refused"), "{said}");
    let said = refused(by_exec(&bed, &nobody, None)).await;
    assert!(said.contains("onnection"), "{said}");
    let namespace = bed.namespace();
    namespace.pod_without_clients("bare");
    let bare = port(&namespace.name, "bare", "main", number);
    let said = refused(by_exec(&bed, &bare, None)).await;
    assert!(said.ends_with("its container has neither `clickhouse-keeper-client` nor `zkCli.sh`"), "{said}");
    let said = refused(by_exec(&bed, &bare, Some(KeeperProgram::ZkCli))).await;
    assert!(said.ends_with("its container has no `zkCli.sh`"), "{said}");
}
