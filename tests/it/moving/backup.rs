//! BACKUP and `inspect`: followed, refused, interrupted, and settled after a crash.

use std::{sync::Arc, time::Duration};

use houseplan::{
    action::{
        backup::{BackupSubject, BackupTask},
        inspect::InspectTask,
    },
    connect::{store::StoreClient, target::Store},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskRun},
    },
    sandbox::ServerName,
};
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::support::stage::{Ears, Stage, lasting};

/// A database with one table of some 10 MB in ten parts.
async fn load(stage: &Stage) {
    stage.run(&stage.source, "CREATE DATABASE {db}").await;
    stage
        .run(&stage.source, "CREATE TABLE {db}.t (a UInt64, s String) ENGINE MergeTree ORDER BY a PARTITION BY a % 10")
        .await;
    stage.run(&stage.source, "INSERT INTO {db}.t SELECT number, randomPrintableASCII(100) FROM numbers(100000)").await;
}

fn backup(stage: &Stage, number: u32, settings: Value) -> Box<BackupTask> {
    let settings: IndexMap<String, Value> = serde_json::from_value(settings).expect("settings");
    Box::new(BackupTask {
        attempt: stage.attempt("backup", number),
        member: Arc::clone(&stage.source),
        subject: BackupSubject::Database(stage.name.clone()),
        store: Arc::clone(&stage.store),
        path: format!("{}/one", stage.name),
        base: None,
        settings,
    })
}

fn inspect(stage: &Stage, path: &str, through: bool) -> InspectTask {
    InspectTask {
        store: Arc::clone(&stage.store),
        path: path.to_owned(),
        through: through.then(|| Arc::clone(stage.replica(1))),
        expected_id: Some(stage.attempt("backup", 1).operation_id()),
        database: None,
        contents: false,
    }
}

/// Waits until the server says that the backup has begun to write.
async fn under_way(ears: &Ears) {
    for _ in 0..200 {
        if ears.progress().iter().any(|progress| progress.done.unwrap_or_default() > 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no progress: {:?}", ears.progress());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_followed_and_found_whole_until_an_object_is_gone() {
    let stage = Stage::set().await;
    load(&stage).await;
    let ears = Ears::open();
    let answer = backup(&stage, 1, json!({})).perform(ears.task_context.clone()).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    let version = stage.sandbox.must("source", "SELECT version()").await;
    let id = format!("{}@{version}", stage.attempt("backup", 1).operation_id());
    let path = format!("{}/one", stage.name);
    assert_eq!(output["id"], json!(id));
    assert_eq!(output["path"], json!(path));
    assert!(output["num_files"].as_u64() > Some(10), "{output}");
    assert_eq!(ears.notes().len(), 1, "one note, before the statement");
    assert_eq!(ears.notes()[0]["id"], json!(id));

    for through in [false, true] {
        let task = InspectTask { expected_id: Some(id.clone()), ..inspect(&stage, &path, through) };
        let row = task.row().await.expect("it can be read");
        assert_eq!((row.complete, row.id.as_deref()), (Some(true), Some(id.as_str())), "{row:?}");
        assert_eq!(task.refuses(&row), None);
    }

    let store = StoreClient::new(&stage.store).expect("a store");
    let objects = store.list(&path).await.expect("a list");
    let data: Vec<_> =
        objects.iter().filter(|object| object.key.ends_with("/data.bin") || object.key.ends_with("/s.bin")).collect();
    store.delete(&data[0].key).await.expect("deleted");
    store.put(&data[1].key, vec![0_u8; 7]).await.expect("truncated");
    for through in [false, true] {
        let task = inspect(&stage, &path, through);
        let row = task.row().await.expect("it can be read");
        assert_eq!(row.complete, Some(false));
        let task = InspectTask { expected_id: Some(id.clone()), ..task };
        assert_eq!((row.missing_count, row.wrong_size_count), (1, 1), "{row:?}");
        assert_eq!(row.wrong_size[0].found, 7);
        assert_eq!(task.refuses(&row).expect("a refusal").found.len(), 2);
    }
    let row = inspect(&stage, "nothing/here", true).row().await.expect("it can be read");
    assert_eq!((row.exists, row.complete), (false, Some(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_is_followed_not_repeated() {
    let stage = Stage::set().await;
    load(&stage).await;
    let ears = Ears::open();
    let throttled = json!({ "max_backup_bandwidth": 4_000_000 });
    let running = tokio::spawn(backup(&stage, 1, throttled.clone()).perform(ears.task_context.clone()));
    under_way(&ears).await;
    ears.task_context.interrupted.cancel();
    let answer = running.await.expect("no panic");
    let Answer::Unknown(failure) = answer else { panic!("{answer:?}") };
    assert_eq!(failure.code, "houseplan::operation::not_followed");

    // It goes on in the server: settling follows it to its end.
    let again = Ears::open();
    let settlement = backup(&stage, 1, throttled.clone()).settle(again.task_context.clone(), ears.notes()).await;
    let Settlement::Settled(Verdict::Done(output)) = settlement else { panic!("{settlement:?}") };
    // And once more, long after: the server still knows it.
    let settlement = backup(&stage, 1, throttled.clone()).settle(again.task_context.clone(), ears.notes()).await;
    let Settlement::Settled(Verdict::Done(later)) = settlement else { panic!("{settlement:?}") };
    assert_eq!(output, later);
    // The very same attempt sent once more meets its own id (36), and follows.
    let answer = backup(&stage, 1, throttled).perform(again.task_context.clone()).await;
    let Answer::Acted(same) = answer else { panic!("{answer:?}") };
    assert_eq!(output, same);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_without_an_operation_is_sent_again_under_its_id() {
    let stage = Stage::set().await;
    load(&stage).await;
    let ears = Ears::open();
    let settlement = backup(&stage, 1, json!({})).settle(ears.task_context.clone(), vec![]).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::NotDone)), "{settlement:?}");
    let started = stage.run(&stage.source, "SELECT toInt64(toUnixTimestamp(now())) - toInt64(uptime())").await;
    let note = json!({
        "id": stage.attempt("backup", 1).operation_id(),
        "path": format!("{}/one", stage.name),
        "server_started": started.scalar(),
    });
    let settlement = backup(&stage, 1, json!({})).settle(ears.task_context.clone(), vec![note]).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::Done(_))), "{settlement:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_store_decides() {
    let stage = Stage::set().await;
    load(&stage).await;
    stage.has_run_a_while(&stage.source).await;

    // Killed in the middle: not done, and the next attempt goes to a path of its own.
    let ears = Ears::open();
    let running = tokio::spawn(
        backup(&stage, 1, json!({ "max_backup_bandwidth": 1_000_000 })).perform(ears.task_context.clone()),
    );
    under_way(&ears).await;
    stage.sandbox.kill(ServerName::Source).await.expect("killed");
    stage.sandbox.start(ServerName::Source).await.expect("started");
    let answer = running.await.expect("no panic");
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
    let settlement = backup(&stage, 1, json!({})).settle(ears.task_context.clone(), ears.notes()).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::NotDone)), "{settlement:?}");
    let ears = Ears::open();
    let answer = backup(&stage, 2, json!({})).perform(ears.task_context.clone()).await;
    let Answer::Acted(output) = answer else { panic!("{answer:?}") };
    assert_eq!(output["path"], json!(format!("{}/one-2", stage.name)));

    // Killed after the end: done, by its `.backup` file.
    stage.has_run_a_while(&stage.source).await;
    stage.sandbox.kill(ServerName::Source).await.expect("killed");
    stage.sandbox.start(ServerName::Source).await.expect("started");
    let settlement = backup(&stage, 2, json!({})).settle(ears.task_context.clone(), ears.notes()).await;
    let Settlement::Settled(Verdict::Done(found)) = settlement else { panic!("{settlement:?}") };
    for key in ["id", "path", "url", "num_files", "total_size"] {
        assert_eq!(found[key], output[key], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_told_with_its_reason() {
    let stage = Stage::set().await;
    load(&stage).await;
    let ears = Ears::open();
    let at = |store: Store| {
        let mut task = backup(&stage, 1, json!({ "backup_restore_s3_retry_attempts": 2 }));
        task.store = Arc::new(store);
        task.attempt.run = format!("{}-{}", stage.name, uuid::Uuid::new_v4().simple());
        task
    };
    let mut cases = Vec::new();
    let mut wrong_key = (*stage.store).clone();
    wrong_key.credentials = Some(Arc::new(lasting("nobody", "wrong-secret")));
    cases.push((wrong_key, "houseplan::store::access_denied"));
    let mut gone = (*stage.store).clone();
    gone.url = "http://127.0.0.1:1/backups".to_owned();
    cases.push((gone, "houseplan::store::unreachable"));
    for (store, code) in cases {
        let answer = at(store).perform(ears.task_context.clone()).await;
        let Answer::Failed(failure) = answer else { panic!("{answer:?}") };
        assert_eq!(failure.code, code, "{failure:?}");
        let words = serde_json::to_string(&failure).expect("JSON");
        assert!(
            !words.contains("wrong-secret") && !words.contains("nobody") && !words.contains("Stack trace"),
            "{words}"
        );
    }
    // Another backup lies there already: it is not touched.
    let answer = at((*stage.store).clone()).perform(ears.task_context.clone()).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
    let answer = at((*stage.store).clone()).perform(ears.task_context.clone()).await;
    let Answer::Failed(failure) = answer else { panic!("{answer:?}") };
    assert_eq!(failure.code, "houseplan::backup::already_exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_backup_is_whole_only_with_its_base() {
    let stage = Stage::set().await;
    load(&stage).await;
    let ears = Ears::open();
    let answer = backup(&stage, 1, json!({})).perform(ears.task_context.clone()).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
    stage.run(&stage.source, "INSERT INTO {db}.t SELECT number, 'more' FROM numbers(10)").await;
    let base = format!("{}/one", stage.name);
    let mut task = backup(&stage, 1, json!({}));
    task.attempt = stage.attempt("more", 1);
    task.path = format!("{}/more", stage.name);
    task.base = Some(base.clone());
    let answer = task.perform(ears.task_context.clone()).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");

    let mut task = inspect(&stage, &format!("{}/more", stage.name), false);
    task.expected_id = None;
    let row = task.row().await.expect("it can be read");
    assert_eq!((row.complete, row.base.as_deref()), (Some(true), Some(base.as_str())), "{row:?}");
    assert!(row.stored_size < row.size);

    let store = StoreClient::new(&stage.store).expect("a store");
    assert!(store.delete_below(&base).await.expect("deleted") > 10);
    let row = task.row().await.expect("it can be read");
    assert_eq!(row.complete, Some(false), "{row:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_would_not_come_back_as_it_was_is_not_backed_up() {
    let stage = Stage::set().await;
    load(&stage).await;
    let ears = Ears::open();
    let other = format!("{}_other", stage.name);
    stage.run(&stage.source, &format!("CREATE DATABASE {other} ENGINE = Memory")).await;
    let refused = async |subject: BackupSubject| {
        let mut task = backup(&stage, 1, json!({}));
        task.subject = subject;
        match task.perform(ears.task_context.clone()).await {
            Answer::Failed(failure) => failure,
            answer => panic!("{answer:?}"),
        }
    };
    let tables = |database: &str| BackupSubject::Tables { database: database.to_owned(), tables: vec!["t".to_owned()] };
    // The sandbox's own `default` is not Atomic either.
    for subject in [BackupSubject::Database(other.clone()), tables(&other), tables("default")] {
        let failure = refused(subject).await;
        assert_eq!(failure.code, "houseplan::database::not_atomic", "{failure:?}");
    }
    let failure = refused(BackupSubject::AllExcept(vec!["default".to_owned()])).await;
    assert_eq!(failure.code, "houseplan::database::not_atomic_in_all");
    assert!(failure.message.contains(&other) && failure.message.contains("Memory"), "{}", failure.message);
    assert!(failure.help.expect("help").contains("`except`"));
    assert!(ears.notes().is_empty(), "nothing was sent");

    let mut task = backup(&stage, 1, json!({}));
    task.subject = BackupSubject::AllExcept(vec!["default".to_owned(), other.clone()]);
    let answer = task.perform(ears.task_context.clone()).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
    stage.run(&stage.source, &format!("DROP DATABASE {other}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_server_bears_no_id_and_is_known_all_the_same() {
    let stage = Stage::set().await;
    load(&stage).await;
    stage.has_run_a_while(&stage.source).await;
    let ears = Ears::open();
    let answer = backup(&stage, 1, json!({})).perform(ears.task_context.clone()).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");
    let path = format!("{}/one", stage.name);
    let (store, key) = (StoreClient::new(&stage.store).expect("a store"), format!("{path}/.backup"));
    let manifest = String::from_utf8(store.get(&key).await.expect("a manifest").to_vec()).expect("a text");
    let version = stage.sandbox.must("source", "SELECT version()").await;
    let id = format!("<backup_id>{}@{version}</backup_id>", stage.attempt("backup", 1).operation_id());
    assert!(manifest.contains(&id), "{manifest}");
    store.put(&key, manifest.replace(&id, "")).await.expect("written");

    let task = inspect(&stage, &path, true);
    let row = task.row().await.expect("it can be read");
    assert_eq!((row.complete, &row.id, task.refuses(&row)), (Some(true), &None, None), "{row:?}");
    assert!(row.unidentified.is_some(), "that is told");

    stage.has_run_a_while(&stage.source).await;
    stage.sandbox.kill(ServerName::Source).await.expect("killed");
    stage.sandbox.start(ServerName::Source).await.expect("started");
    let settlement = backup(&stage, 1, json!({})).settle(ears.task_context.clone(), ears.notes()).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::Done(_))), "{settlement:?}");
    let mut earlier = ears.notes();
    earlier[0]["server_clock"] = json!("2099-01-01 00:00:00");
    let settlement = backup(&stage, 1, json!({})).settle(ears.task_context.clone(), earlier).await;
    assert!(matches!(settlement, Settlement::Settled(Verdict::NotDone)), "it was there before: {settlement:?}");
}
