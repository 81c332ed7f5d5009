use std::{collections::HashMap, sync::Arc};

use super::{Inspection, manifest::Manifest};
use crate::{action::inspect::InspectTask, connect::target::Store};

const HEAD: &str = "<config><version>1</version><deduplicate_files>1</deduplicate_files><timestamp>2026-11-22 13:58:39</timestamp>\
                    <uuid>224c6d99-765b-46e5-8816-78bca2ed2ee4</uuid><backup_id>run/t/1</backup_id>";

#[track_caller]
fn case(contents: &str, stored: &[(&str, u64)]) {
    let text = format!("{HEAD}<contents>{contents}</contents></config>");
    let manifest = Manifest::parse(&text).unwrap();
    assert_eq!(manifest.id.as_deref(), Some("run/t/1"));
    let found: Vec<(&str, u64)> = manifest.stored.iter().map(|(name, size)| (name.as_str(), *size)).collect();
    assert_eq!(found, stored);
}

#[test]
fn what_has_to_lie_in_the_store() {
    case("<file><name>a&amp;b&#x41;</name><size>3</size><checksum>0</checksum></file>", &[("a&bA", 3)]);
    case("<file><name>a</name><size>0</size></file>", &[]);
    case(
        "<file><name>a</name><size>3</size></file><file><name>b</name><size>3</size><data_file>a</data_file></file>",
        &[("a", 3)],
    );
    case("<file><name>a</name><size>3</size><use_base>true</use_base></file>", &[]);
    case("<file><name>a</name><size>5</size><use_base>true</use_base><base_size>3</base_size></file>", &[("a", 2)]);
    case("<file><name>a</name><size>5</size><object_key>x/y</object_key></file>", &[]);
}

#[test]
fn what_is_cut_off_is_no_backup() {
    assert!(Manifest::parse("").is_err());
    assert!(Manifest::parse(&format!("{HEAD}<contents><file><name>a</name>")).is_err());
    assert!(Manifest::parse("<html><body></body></html>").is_err());
}

/// Whether an `inspect` that expects `run/t/1` says no to a backup of this head.
fn refused(head: &str) -> (Inspection, bool) {
    let text = format!("{head}<contents><file><name>a</name><size>3</size></file></contents></config>");
    let inspection = Inspection::of(Manifest::parse(&text).unwrap(), &HashMap::from([("a".to_owned(), 3)]));
    let store =
        Store { name: "store".into(), url: "http://s3/b".to_owned(), region: "r".to_owned(), credentials: None };
    let task = InspectTask {
        store: Arc::new(store),
        path: "p".to_owned(),
        through: None,
        expected_id: Some("run/t/1".to_owned()),
        database: None,
        contents: false,
    };
    let refused = task.refuses(&inspection).is_some();
    (inspection, refused)
}

#[test]
fn only_another_id_is_refused_and_that_there_is_none_is_told() {
    let (ours, refused_ours) = refused(HEAD);
    assert_eq!((ours.unidentified, refused_ours), (None, false));
    assert!(refused(&HEAD.replace("run/t/1", "run/t/2")).1);
    let (older, refused_older) = refused(&HEAD.replace("<backup_id>run/t/1</backup_id>", ""));
    assert_eq!((older.id, older.complete, refused_older), (None, Some(true), false));
    assert!(older.unidentified.unwrap().contains("has no id"));
}
