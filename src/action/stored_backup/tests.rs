use std::{collections::HashMap, sync::Arc};

use super::{
    Inspection,
    manifest::{File, Manifest},
};
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
fn lists_of_columns_are_those_of_parts_each_content_once() {
    let file = |name: &str, checksum: &str| {
        format!("<file><name>data/d/a%2Eb/{name}</name><size>9</size><checksum>{checksum}</checksum></file>")
    };
    let names = ["p1/columns.txt", "p2/columns.txt", "p1/x.proj/columns.txt", "patch-1/columns.txt", "p1/count.txt"];
    let contents: String = names.iter().map(|name| file(name, "c")).chain([file("p3/columns.txt", "e")]).collect();
    let manifest = Manifest::parse(&format!("{HEAD}<contents>{contents}</contents></config>")).unwrap();
    let found: Vec<(&(String, String), Vec<&str>)> = manifest
        .part_columns
        .iter()
        .map(|(table, files)| (table, files.iter().map(|file| file.name.as_str()).collect()))
        .collect();
    let table = ("d".to_owned(), "a.b".to_owned());
    assert_eq!(found, [(&table, vec!["data/d/a%2Eb/p1/columns.txt", "data/d/a%2Eb/p3/columns.txt"])]);
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
    let store = Store {
        name: "store".into(),
        url: "http://s3/b".to_owned(),
        region: "r".to_owned(),
        credentials: None,
        collection: None,
    };
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

#[test]
fn files_are_told_apart_by_whose_they_are() {
    let file = |name: &str, size: u64, checksum: &str| {
        format!("<file><name>{name}</name><size>{size}</size><checksum>{checksum}</checksum></file>")
    };
    let contents = [
        file("metadata/a%2Db/t.sql", 90, "1"),
        file("metadata/a%2Db/%2Einner_id%2E0.sql", 90, "2"),
        file("data/a%2Db/t/202601_1_1_0/count.txt", 3, "3"),
        file("data/a%2Db/t/202601_1_1_0/by_day.proj/count.txt", 1, "4"),
        file("data/a%2Db/t/202601_1_1_0/checksums.txt", 400, "5"),
        file("data/a%2Db/log/count.txt", 2, "6"),
    ];
    let manifest = Manifest::parse(&format!("{HEAD}<contents>{}</contents></config>", contents.concat())).unwrap();
    let counts: Vec<_> = manifest.counts.iter().map(|it| (&*it.database, &*it.table, it.file.size)).collect();
    assert_eq!(counts, [("a-b", "t", 3), ("a-b", "log", 2)]);
    let parts: Vec<_> = manifest.parts.iter().map(|it| (&*it.table, it.partition(), &*it.checksum)).collect();
    assert_eq!(parts, [("t", "202601", "5")]);
    let tables: Vec<String> = manifest.tables_of("a-b").map(|(name, _)| name).collect();
    assert_eq!(tables, ["t"]);
    // One of the same content may have any name.
    let same = manifest.same(&File { size: 2, checksum: "6".to_owned(), ..File::default() });
    assert_eq!(same.map(|file| &*file.name), Some("data/a%2Db/log/count.txt"));
    assert_eq!(manifest.same(&File { size: 400, checksum: "5".to_owned(), ..File::default() }), None);
}
