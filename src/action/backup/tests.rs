use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{
    connect::clickhouse::{Client, Connection, HttpConnection},
    plan::name::{StepId, TaskId},
};

fn task(subject: BackupSubject, number: u32) -> BackupTask {
    let connection = HttpConnection {
        url: "http://127.0.0.1:1".to_owned(),
        user: "default".to_owned(),
        password: None,
        ca: None,
        connect_timeout: Duration::from_secs(1),
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::new(Connection::Http(connection)).unwrap();
    BackupTask {
        attempt: Attempt {
            run: "r1".to_owned(),
            task: TaskId::new(&StepId::new("backup"), None, None),
            number,
            stalled_after: None,
        },
        member: Arc::new(Member { target: "source".into(), name: "source".into(), shard: 1, client }),
        subject,
        store: Arc::new(Store {
            name: "store".into(),
            url: "http://s3/bucket".to_owned(),
            region: "us-east-1".to_owned(),
            credentials: Some(("key".into(), "it's".into())),
        }),
        path: "p".to_owned(),
        base: None,
        settings: IndexMap::from([("max_backup_bandwidth".to_owned(), json!(1))]),
    }
}

#[test]
fn names_and_secrets_are_quoted() {
    let task = task(BackupSubject::Database("a`b".to_owned()), 1);
    assert_eq!(
        task.statement("r1/backup/1", "p", &[]).unwrap(),
        r"BACKUP DATABASE `a\`b` TO S3('http://s3/bucket/p', 'key', 'it\'s') SETTINGS id = 'r1/backup/1', max_backup_bandwidth = 1 ASYNC"
    );
}

#[test]
fn each_attempt_has_a_path_of_its_own() {
    assert_eq!(task(BackupSubject::AllExcept(vec![]), 1).path_of_attempt(), "p");
    assert_eq!(task(BackupSubject::AllExcept(vec![]), 3).path_of_attempt(), "p-3");
}

#[test]
fn no_tables_is_no_backup() {
    let tables = BackupSubject::Tables { database: "d".to_owned(), tables: vec![] };
    assert!(task(tables, 1).statement("i", "p", &[]).is_err());
}
