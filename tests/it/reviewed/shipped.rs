//! Every plan that we ship, in every way that it knows.

use std::collections::BTreeSet;

use houseplan::sandbox::LoadOptions;

use super::{Drive, Reviewer};
use crate::support::operator::{DATABASE, MOVE};

const HOUSE: &str = "house";
/// How the tables of the small database are made on a cluster.
const PATH: &str = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

#[tokio::test(flavor = "multi_thread")]
async fn each_statement_of_a_shipped_plan_is_sent_as_it_is_shown() {
    let mut reviewer = Reviewer::new().await;
    copies(&mut reviewer).await;
    moves(&mut reviewer).await;
    backs_up(&mut reviewer).await;
    let driven = restores(&mut reviewer).await;
    reviewer.has_seen_every_line_that_may_write();

    // A plan or a mode that comes later is to be driven here too.
    assert_eq!(
        reviewer.seen.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        shipped().iter().map(String::as_str).collect()
    );
    assert_eq!(driven, modes());
}

/// The move that keeps the source, and the way back from it. What is moved afterwards finds a cluster that has it all.
async fn copies(reviewer: &mut Reviewer) {
    an_earlier_cluster(reviewer).await;
    let database = format!("database={DATABASE}");
    let arguments =
        ["--set", &database, "--set", "quiet_seconds=0", "--set", "expect_rows=false", "--set", "path=kept/copied"];
    reviewer
        .drives(Drive { plan: "copy-then-switch", arguments: &arguments, approve: Some("allow_drop"), ends: 0 })
        .await;
    for server in super::MEMBERS {
        reviewer.sandbox.must(server, "SYSTEM STOP MERGES").await;
    }
    reviewer
        .drives(Drive { plan: "switch-back", arguments: &arguments[..2], approve: Some("allow_loss"), ends: 0 })
        .await;
    let arguments = [&arguments[..2], &["--set", "idle_hours=0"]].concat();
    let approve = Some("allow_loss");
    reviewer.drives(Drive { plan: "retire-source", arguments: &arguments, approve, ends: 0 }).await;
    reviewer.sandbox.reset(&mut |_| {}).await.expect("a new source");
}

/// A whole database onto a cluster that has one, of which an earlier server has left a replica in Keeper; and its comparison.
async fn moves(reviewer: &mut Reviewer) {
    an_earlier_cluster(reviewer).await;
    let database = format!("database={DATABASE}");
    let arguments = ["--set", &database];
    reviewer.drives(Drive { plan: MOVE, arguments: &arguments, approve: Some("allow_drop"), ends: 0 }).await;
    for server in super::MEMBERS {
        reviewer.sandbox.must(server, "SYSTEM STOP MERGES").await;
    }
    reviewer.drives(Drive { plan: "verify", arguments: &arguments, approve: None, ends: 0 }).await;
}

/// Data on the source; on the cluster a database with a table, of which an earlier server has left a replica in Keeper.
async fn an_earlier_cluster(reviewer: &Reviewer) {
    let sandbox = &reviewer.sandbox;
    sandbox.load(LoadOptions::rows(200), &mut |_| {}).await.expect("data");
    sandbox.must("source", "SYSTEM STOP MERGES").await;
    for replica in ["replica1", "replica2"] {
        sandbox.must(replica, &format!("CREATE DATABASE {DATABASE}")).await;
        let old = format!("CREATE TABLE {DATABASE}.old (k UInt8) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY k");
        sandbox.must(replica, &old).await;
    }
    let path = format!("/clickhouse/tables/01/{DATABASE}/old");
    for statement in [
        "CREATE DATABASE earlier",
        &format!("CREATE TABLE earlier.old (k UInt8) ENGINE = ReplicatedMergeTree('{path}', 'gone') ORDER BY k"),
        "DETACH TABLE earlier.old",
    ] {
        sandbox.must("replica1", statement).await;
    }
}

async fn backs_up(reviewer: &mut Reviewer) {
    for statement in [
        "CREATE DATABASE house",
        "CREATE TABLE house.runs (id UInt64, n UInt32) ENGINE = ReplacingMergeTree(n) ORDER BY id",
        "CREATE TABLE house.schema_migrations (version Int64) ENGINE = MergeTree ORDER BY version",
        "CREATE VIEW house.recent AS SELECT id FROM house.runs",
        "INSERT INTO house.runs SELECT number, 1 FROM numbers(100)",
        "INSERT INTO house.schema_migrations VALUES (7)",
    ] {
        reviewer.sandbox.must("source", statement).await;
    }
    let ready = ["--set", "database=house"];
    reviewer.drives(Drive { plan: "source-ready", arguments: &ready, approve: None, ends: 0 }).await;
    let arguments = [&ready[..], &["--set", "path=kept/house"]].concat();
    reviewer.drives(Drive { plan: "backup", arguments: &arguments, approve: None, ends: 0 }).await;
}

/// Onto two replicas, so that it shows who gets what. Gives the modes.
async fn restores(reviewer: &mut Reviewer) -> BTreeSet<String> {
    on_both(reviewer, &[
        "CREATE DATABASE house",
        &format!("CREATE TABLE house.runs (id UInt64, n UInt32) ENGINE = ReplicatedReplacingMergeTree({PATH}, n) ORDER BY id"),
        &format!("CREATE TABLE house.schema_migrations (version Int64) ENGINE = ReplicatedMergeTree({PATH}) ORDER BY version"),
        "CREATE VIEW house.recent AS SELECT id FROM house.runs",
    ])
    .await;
    let common = ["--target", "destination=cluster", "--set", "database=house", "--set", "path=kept/house", "--set"];
    let mut driven = BTreeSet::new();
    // In the last two the tables are made from the backup: plain ones, on each replica for itself, and that is told.
    for (mode, approve, ends) in [
        ("mode=existing", None, 0),
        ("mode=append", Some("allow_append"), 0),
        ("mode=replace", Some("allow_drop"), 3),
        ("mode=empty", None, 3),
    ] {
        if mode == "mode=empty" {
            on_both(reviewer, &["DROP DATABASE house SYNC"]).await;
        }
        let arguments = [&common[..], &[mode]].concat();
        reviewer.drives(Drive { plan: "restore", arguments: &arguments, approve, ends }).await;
        driven.insert(mode.trim_start_matches("mode=").to_owned());
    }
    let rows = format!("SELECT count() FROM {HOUSE}.runs");
    assert_eq!(reviewer.sandbox.must("replica1", &rows).await, "100");
    assert_eq!(reviewer.sandbox.must("replica2", &rows).await, "0");
    driven
}

async fn on_both(reviewer: &Reviewer, statements: &[&str]) {
    for replica in ["replica1", "replica2"] {
        for statement in statements {
            reviewer.sandbox.must(replica, statement).await;
        }
    }
}

fn shipped() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/plans");
    let files = std::fs::read_dir(folder).expect("the shipped plans");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("a name in UTF-8"));
    names.filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect()
}

/// What `plans/restore.yaml` knows as its `mode`.
fn modes() -> BTreeSet<String> {
    let plan = include_str!("../../../plans/restore.yaml");
    let line = plan.lines().find_map(|line| line.trim().strip_prefix("values: [")).expect("its modes");
    line.trim_end_matches(']').split(", ").map(str::to_owned).collect()
}
