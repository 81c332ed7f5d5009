use jiff::SignedDuration;

use super::suspended::screen;
use crate::{
    engine::event::{Event, SuspendReason, Verdict},
    view::{
        paint::Paint,
        resumed::resumed,
        story::{Story, connection_lost, failure, in_restore, refusal, seed, step, until_migrate},
    },
};

fn opening(story: &Story, minutes: i64) -> String {
    let last = story.records.last().expect("a record").at;
    resumed(&story.model(), last + SignedDuration::from_mins(minutes), 80, Paint::NONE)
}

#[test]
fn after_a_crash() {
    insta::assert_snapshot!(opening(&in_restore(), 4), @"
    run 2026-11-22_143000-k7q2 broke off, last heard of 4 min ago (process 8123 on
    ops-laptop is gone)
      in doubt  restore runs, attempt 1: the server is asked for it, and it is
                followed if it goes on there
      in doubt  restore feedbacks_rmt, attempt 1: the server is asked for it, and it
                is followed if it goes on there
      done      9 steps; they are not repeated
    ");
}

#[test]
fn resumed_after_a_failure_and_after_a_check() {
    let mut story = in_restore();
    story.failed("restore[runs@replica1]", 1, failure(), None);
    story.settled("restore[feedbacks_rmt@replica1]", 1, Verdict::NotDone);
    story.suspended(SuspendReason::Failed);
    insta::assert_snapshot!(opening(&story, 90), @"
    run 2026-11-22_143000-k7q2 was suspended 1 h ago: a step failed
      failed    restore runs: the table default.runs is not empty; it is tried again
      done      9 steps; they are not repeated
    ");

    let mut story = until_migrate();
    story.push(Event::StepStopped { step: step("migrate/begin"), refusal: refusal() });
    story.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(opening(&story, 0), @"
    run 2026-11-22_143000-k7q2 was suspended just now: a check stopped it
      stopped   migrate: every table is there, replicated, with the same columns; it
                is checked again
      done      7 steps; they are not repeated
    ");
}

#[test]
fn given_up_only_finally_is_tried_again() {
    let mut story = in_restore();
    story.failed("restore[runs@replica1]", 1, failure(), None);
    story.settled("restore[feedbacks_rmt@replica1]", 1, Verdict::NotDone);
    story.suspended(SuspendReason::Failed);
    story.push(Event::RunAbandoned { by: "ops".to_owned(), leave_in_doubt: false, without: vec![], left: vec![] });
    insta::assert_snapshot!(opening(&story, 0), @"
    run 2026-11-22_143000-k7q2 is given up; what remains is `finally`
      failed    restore runs: the table default.runs is not empty
      done      9 steps; they are not repeated
    ");
    story.resumed(9001);
    story.begin("thaw", vec![seed("thaw", None, Some("replica1"))]);
    story.started("thaw[replica1]", 1);
    story.failed("thaw[replica1]", 1, connection_lost(), None);
    story.suspended(SuspendReason::Failed);
    insta::assert_snapshot!(opening(&story, 0), @"
    run 2026-11-22_143000-k7q2 was suspended just now: a step failed
      failed    restore runs: the table default.runs is not empty
      failed    thaw replica1: the connection to replica1 was lost; it is tried
                again
      done      9 steps; they are not repeated
    ");
    let screen = screen(&story);
    assert!(screen.contains("`thaw` on replica1 failed") && !screen.contains("`restore` for runs"), "{screen}");
}

#[test]
fn what_had_failed_and_is_resumed_has_not_failed_any_more() {
    let mut story = in_restore();
    story.failed("restore[runs@replica1]", 1, failure(), None);
    story.suspended(SuspendReason::Failed);
    story.after(60_000).resumed(9001);
    assert_eq!(screen(&story), "", "a run that goes on does not stand still");
    story.started("restore[runs@replica1]", 2);
    story.failed("restore[runs@replica1]", 2, connection_lost(), None);
    story.suspended(SuspendReason::Failed);
    let screen = screen(&story);
    assert!(screen.contains("attempt 2"), "{screen}");
    assert!(!screen.contains("table_not_empty"), "{screen}");
}

#[test]
fn once_approved_it_waits_for_nothing() {
    let mut story = Story::new("standalone-to-replicated", crate::view::story::move_outline());
    story.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    let task = crate::name::TaskId("allow_drop".into());
    story.started("allow_drop", 1);
    let digest = "sha256:77aa".to_owned();
    story.push(Event::ApprovalAwaited { task: task.clone(), attempt: 1, shown: "x".into(), digest: digest.clone() });
    story.suspended(SuspendReason::AwaitingApproval);
    story.after(60_000).push(Event::Approved { task, digest, by: "ada".to_owned() });
    let said = opening(&story, 2);
    assert!(said.contains("waited for an approval, which was given 2 min ago"), "{said}");
}
