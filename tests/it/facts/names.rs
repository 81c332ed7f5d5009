//! A database and its tables move under any name: inventory, BACKUP, `inspect`, RESTORE and `compare`, through the library.

use std::{sync::Arc, time::Duration};

use houseplan::{
    action::{
        backup::{BackupSubject, BackupTask},
        compare::CompareTask,
        inspect::InspectTask,
        inventory::{read::Depth, task::InventoryTask},
        restore::{RestoreScope, RestoreTask, tables_match::TablesMatch},
        stored_backup::BackupSource,
    },
    connect::target::Cluster,
    engine::performer::{Answer, TaskRun},
    plan::actions::{Aspect, Extra, Into},
    template::identifier,
};
use indexmap::IndexMap;

use crate::support::stage::{Ears, Stage};

/// Short ones: s3s-fs makes one file name of a whole key, so long keys fail there (500, and the server tries for ever).
const DATABASES: &[&str] = &["d.o-t s", "'`\"\\日🦀%2E"];
const NAMES: &[&str] = &[
    "a.b",
    "quo'te",
    "dou\"ble",
    "back`tick",
    "back\\slash",
    "🦀",
    "-- no comment",
    "%2E",
    "Case",
    "case",
    "new\nline",
    "{{ braces }}",
    "1",
    "select",
    ".inner",
    "sla/sh",
    "e\u{301}",
];

#[tokio::test(flavor = "multi_thread")]
async fn any_name_of_a_database_a_table_and_a_column_moves() {
    let stage = Stage::set().await;
    for (number, database) in DATABASES.iter().enumerate() {
        move_one(&stage, number, database, if number == 0 { NAMES } else { &NAMES[..6] }).await;
    }
}

async fn move_one(stage: &Stage, number: usize, database: &str, names: &[&str]) {
    let quoted = identifier(database).expect("a name");
    let table = |name: &str| format!("{quoted}.{}", identifier(name).expect("a name"));
    stage.run(&stage.source, &format!("CREATE DATABASE {quoted}")).await;
    for replica in &stage.cluster.members {
        stage.run(replica, &format!("CREATE DATABASE {quoted}")).await;
    }
    for (at, name) in names.iter().enumerate() {
        let column = identifier(name).expect("a name");
        let definition = format!("CREATE TABLE {} (k UInt64, {column} String)", table(name));
        stage.run(&stage.source, &format!("{definition} ENGINE MergeTree ORDER BY k")).await;
        stage.run(&stage.source, &format!("INSERT INTO {} SELECT number, {at} FROM numbers(10)", table(name))).await;
        for replica in &stage.cluster.members {
            let path = format!("'/clickhouse/tables/{{shard}}/{}/{number}/{at}', '{{replica}}'", stage.name);
            stage.run(replica, &format!("{definition} ENGINE ReplicatedMergeTree({path}) ORDER BY k")).await;
        }
    }

    let source = Arc::new(Cluster { name: "source".into(), cluster: None, members: vec![Arc::clone(&stage.source)] });
    let task = InventoryTask { target: source, database: database.to_owned(), except: vec![], depth: Depth::Checksum };
    let inventory = task.take(&Ears::open().task_context).await.expect("an inventory");
    let mut expected: Vec<&str> = names.to_vec();
    expected.sort_unstable();
    let mut found: Vec<&str> = inventory.tables.iter().map(|table| table.name.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, expected);

    let path = format!("{}{number}", &stage.name[2..8]);
    let backup = Box::new(BackupTask {
        attempt: stage.attempt(&format!("backup-{number}"), 1),
        member: Arc::clone(&stage.source),
        subject: BackupSubject::Database(database.to_owned()),
        store: Arc::clone(&stage.store),
        path: path.clone(),
        base: None,
        settings: IndexMap::new(),
    });
    let answer = backup.perform(Ears::open().task_context).await;
    assert!(matches!(answer, Answer::Acted(_)), "{answer:?}");

    for through in [false, true] {
        let inspect = InspectTask {
            store: Arc::clone(&stage.store),
            path: path.clone(),
            through: through.then(|| Arc::clone(stage.replica(1))),
            expected_id: Some(stage.attempt(&format!("backup-{number}"), 1).operation_id()),
            database: Some(database.to_owned()),
            contents: false,
        };
        let row = inspect.row().await.expect("a row");
        assert_eq!(row.complete, Some(true), "{row:?}");
        let mut told: Vec<&str> =
            row.tables.iter().filter(|(of, _)| of == database).map(|(_, name)| name.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, expected, "through a server: {through}");
    }

    for expected in &inventory.tables {
        let restore = Box::new(RestoreTask {
            attempt: stage.attempt(&format!("restore-{number}-{}", expected.name), 1),
            member: Arc::clone(stage.replica(1)),
            cluster: Arc::clone(&stage.cluster),
            scope: RestoreScope::Table {
                database: database.to_owned(),
                name: expected.name.clone(),
                expected: Some(Box::new(expected.clone())),
            },
            source: BackupSource { store: Arc::clone(&stage.store), path: path.clone() },
            into: Into::Existing,
            made_from_backup: false,
            settings: IndexMap::new(),
        });
        let named = RestoreTask {
            scope: RestoreScope::Table { database: database.to_owned(), name: expected.name.clone(), expected: None },
            ..RestoreTask::clone(&restore)
        };
        let alike = TablesMatch(vec![named]).rows().await.expect("its definition is found in the backup");
        assert!(alike.iter().all(|row| row.differences.is_empty()), "{alike:?}");
        let answer = restore.perform(Ears::open().task_context).await;
        assert!(matches!(answer, Answer::Acted(_)), "{:?}: {answer:?}", expected.name);
    }
    let compare = CompareTask {
        left: inventory,
        right: Arc::clone(&stage.cluster),
        database: None,
        by: vec![Aspect::Columns, Aspect::Rows, Aspect::Checksum],
        extra: Extra::Refuse,
        patience: Duration::from_secs(20),
    };
    let rows = compare.compare(&Ears::open().task_context).await.expect("a comparison");
    assert_eq!(rows.len(), 2 * names.len());
    assert!(rows.iter().all(|row| row.equal && row.replicated), "{rows:?}");
}
