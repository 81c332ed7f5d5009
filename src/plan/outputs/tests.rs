use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;
use crate::plan::actions::{self, ActionSpec, Outputs};

/// That what the action gives has the names by which a plan is let read it, and is read as it was written.
#[track_caller]
fn case<A: ActionSpec + DeserializeOwned, O>(written: Value, given: &O)
where
    O: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let action: A = serde_json::from_value(written).unwrap();
    let (Outputs::OfTask(keys) | Outputs::OfStep(keys)) = action.outputs();
    let value = json!(given);
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    names.sort_unstable();
    keys.sort_unstable();
    assert_eq!(names, keys);
    assert_eq!(serde_json::from_value::<O>(value).unwrap(), *given);
}

#[test]
fn an_action_gives_what_plans_are_let_read_of_it() {
    case::<actions::Sql, _>(json!({ "on": "a", "query": "SELECT 1" }), &SqlOutput::default());
    case::<actions::Exec, _>(
        json!({ "on": "local", "command": ["a"] }),
        &ExecOutput { stdout: "a".to_owned(), code: 0 },
    );
    let (release, namespace) = ("langsmith".to_owned(), "langsmith".to_owned());
    let before = Some(ReleaseState { revision: 2, status: "deployed".to_owned() });
    let (status, chart, helm) = ("deployed".to_owned(), "a/b 1.0.0".to_owned(), "v4.2.3".to_owned());
    let deployed = HelmOutput { release, namespace, revision: 3, status, chart, before, helm, stdout: String::new() };
    let written = json!({ "on": "k", "upgrade": "a", "chart": "a/b", "version": "1.0.0", "previous_values": "reuse" });
    case::<actions::Helm, _>(written, &deployed);
    let (name, namespace, uid) = ("a".to_owned(), "n".to_owned(), "1-2".to_owned());
    let complete = JobOutput { name, namespace, uid, log: "done".to_owned(), deleted: true };
    case::<actions::Job, _>(json!({ "on": "k", "name": "a", "file": "a.yaml" }), &complete);
    case::<actions::PodExec, _>(
        json!({ "on": "a", "pod": { "name": "a" }, "command": ["a"] }),
        &ExecOutput { stdout: "a".to_owned(), code: 0 },
    );
    case::<actions::Compare, _>(
        json!({ "left": "a", "right": "b", "by": [] }),
        &CompareOutput { rows: Vec::new(), summary: String::new() },
    );
    case::<actions::KnownBugs, _>(
        json!({ "on": "a", "database": "d", "source": "b" }),
        &KnownBugsOutput { rows: Vec::new() },
    );
    let keeper = KeeperRow::Exists { path: "/a".to_owned(), exists: true, children: Vec::new() };
    case::<actions::KeeperAction, _>(json!({ "on": "a", "exists": "/a" }), &KeeperOutput { rows: vec![keeper] });
    let object = S3Row::Object { path: "a".to_owned(), size: 1 };
    case::<actions::S3Action, _>(json!({ "on": "a", "list": "a" }), &S3Output { rows: vec![object] });
    let scaled = ScaledWorkload {
        workload: "n/deployment/a".to_owned(),
        uid: "u".to_owned(),
        before: 2,
        now: 0,
        autoscaler: None,
        owners: vec![FieldOwner { manager: "helm".to_owned(), operation: "Apply".to_owned(), subresource: None }],
        held: true,
    };
    let scale = json!({ "on": "a", "workloads": ["deployment/a"], "to": 0 });
    case::<actions::Scale, _>(scale, &ScaleOutput { scaled: vec![scaled] });
    let secret = SecretOutput {
        namespace: "n".to_owned(),
        name: "s".to_owned(),
        uid: "u".to_owned(),
        keys: vec!["password".to_owned()],
        done: SecretDone::Made,
    };
    case::<actions::SecretAction, _>(json!({ "on": "a", "name": "s", "data": { "password": "p" } }), &secret);
    let kept = KeptObject { object: "n/secret/s".to_owned(), uid: Some("u".to_owned()), kept: true };
    case::<actions::Retain, _>(
        json!({ "on": "a", "objects": ["secret/s"] }),
        &RetainOutput { volumes: Vec::new(), objects: vec![kept] },
    );
    case::<actions::Writers, _>(
        json!({ "on": "a", "of": { "secret": "s" }, "named": [] }),
        &WritersOutput { rows: Vec::new(), absent: Vec::new(), unread: Vec::new() },
    );
    case::<actions::Echo, _>(json!({ "on": "local", "say": "a" }), &EchoOutput { said: "a".to_owned() });
    case::<actions::CheckList, _>(json!([]), &CheckOutput { held: Vec::new() });
    case::<actions::Approve, _>(
        json!({ "show": "a" }),
        &ApproveOutput { by: "ada".to_owned(), digest: "77aa".to_owned() },
    );
    let inventory = Inventory {
        target: "a".into(),
        members: Default::default(),
        database: "d".to_owned(),
        database_engine: None,
        except: Vec::new(),
        checksum: false,
        taken: Timestamp::UNIX_EPOCH,
        tables: Vec::new(),
        nondeterministic: Vec::new(),
        zookeeper_paths: Vec::new(),
        notes: Vec::new(),
    };
    case::<actions::Inventory, _>(json!({ "on": "a", "database": "d" }), &inventory);
}

#[test]
fn what_a_backup_gives_is_read_of_it_made_restored_and_inspected() {
    let place = BackupPlace {
        store: "store".into(),
        path: "p".to_owned(),
        url: "http://s3/bucket/p".to_owned(),
        id: "run/backup/1".to_owned(),
    };
    let backup = BackupOutput {
        place,
        num_files: Some(2),
        total_size: Some(3),
        uncompressed_size: None,
        compressed_size: None,
        start_time: None,
        end_time: None,
    };
    case::<actions::Backup, _>(json!({ "on": "a", "database": "d", "to": { "store": "store", "path": "p" } }), &backup);

    let restored = RestoreOutput { restored: vec![json!(Restored::default())] };
    case::<actions::Restore, _>(
        json!({ "on": "a", "from": "p", "store": "store", "database": "d", "into": "existing" }),
        &restored,
    );

    let found = Inspection {
        complete: Some(false),
        exists: true,
        id: None,
        uuid: None,
        timestamp: None,
        made_by: MadeBy::default(),
        files: 2,
        size: 3,
        stored_size: 3,
        base: None,
        missing: vec!["data/a".to_owned()],
        missing_count: 1,
        wrong_size: Vec::new(),
        wrong_size_count: 0,
        unchecked: None,
        unidentified: None,
        tables: Vec::new(),
    };
    let tables = Some(vec![BackedUpTable { name: "runs".to_owned(), rows: Some(3), ..BackedUpTable::default() }]);
    let acting = Some(vec![Acting { name: "daily".to_owned(), what: "it refreshes".to_owned() }]);
    let (store, database) = ("store".into(), Some("d".to_owned()));
    let inspected = InspectOutput { found, store, path: "p".to_owned(), database, tables, acting };
    case::<actions::Inspect, _>(json!({ "on": "store", "backup": "p", "database": "d" }), &inspected);
}
