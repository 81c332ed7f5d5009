//! The other plans that we ship: backup, restore in its three ways, verify.

use super::Scene;
use crate::support::{
    ledger::Ledger,
    operator::{DATABASE, MOVE},
};

#[tokio::test]
async fn a_backup_is_restored_into_nothing_in_place_and_added() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let backup = [("database", DATABASE), ("path", "kept/one")].map(|(name, value)| format!("{name}={value}"));
    let inputs = ["--set", &backup[0], "--set", &backup[1]];
    let source = [&["run", "backup", "--env", &scene.environment][..], &inputs].concat();
    operator.does(&source).await.with(0).has("kept/one");
    // A path is used once.
    operator.does(&source).await.with(1).has("kept/one").has("already");
    let run = operator.last_run();
    operator.does(&["abandon", &run]).await.with(0);

    // Where it goes is never a default: nothing runs until it is said.
    let unsaid = [&["run", "restore", "--env", &scene.environment][..], &inputs].concat();
    let said = operator.does(&unsaid).await.with(2);
    said.has("--target destination=source").has("--target destination=cluster");

    let restore = |mode: &'static str| {
        let named = ["run", "restore", "--env", &scene.environment, "--target", "destination=source"];
        let arguments = [&named[..], &inputs, &["--set", mode]].concat();
        arguments.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let does = async |mode| {
        let arguments = restore(mode);
        operator.does(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
    };

    // Into a server that has the tables: refused, nothing is touched.
    let said = does("mode=empty").await;
    assert!(matches!(said.code, Some(1 | 3)), "{said:?}");
    assert_eq!(sandbox.ledger("source").await, scene.before);
    let run = operator.last_run();
    operator.does(&["abandon", &run]).await.with(0);

    // Into nothing.
    sandbox.must("source", &format!("DROP DATABASE {DATABASE} SYNC")).await;
    does("mode=empty").await.with(0);
    sandbox.must("source", "SYSTEM STOP MERGES").await;
    assert_eq!(sandbox.ledger("source").await, scene.before);

    // In place of what has changed since, once a person has seen it.
    sandbox.must("source", &format!("TRUNCATE TABLE {DATABASE}.runs_tags")).await;
    does("mode=replace").await.with(4).has("`allow_drop` needs your approval");
    let run = operator.last_run();
    operator.does(&["approve", &run, "allow_drop"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    sandbox.must("source", "SYSTEM STOP MERGES").await;
    assert_eq!(sandbox.ledger("source").await, scene.before);

    // Added to what is there: twice, exactly, and only because it was asked for.
    // The plan's end starts merges, which take rows away that are replaced: this copy leaves them stopped.
    let query = "query: SYSTEM START MERGES {{ inputs.database | ident }}";
    let stopped = operator.plan("restore", &[(query, "query: SYSTEM STOP MERGES {{ inputs.database | ident }}")]);
    let append = async || {
        let mut arguments = restore("mode=append");
        arguments[1].clone_from(&stopped);
        operator.does(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
    };
    append().await.with(4).has("`allow_append` needs your approval");
    assert_eq!(sandbox.ledger("source").await, scene.before);
    let run = operator.last_run();
    operator.does(&["approve", &run, "allow_append"]).await.with(0);
    operator.resumes(&[]).await.with(0);
    let rows = |ledger: &Ledger, times| {
        ledger.iter().map(|(table, (rows, _))| (table.clone(), rows * times)).collect::<Vec<_>>()
    };
    let after = sandbox.ledger("source").await;
    assert_eq!(rows(&after, 1), rows(&scene.before, 2));

    // What was approved is not added to tables that have changed since they were shown.
    does("mode=append").await.with(4);
    let run = operator.last_run();
    operator.does(&["approve", &run, "allow_append"]).await.with(0);
    let tags = format!("{DATABASE}.runs_tags");
    sandbox.must("source", &format!("INSERT INTO {tags} SELECT * FROM {tags} LIMIT 1")).await;
    let changed = sandbox.ledger("source").await;
    operator.resumes(&[]).await.with(3).has("what is added to is what was shown").has("Nothing has been added");
    assert_eq!(sandbox.ledger("source").await, changed);
    operator.does(&["abandon", &run]).await.with(0);
    assert_eq!(sandbox.claims().await, 0);
}

#[tokio::test]
async fn one_changed_row_is_found() {
    let scene = Scene::small().await;
    let (sandbox, operator) = (&scene.sandbox, &scene.operator);
    let keep = operator.environment("keep", &[("sandbox, migrate, --dir", "sandbox, migrate, --keep-source, --dir")]);
    operator.runs(MOVE, &keep, &["--quiet"]).await.with(0);
    scene.moved_once().await;
    for server in ["source", "replica1", "replica2"] {
        sandbox.must(server, "SYSTEM STOP MERGES").await;
    }
    operator.runs("verify", &keep, &[]).await.with(0).has("the same on replica1 and replica2");

    // A NULL where there was none: the number of rows is the same.
    let change = format!(
        "ALTER TABLE {DATABASE}.feedbacks UPDATE comment = NULL WHERE id = (SELECT min(id) FROM {DATABASE}.feedbacks WHERE comment IS NOT NULL) SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1"
    );
    sandbox.must("replica1", "SYSTEM START MERGES").await;
    sandbox.must("replica2", "SYSTEM START MERGES").await;
    sandbox.must("replica1", &change).await;
    let said = operator.runs("verify", &keep, &[]).await.with(3);
    // A plan that only reads has claimed nothing.
    said.has("replica1 feedbacks")
        .has("replica2 feedbacks")
        .has_not("feedbacks_rmt missing")
        .has_not("claim")
        .has_not("lock on");
    let run = operator.last_run();
    let said = operator.does(&["abandon", &run]).await.with(0).has("was abandoned");
    said.has("verify: every table is the same").has_not("again").has_not("claim").has_not("lock on");
    operator.does(&["report", &run]).await.with(0).has("verify stopped").has_not("running");
    assert_eq!(sandbox.ledger("source").await, scene.before);
}
