use jiff::SignedDuration;
use serde_json::json;

use super::{
    account::Account,
    markdown,
    status::{RunLine, Standing, run, runs},
    text,
};
use crate::{
    engine::event::{Event, SuspendReason, Verdict},
    plan::name::TaskId,
    view::{
        paint::Paint,
        story::{Story, connection_lost, failure, in_restore, start, whole_move},
    },
};

/// A move that failed once, was in doubt once, and was resumed.
fn troubled() -> Story {
    let mut story = in_restore();
    story.failed("restore[runs@replica1]", 1, failure(), None);
    let task = TaskId("restore[feedbacks_rmt@replica1]".into());
    story.push(Event::TaskDoubted { task, attempt: 1, failure: connection_lost() });
    story.suspended(SuspendReason::Failed);
    story.after(600_000).resumed(9001);
    story.settled("restore[feedbacks_rmt@replica1]", 1, Verdict::Done(json!(null)));
    story.push(Event::TaskSucceeded { task: TaskId("restore[feedbacks_rmt@replica1]".into()) });
    story.started("restore[runs@replica1]", 2);
    story
}

#[test]
fn a_report_in_text() {
    insta::assert_snapshot!(text(&Account::of(&whole_move().model(), false), 80), @"");
    insta::assert_snapshot!(text(&Account::of(&troubled().model(), true), 80), @"");
}

#[test]
fn a_report_in_markdown() {
    insta::assert_snapshot!(markdown(&Account::of(&troubled().model(), true)), @"");
}

#[test]
fn a_report_as_json_has_it_all() {
    let account = serde_json::to_value(Account::of(&troubled().model(), true)).expect("JSON");
    assert_eq!(account["standing"], "running");
    assert_eq!(account["sessions"].as_array().map(Vec::len), Some(2));
    let restore = account["steps"].as_array().into_iter().flatten().find(|it| it["step"] == "restore");
    let attempts = &restore.expect("the step")["tasks"][0]["attempts"];
    assert_eq!((&attempts[0]["failure"]["server"]["code"], &attempts[1]["number"]), (&json!(608), &json!(2)));
    assert_eq!(account["backups"][0]["bytes"], 318 << 20);
}

#[test]
fn a_status_of_all_runs() {
    let lines = [
        RunLine::of(&troubled().model(), true),
        RunLine::of(&in_restore().model(), false),
        RunLine::of(&whole_move().model(), false),
    ];
    let now = start() + SignedDuration::from_hours(1);
    insta::assert_snapshot!(runs(&lines, now, 120, Paint::NONE), @"");
    assert_eq!(runs(&[], now, 80, Paint::NONE), "no runs yet\n");
    let narrow = runs(&lines, now, 20, Paint::NONE);
    assert!(narrow.lines().skip(1).all(|line| line.contains("2026-11-22_143000-k7q2")), "{narrow}");
}

#[test]
fn a_status_of_one_run() {
    let now = start() + SignedDuration::from_mins(20);
    insta::assert_snapshot!(run(&troubled().model(), true, now, 80, Paint::NONE), @"");
}

#[test]
fn a_run_that_nobody_works_at_and_nothing_ended_is_broken_off() {
    assert_eq!(Standing::of(&in_restore().model(), true), Standing::Running);
    assert_eq!(Standing::of(&in_restore().model(), false), Standing::BrokenOff);
    assert_eq!(Standing::of(&whole_move().model(), false), Standing::Succeeded);
}
