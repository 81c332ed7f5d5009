use serde_json::{Value, json};

use super::lines::Written;
use crate::{
    engine::performer::Progress,
    name::TaskId,
    view::{View, json::Json, story::whole_move},
};

#[test]
fn json_lines_are_the_records_and_what_is_not_kept() {
    let written = Written::default();
    let mut view = Json::new(written.clone());
    let story = whole_move();
    story.records.iter().for_each(|record| view.record(record));
    let task = TaskId("backup".into());
    view.progress(&task, &Progress { done: Some(3), total: Some(9), bytes: true, ..Progress::default() });
    view.notice("note");
    view.finish();

    let lines: Vec<Value> =
        written.text().lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(lines.len(), story.records.len() + 2);
    for (line, record) in lines.iter().zip(&story.records) {
        let event = serde_json::to_value(&record.event).expect("an event is JSON");
        assert_eq!(line["n"], json!(record.n));
        assert!(event.as_object().expect("an object").iter().all(|(key, value)| &line[key] == value));
    }
    let [.., progress, notice] = lines.as_slice() else { panic!("two lines more") };
    let mut progress = progress.clone();
    progress.as_object_mut().expect("an object").remove("at").expect("has a time");
    assert_eq!(progress, json!({ "event": "progress", "task": "backup", "done": 3, "total": 9, "bytes": true }));
    assert_eq!((&notice["event"], &notice["text"]), (&json!("notice"), &json!("note")));
}
