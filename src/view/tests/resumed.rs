use jiff::SignedDuration;

use super::suspended::screen;

use crate::{
    engine::event::{Event, SuspendReason, Verdict},
    view::{
        paint::Paint,
        resumed::resumed,
        tests::fixture::{
            Fixture, connection_lost, failure, in_restore, move_outline, refusal, seed, step, until_migrate,
        },
    },
};

fn opening(fixture: &Fixture, minutes: i64) -> String {
    let last = fixture.records.last().expect("a record").at;
    resumed(&fixture.account(), last + SignedDuration::from_mins(minutes), 80, Paint::NONE)
}

#[test]
fn after_a_crash() {
    insta::assert_snapshot!(opening(&in_restore(), 4), @"
    run 2026-11-22_143000-k7q2 was cut short: process 8123 on ops-laptop died; last
    update 4 min ago
      in doubt  restore runs, attempt 1: houseplan asks the server, and follows it
                if it still runs there
      in doubt  restore feedbacks_rmt, attempt 1: houseplan asks the server, and
                follows it if it still runs there
      done      9 steps; they are not repeated
    ");
}

#[test]
fn resumed_after_a_failure_and_after_a_check() {
    let mut fixture = in_restore();
    fixture.failed("restore[runs@replica1]", 1, failure(), None);
    fixture.settled("restore[feedbacks_rmt@replica1]", 1, Verdict::NotDone);
    fixture.suspended(SuspendReason::Failed);
    insta::assert_snapshot!(opening(&fixture, 90), @"
    run 2026-11-22_143000-k7q2 was suspended 1 h ago: a step failed
      failed    restore runs: the table default.runs is not empty; it is tried again
      done      9 steps; they are not repeated
    ");

    let mut fixture = until_migrate();
    fixture.push(Event::StepStopped { step: step("migrate/begin"), refusal: refusal() });
    fixture.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(opening(&fixture, 0), @"
    run 2026-11-22_143000-k7q2 was suspended just now: a check does not hold
      stopped   migrate: every table is there, replicated, with the same columns; it
                is checked again
      done      7 steps; they are not repeated
    ");
}

#[test]
fn once_abandoned_only_finally_is_tried_again() {
    let mut fixture = in_restore();
    fixture.failed("restore[runs@replica1]", 1, failure(), None);
    fixture.settled("restore[feedbacks_rmt@replica1]", 1, Verdict::NotDone);
    fixture.suspended(SuspendReason::Failed);
    fixture.push(Event::RunAbandoned {
        by: "ops".to_owned(),
        leave_in_doubt: false,
        without: vec![],
        left_in_doubt: vec![],
    });
    insta::assert_snapshot!(opening(&fixture, 0), @"
    run 2026-11-22_143000-k7q2 was abandoned; what remains is `finally`
      failed    restore runs: the table default.runs is not empty
      done      9 steps; they are not repeated
    ");
    fixture.resumed(9001);
    fixture.begin("start_merges", vec![seed("start_merges", None, Some("replica1"))]);
    fixture.started("start_merges[replica1]", 1);
    fixture.failed("start_merges[replica1]", 1, connection_lost(), None);
    fixture.suspended(SuspendReason::Failed);
    insta::assert_snapshot!(opening(&fixture, 0), @"
    run 2026-11-22_143000-k7q2 was suspended just now: a step failed
      failed    restore runs: the table default.runs is not empty
      failed    start_merges replica1: the connection to replica1 was lost; it is
                tried again
      done      9 steps; they are not repeated
    ");
    let screen = screen(&fixture);
    assert!(screen.contains("`start_merges` on replica1 failed") && !screen.contains("`restore` for runs"), "{screen}");
}

#[test]
fn what_had_failed_and_is_resumed_has_not_failed_any_more() {
    let mut fixture = in_restore();
    fixture.failed("restore[runs@replica1]", 1, failure(), None);
    fixture.suspended(SuspendReason::Failed);
    fixture.after(60_000).resumed(9001);
    assert_eq!(screen(&fixture), "", "a run that goes on is not suspended");
    fixture.started("restore[runs@replica1]", 2);
    fixture.failed("restore[runs@replica1]", 2, connection_lost(), None);
    fixture.suspended(SuspendReason::Failed);
    let screen = screen(&fixture);
    assert!(screen.contains("attempt 2"), "{screen}");
    assert!(!screen.contains("table_not_empty"), "{screen}");
}

#[test]
fn once_approved_it_waits_for_nothing() {
    let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
    fixture.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    let task = crate::name::TaskId("allow_drop".into());
    fixture.started("allow_drop", 1);
    let digest = "sha256:77aa".to_owned();
    fixture.push(Event::ApprovalAwaited { task: task.clone(), attempt: 1, shown: "x".into(), digest: digest.clone() });
    fixture.suspended(SuspendReason::AwaitingApproval);
    fixture.after(60_000).push(Event::Approved { task, digest, by: "ada".to_owned() });
    let said = opening(&fixture, 2);
    assert!(said.contains("waited for an approval, which was given 2 min ago"), "{said}");
}
