use serde_json::{Value, json};

use super::lines::Written;

use crate::{
    account::Account,
    engine::performer::Progress,
    name::TaskId,
    view::{
        json::Json,
        live::{Shared, Watch},
        tests::fixture::whole_move,
    },
};

#[test]
fn json_lines_are_the_records_and_what_is_not_kept() {
    let written = Written::default();
    let fixture = whole_move();
    let live = Shared::new(Account::new(fixture.outline.clone()));
    let mut watch = Watch::new(live, Box::new(Json::new(written.clone())));
    fixture.records.iter().for_each(|record| watch.record(record));
    let task = TaskId("backup".into());
    watch.progress(&task, &Progress { done: Some(3), total: Some(9), bytes: true, ..Progress::default() });
    drop(watch);

    let lines: Vec<Value> =
        written.text().lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(lines.len(), fixture.records.len() + 1);
    for (line, record) in lines.iter().zip(&fixture.records) {
        let event = serde_json::to_value(&record.event).expect("an event is JSON");
        assert_eq!(line["n"], json!(record.n));
        assert!(event.as_object().expect("an object").iter().all(|(key, value)| &line[key] == value));
    }
    let [.., progress] = lines.as_slice() else { panic!("a line more") };
    let mut progress = progress.clone();
    progress.as_object_mut().expect("an object").remove("at").expect("has a time");
    assert_eq!(progress, json!({ "event": "progress", "task": "backup", "done": 3, "total": 9, "bytes": true }));
}
