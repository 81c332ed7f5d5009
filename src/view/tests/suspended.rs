use jiff::SignedDuration;
use serde_json::json;

use crate::{
    engine::event::{Event, Failure, SuspendReason, Verdict},
    plan::name::{StepId, TaskId},
    view::{
        claimed::{Claim, Whereabouts, claimed},
        failure::StepPlace,
        paint::Paint,
        resumed::resumed,
        story::{
            self, RUN, Story, connection_lost, failure, in_restore, inventory, refusal, seed, step, until_migrate,
        },
        suspended::suspended,
    },
};

const PLAN: &str =
    "steps:\n  restore:\n    needs: [backup]\n    restore: { on: cluster, from: \"{{ steps.backup }}\" }\n";

fn place(id: &StepId) -> Option<StepPlace> {
    let start = PLAN.rfind("restore:").filter(|_| id.as_str() == "restore")?;
    Some(StepPlace {
        name: "plans/standalone-to-replicated.yaml".to_owned(),
        text: PLAN.to_owned(),
        span: start..start + 7,
    })
}

fn screen(story: &Story) -> String {
    suspended(&story.model(), &place, 80, Paint::NONE)
}

#[test]
fn stopped_by_a_postcondition() {
    let mut story = until_migrate();
    story.gate("migrate/begin");
    story.whole("migrate/up", 2_800, "exit code 0", json!({}));
    story.begin("migrate", Vec::new());
    story.push(Event::PostconditionsBegun { step: step("migrate") });
    story.push(Event::StepStopped { step: step("migrate"), refusal: refusal() });
    story.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(screen(&story), @"
    ■ stopped after `migrate`: its postcondition does not hold

        every table is there, replicated, with the same columns
        expected   row.equal and row.replicated
        found      replica1   runs            MergeTree, not replicated
                   replica2   runs            missing
                   replica2   feedbacks_rmt   missing

      Data restored before the migrations have run ends in tables that are not
      replicated.

      What cannot be taken back is done: `migrate/up`.
      Nothing has been restored.
      The backup was made and found whole: clickhouse-backup/2026-11-22_143000-k7q2
      in `store`, 318 MiB.

      next   make it so, then go on   houseplan resume 2026-11-22_143000-k7q2
             or give up               houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then ends the run, and undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2
    ");
}

#[test]
fn stopped_before_anything_was_changed() {
    let mut story = Story::new("standalone-to-replicated", story::move_outline());
    story.push(Event::StepEntered { step: step("ready") });
    story.push(Event::StepStopped { step: step("ready"), refusal: story::waited(600) });
    story.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(screen(&story), @"
    ■ stopped before `ready`: its precondition does not hold

        every table is there, replicated, with the same columns
        expected   row.equal and row.replicated
        found      replica1   runs            MergeTree, not replicated
                   replica2   runs            missing
                   replica2   feedbacks_rmt   missing
        waited     10 min 00 s

      Data restored before the migrations have run ends in tables that are not
      replicated.

      Nothing has been changed.

      next   make it so, then go on   houseplan resume 2026-11-22_143000-k7q2
             or give up               houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then ends the run, and undoes nothing
    ");
}

#[test]
fn an_opening_that_stops_is_called_as_what_it_opens() {
    let mut story = until_migrate();
    story.push(Event::StepEntered { step: step("migrate/begin") });
    let refusal = crate::engine::event::Refusal {
        check: "the backup is whole".to_owned(),
        phase: "precondition".to_owned(),
        expected: "row.complete and the backup's own id".to_owned(),
        found: vec![vec!["store".to_owned(), "3 of 96 files missing".to_owned()]],
        otherwise: None,
        waited: None,
    };
    story.push(Event::StepStopped { step: step("migrate/begin"), refusal });
    story.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(screen(&story), @"
    ■ stopped before `migrate`: its precondition does not hold

        the backup is whole
        expected   row.complete and the backup's own id
        found      store   3 of 96 files missing

      Nothing irreversible has begun: `migrate/up` comes later.
      Nothing has been restored.
      The backup was made: clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318
      MiB.

      next   make it so, then go on   houseplan resume 2026-11-22_143000-k7q2
             or give up               houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then ends the run, and undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2
    ");
}

#[test]
fn failed_in_the_servers_words() {
    let mut story = in_restore();
    story.acted("restore[feedbacks_rmt@replica1]", 1);
    story.failed("restore[runs@replica1]", 1, failure(), None);
    story.suspended(SuspendReason::Failed);
    insta::assert_snapshot!(screen(&story), @r#"
    houseplan::restore::table_not_empty

      × `restore` for runs on replica1 failed: the table default.runs is not empty
      ╰─▶ Code: 608. Cannot restore the table default.runs because it already
          contains some data. (CANNOT_RESTORE_TABLE)
       ╭─[plans/standalone-to-replicated.yaml:4:5]
     3 │     needs: [backup]
     4 │     restore: { on: cluster, from: "{{ steps.backup }}" }
       ·     ───┬───
       ·        ╰── this step, attempt 1
       ╰────
      cause: rows were written to the new cluster after it was found empty (41 rows
             since 14:31:07)
      help:  stop what writes there, `TRUNCATE TABLE default.runs` on replica1, then
             `houseplan resume`.
             Do not set allow_non_empty_tables: it would double what is restored on
             a repeat.

      What cannot be taken back is done: `migrate/up`.
      1 of 4 restores is done: feedbacks_rmt.
      The backup was made and found whole: clickhouse-backup/2026-11-22_143000-k7q2
      in `store`, 318 MiB.

      next   mend that, then go on   houseplan resume 2026-11-22_143000-k7q2
             or give up              houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then ends the run, and undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2 and what was restored
               (feedbacks_rmt)
    "#);
}

#[test]
fn many_failures_are_not_shown_whole_each() {
    let mut story = Story::new("fan-out", story::move_outline());
    let items: Vec<String> = (0..40).map(|n| format!("item_{n:02}")).collect();
    story.begin("clean", items.iter().map(|item| seed("clean", Some(item), None)).collect());
    for item in &items {
        story.started(&format!("clean[{item}]"), 1);
        story.failed(
            &format!("clean[{item}]"),
            1,
            Failure::new("houseplan::clickhouse::disk_full", "no disk space"),
            None,
        );
    }
    story.suspended(SuspendReason::Failed);
    let screen = screen(&story);
    assert_eq!(screen.matches("houseplan::clickhouse::disk_full").count(), 4);
    assert!(screen.contains("✗ `clean` for item_04 failed: no disk space"), "{screen}");
    assert!(screen.contains("…and 16 more failed"), "{screen}");
}

#[test]
fn in_doubt_and_to_be_settled_by_a_person() {
    let mut story = until_migrate();
    story.gate("migrate/begin");
    story.begin("migrate/up", vec![seed("migrate/up", None, None)]);
    story.started("migrate/up", 1);
    let failure =
        Failure::new("houseplan::exec::in_doubt", "the process was killed; whether it had done its work is unknown")
            .with_cause("`helm` ended with code 1; its last lines:\nError: UPGRADE FAILED: timed out")
            .with_help("read `schema_migrations` on the cluster: its highest `sequence` says which migration ran last");
    let task = TaskId("migrate/up".into());
    story.after(60_000).push(Event::TaskDoubted { task: task.clone(), attempt: 1, failure: connection_lost() });
    story.push(Event::TaskUnsettled { task, attempt: 1, failure });
    story.suspended(SuspendReason::InDoubt);
    insta::assert_snapshot!(screen(&story), @"
    ? in doubt: `migrate/up`, attempt 1 began at 2026-11-22 14:30:05Z
      the process was killed; whether it had done its work is unknown
        `helm` ended with code 1; its last lines:
        Error: UPGRADE FAILED: timed out
      It may have been done, or not; the server cannot say which. Look, then say so.
      help:  read `schema_migrations` on the cluster: its highest `sequence` says
             which migration ran last

      What cannot be taken back has begun: `migrate/up`.
      Nothing has been restored.
      The backup was made and found whole: clickhouse-backup/2026-11-22_143000-k7q2
      in `store`, 318 MiB.

      next   if it was done
               houseplan settle 2026-11-22_143000-k7q2 migrate/up --attempt 1 --as done
             if it was not
               houseplan settle 2026-11-22_143000-k7q2 migrate/up --attempt 1 --as not-done
             then go on
               houseplan resume 2026-11-22_143000-k7q2
             or give up
               houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then ends the run, and undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2
    ");
}

#[test]
fn interrupted_while_the_server_works_on() {
    let mut story = in_restore();
    story.push(Event::InterruptRequested { signal: "SIGINT".to_owned() });
    for table in ["runs", "feedbacks_rmt"] {
        let failure = Failure::new("houseplan::run::interrupted", "let go of");
        let task = TaskId(format!("restore[{table}@replica1]").into());
        story.push(Event::TaskDoubted { task, attempt: 1, failure });
    }
    story.suspended(SuspendReason::Interrupted);
    insta::assert_snapshot!(screen(&story), @"
    ■ interrupted (SIGINT): 9 steps done, nothing is under way in this process

    ? in doubt: `restore` for runs on replica1, attempt 1 began at 2026-11-22
      14:30:08Z
      let go of
      It may still be going on in the server; `resume` finds it there and follows
      it.
    ? in doubt: `restore` for feedbacks_rmt on replica1, attempt 1 began at
      2026-11-22 14:30:08Z
      let go of
      It may still be going on in the server; `resume` finds it there and follows
      it.

      What cannot be taken back is done: `migrate/up`.
      2 of 4 restores have begun and are not known to be done.
      The backup was made and found whole: clickhouse-backup/2026-11-22_143000-k7q2
      in `store`, 318 MiB.

      next   go on        houseplan resume 2026-11-22_143000-k7q2
             or give up   houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then ends the run, and undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2
    ");
}

#[test]
fn an_approval_shows_what_it_is_bound_to() {
    let mut story = Story::new("standalone-to-replicated", story::move_outline());
    story.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    let task = TaskId("allow_drop".into());
    story.started("allow_drop", 1);
    let shown = inventory(story::TABLES);
    story.push(Event::Claimed { target: "cluster".into(), member: "replica1".into() });
    story.push(Event::ApprovalAwaited { task, attempt: 1, shown, digest: "sha256:77aa01bc".to_owned() });
    story.suspended(SuspendReason::AwaitingApproval);
    insta::assert_snapshot!(screen(&story), @"
    ? `allow_drop` waits for an approval of this:

        4 tables in `default`, 1,240,551 rows
        runs            1,000,000 rows   233 MiB   MergeTree
        feedbacks_rmt     120,000 rows    24 MiB   MergeTree
        runs_tags          90,551 rows    48 MiB   MergeTree
        feedbacks          30,000 rows    13 MiB   MergeTree
        digest sha256:77aa01bc

      Nothing has been changed; the run keeps its claim on replica1.

      next   if this is right
               houseplan approve 2026-11-22_143000-k7q2 allow_drop --digest sha256:77aa0
             then go on
               houseplan resume 2026-11-22_143000-k7q2
             or give up
               houseplan abandon 2026-11-22_143000-k7q2
               giving up runs `thaw` and `start_writers` (where their `when` holds),
               then gives the claim back, and undoes nothing
    ");
}

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
fn claimed_by_another_run() {
    let folder = Whereabouts::Here;
    let claim = Claim { target: "cluster".into(), member: "replica1".into(), run: RUN.to_owned(), folder };
    insta::assert_snapshot!(claimed(&claim, "sandbox", 80, Paint::NONE), @"
    ■ `cluster` is claimed by the run 2026-11-22_143000-k7q2 (found on replica1);
      nothing has been changed

      A run keeps its claim until it has ended, also while it stands still, so that
      no two runs act on one server.

      next   see how it stands
               houseplan status 2026-11-22_143000-k7q2
             go on with it
               houseplan resume 2026-11-22_143000-k7q2
             or give it up
               houseplan abandon 2026-11-22_143000-k7q2
             or work under its claim, while it stands still
               houseplan run PLAN --under 2026-11-22_143000-k7q2
    ");
    let ended = Claim { folder: Whereabouts::Ended, ..claim.clone() };
    insta::assert_snapshot!(claimed(&ended, "sandbox", 80, Paint::NONE), @"
    ■ `cluster` is claimed by the run 2026-11-22_143000-k7q2 (found on replica1);
      nothing has been changed

      A run keeps its claim until it has ended, also while it stands still, so that
      no two runs act on one server.

      next   it has ended, and could not give its claim back: do so
               houseplan abandon 2026-11-22_143000-k7q2
    ");
    let elsewhere = Claim { folder: Whereabouts::Elsewhere, ..claim };
    insta::assert_snapshot!(claimed(&elsewhere, "sandbox", 80, Paint::NONE), @"
    ■ `cluster` is claimed by the run 2026-11-22_143000-k7q2 (found on replica1);
      nothing has been changed

      A run keeps its claim until it has ended, also while it stands still, so that
      no two runs act on one server.

      next   its folder is not here: ask who runs it, and resume it there
               houseplan resume 2026-11-22_143000-k7q2
             or, if that folder is lost
               houseplan abandon 2026-11-22_143000-k7q2 --env sandbox
    ");
}
