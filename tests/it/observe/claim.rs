use houseplan::{
    claims::{self, ClaimStore, Owner, Released, claim, release},
    world::{Expectation, Identity, identity::confirm, preflight},
};

use super::*;

fn new_owner(run: &str) -> Owner {
    Owner {
        run: run.to_owned(),
        who: "ada".to_owned(),
        host: "it's-a-laptop".to_owned(),
        since: "2026-11-22T14:30:00Z".parse().unwrap(),
        expired: false,
    }
}

fn stores(targets: &[&Arc<Cluster>]) -> Vec<Arc<dyn ClaimStore>> {
    claims::of(&targets.iter().flat_map(|target| target.members.clone()).collect::<Vec<_>>(), &[])
}

#[tokio::test]
async fn one_run_at_a_time_has_a_server() {
    let lab = Lab::new().await;
    let all = stores(&[&lab.source, &lab.cluster]);
    let replica2 = &all[2];

    assert_eq!(claim(std::slice::from_ref(replica2), &new_owner("first")).await.unwrap().len(), 1);
    let refused = claim(&all, &new_owner("second")).await.unwrap_err();
    assert_eq!(refused.code, "houseplan::claim::held");
    assert_eq!(refused.message, "replica2 is locked by run first of ada on it's-a-laptop, since 2026-11-22T14:30:00Z");
    assert!(
        all[0].owner().await.unwrap().is_none() && all[1].owner().await.unwrap().is_none(),
        "what was taken is given back"
    );

    let taken = claim(&all, &new_owner("first")).await.unwrap();
    let names: Vec<&str> = taken.iter().map(|place| place.member.as_str()).collect();
    assert_eq!(names, ["replica1", "source"], "what is ours already stays as it is");
    assert_eq!(replica2.owner().await.unwrap(), Some(new_owner("first")));
    assert!(release(&all, "second").await.iter().all(|(_, outcome)| *outcome == Ok(Released::NotOurs)));

    let with_absent: Vec<_> = all.iter().cloned().chain(claims::of(&[Arc::new(absent_member())], &[])).collect();
    let outcomes = release(&with_absent, "first").await;
    assert!(outcomes[..3].iter().all(|(_, outcome)| *outcome == Ok(Released::Dropped)), "{outcomes:?}");
    assert!(matches!(outcomes[3].1, Ok(Released::Unreachable(_))), "{outcomes:?}");
    assert_eq!(
        lab.lease.must("source", "SELECT count() FROM system.databases WHERE name = 'houseplan_claim'").await,
        "0"
    );
}

#[tokio::test]
async fn of_many_runs_at_the_same_time_one_wins() {
    let lab = Lab::new().await;
    let stores = stores(&[&lab.source, &lab.cluster]);
    let claims = (0..8).map(|number| {
        let stores = stores.clone();
        async move { claim(&stores, &new_owner(&format!("run{number}"))).await.map(|taken| taken.len()) }
    });
    let answers = futures::future::join_all(claims).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.is_ok()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(
        answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.code == "houseplan::claim::held")
    );
}

#[tokio::test]
async fn somebody_elses_database_of_that_name_is_left_alone() {
    let lab = Lab::new().await;
    lab.run("source", &["CREATE DATABASE houseplan_claim COMMENT 'mine'"]).await;
    let source = stores(&[&lab.source]);
    assert_eq!(claim(&source, &new_owner("r")).await.unwrap_err().code, "houseplan::claim::unreadable");
    assert!(release(&source, "r").await[0].1.is_err());

    lab.run("source", &["DROP DATABASE houseplan_claim SYNC"]).await;
    claim(&source, &new_owner("r")).await.unwrap();
    lab.run("source", &["CREATE TABLE houseplan_claim.t (a UInt8) ENGINE = Memory"]).await;
    assert_eq!(release(&source, "r").await[0].1.as_ref().unwrap_err().code, "houseplan::claim::not_empty");
}

#[tokio::test]
async fn all_that_is_wrong_with_the_world_is_told_at_once() {
    let lab = Lab::new().await;
    lab.run("source", &["CREATE DATABASE odd ENGINE = Memory"]).await;
    let password = password(&lab.lease);
    let first =
        |target: &str, name: &str, server: &str| Arc::new(member_at(target, name, &url(&lab.lease, server), &password));
    let expect = |target| Expectation { target, members: None, shards: None, databases: vec!["odd".to_owned()] };

    let pinned = preflight(&[expect(&lab.cluster)], "run", &[]).await.unwrap();
    assert_eq!(pinned.len(), 2);
    assert_eq!(confirm(&lab.cluster.members[0], &pinned[0].2).await.unwrap(), None);
    let older = Identity { version: "25.3.1.1".to_owned(), ..pinned[0].2.clone() };
    let found = confirm(&lab.cluster.members[0], &older).await.unwrap().expect("another version");
    assert_eq!((found.pinned.as_str(), &found.now), ("25.3.1.1", &pinned[0].2));
    assert_eq!(found.refusal().code, "houseplan::world::other_version");
    let changed = Identity { host: "another".to_owned(), ..older };
    assert_eq!(confirm(&lab.cluster.members[0], &changed).await.unwrap_err().code, "houseplan::world::changed");

    let wrong = Cluster {
        name: "wrong".into(),
        cluster: Some("default".to_owned()),
        members: vec![first("wrong", "a", "replica1")],
    };
    let twice = Cluster {
        name: "twice".into(),
        cluster: Some("nonsense".to_owned()),
        members: vec![first("twice", "a", "source"), first("twice", "b", "source"), Arc::new(absent_member())],
    };
    let problems = preflight(&[expect(&wrong), expect(&lab.cluster), expect(&twice)], "run", &[]).await.unwrap_err();
    let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "houseplan::connect::unreachable",
            "houseplan::database::not_atomic",
            "houseplan::database::not_atomic",
            "houseplan::world::duplicate_member",
            "houseplan::world::missing_members",
            "houseplan::world::same_server",
            "houseplan::world::unknown_cluster",
            "houseplan::world::unknown_cluster",
        ]
    );
}

#[tokio::test]
async fn a_foreign_backup_under_way_is_a_reason_to_refuse() {
    let lab = Lab::new().await;
    lab.run(
        "source",
        &[
            "CREATE DATABASE busy",
            "CREATE TABLE busy.t (a String) ENGINE = MergeTree ORDER BY tuple()",
            "INSERT INTO busy.t SELECT randomPrintableASCII(1000) FROM numbers(4000)",
        ],
    )
    .await;
    // A server takes an id once, as long as it runs.
    let theirs = lab.lease.fresh_name();
    let backup = format!(
        "BACKUP DATABASE busy TO {} SETTINGS id = '{theirs}/backup/1', max_backup_bandwidth = 1000000 ASYNC",
        lab.lease.s3("busy")
    );
    lab.run("source", &[&backup]).await;
    let expect = || Expectation { target: &lab.source, members: None, shards: None, databases: Vec::new() };
    let problems = preflight(&[expect()], "ours", &[]).await.unwrap_err();
    assert_eq!(problems[0].code, "houseplan::operation::foreign");
    assert!(problems[0].message.contains("a BACKUP") && problems[0].message.contains(&theirs));
    assert!(preflight(&[expect()], &theirs, &[]).await.is_ok());
    assert!(preflight(&[expect()], "ours", &[theirs]).await.is_ok());
}
