use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::json;

use super::*;

use crate::{
    action::{backup::settle::is_ours, stored_backup::Inspection},
    connect::{
        clickhouse::{Client, HttpConnection},
        credentials::Credentials,
    },
    name::{StepId, TaskId},
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
    let client = Client::http(connection).unwrap();
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
            credentials: Some(Arc::new(Credentials::lasting("key".into(), "it's".into()))),
            collection: None,
        }),
        path: "p".to_owned(),
        base: None,
        settings: IndexMap::from([("max_backup_bandwidth".to_owned(), json!(1))]),
    }
}

#[test]
fn names_and_secrets_are_quoted() {
    let task = task(BackupSubject::Database("a`b".to_owned()), 1);
    let worded = task.statement("r1/backup/1", "p", &[]).unwrap();
    assert_eq!(
        worded.text.expose_secret(),
        r"BACKUP DATABASE `a\`b` TO S3('http://s3/bucket/p', 'key', 'it\'s') SETTINGS id = 'r1/backup/1' ASYNC"
    );
    assert_eq!(worded.settings["max_backup_bandwidth"], "1");
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

#[test]
fn a_backup_without_an_id_is_ours_where_it_was_begun_after_the_note() {
    let note = |clock: Option<&str>| Note {
        credentials_end: None,
        id: "r1/backup/1".to_owned(),
        path: "p".to_owned(),
        server_started: 0,
        server_clock: clock.map(str::to_owned),
        rows_before: None,
        gives: json!({}),
    };
    let found = |id: Option<&str>, timestamp: &str| Inspection {
        exists: true,
        complete: Some(true),
        id: id.map(str::to_owned),
        timestamp: Some(timestamp.to_owned()),
        ..Inspection::none()
    };
    let noted = note(Some("2026-11-22 14:30:00"));
    assert!(is_ours(&found(Some("r1/backup/1"), "2026-11-22 14:30:00"), &noted));
    assert!(!is_ours(&found(Some("r1/backup/2"), "2026-11-22 14:30:01"), &noted));
    assert!(is_ours(&found(None, "2026-11-22 14:30:00"), &noted));
    assert!(!is_ours(&found(None, "2026-11-22 14:29:59"), &noted));
    assert!(!is_ours(&found(None, "2026-11-22 14:30:00"), &note(None)));
}
