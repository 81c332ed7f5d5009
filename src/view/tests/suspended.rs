use serde_json::json;

use crate::{
    account::{
        Record,
        ending::Becomes,
        outline::{Kind, OutlineStep},
    },
    engine::event::{Event, SuspendReason},
    failure::{Failure, Refusal},
    name::{StepId, TaskId},
    view::{
        effects_so_far::abandoning,
        failure::StepPlace,
        paint::Paint,
        suspended::suspended,
        tests::fixture::{
            self, Fixture, RUN, connection_lost, failure, in_restore, inventory, refusal, seed, step, until_migrate,
            until_restore,
        },
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

pub fn screen(fixture: &Fixture) -> String {
    suspended(&fixture.account(), &place, 80, Paint::NONE)
}

#[test]
fn stopped_by_a_postcondition() {
    let mut fixture = until_migrate();
    fixture.gate("migrate/begin");
    fixture.whole("migrate/up", 2_800, "exit code 0", json!({}));
    fixture.begin("migrate", Vec::new());
    fixture.push(Event::PostconditionsBegun { step: step("migrate") });
    fixture.push(Event::StepStopped { step: step("migrate"), refusal: refusal() });
    fixture.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(screen(&fixture), @"
    ■ stopped after `migrate`: its postcondition does not hold

        every table is there, replicated, with the same columns
        expected   row.equal and row.replicated
        found      replica1   runs            MergeTree, not replicated
                   replica2   runs            missing
                   replica2   feedbacks_rmt   missing

      Data restored before the migrations have run ends in tables that are not
      replicated.

      Irreversible step done: `migrate/up`.
      Destructive step done: `clean`.
      Nothing has been restored.
      The backup was made, and a check found it complete:
      clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB.

      next   fix it, then go on   houseplan resume 2026-11-22_143000-k7q2
             or abandon the run   houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2.
    ");
}

#[test]
fn what_was_found_keeps_to_its_column_where_it_is_long() {
    let mut fixture = Fixture::new("verify", fixture::move_outline());
    fixture.push(Event::StepEntered { step: step("preflight") });
    let long = "1 rows instead of 3 (under FINAL 1 on both sides, but not the same ones)";
    let mut refusal = refusal();
    refusal.found = vec![["replica1", "averages", long].map(str::to_owned).to_vec()];
    fixture.push(Event::StepStopped { step: step("preflight"), refusal });
    fixture.suspended(SuspendReason::Stopped);
    let screen = screen(&fixture);
    let found: Vec<&str> = screen.lines().skip_while(|line| !line.contains("found ")).take(2).collect();
    insta::assert_snapshot!(found.join("\n"), @"
    found      replica1   averages   1 rows instead of 3 (under FINAL 1 on both
                                     sides, but not the same ones)
    ");
}

#[test]
fn stopped_before_anything_was_changed() {
    let mut fixture = Fixture::new("standalone-to-replicated", fixture::move_outline());
    fixture.push(Event::StepEntered { step: step("preflight") });
    fixture.push(Event::StepStopped { step: step("preflight"), refusal: fixture::waited(600) });
    fixture.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(screen(&fixture), @"
    ■ stopped before `preflight`: its precondition does not hold

        every table is there, replicated, with the same columns
        expected   row.equal and row.replicated
        found      replica1   runs            MergeTree, not replicated
                   replica2   runs            missing
                   replica2   feedbacks_rmt   missing
        waited     10 min 00 s

      Data restored before the migrations have run ends in tables that are not
      replicated.

      Nothing has been changed.

      next   fix it, then go on   houseplan resume 2026-11-22_143000-k7q2
             or abandon the run   houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing.
    ");
}

#[test]
fn an_opening_that_stops_is_called_as_what_it_opens() {
    let mut fixture = until_migrate();
    fixture.push(Event::StepEntered { step: step("migrate/begin") });
    let refusal = Refusal {
        check: "the backup is complete".to_owned(),
        phase: "precondition".to_owned(),
        expected: "row.complete and the backup's own id".to_owned(),
        found: vec![vec!["store".to_owned(), "3 of 96 files missing".to_owned()]],
        otherwise: None,
        waited: None,
    };
    fixture.push(Event::StepStopped { step: step("migrate/begin"), refusal });
    fixture.suspended(SuspendReason::Stopped);
    insta::assert_snapshot!(screen(&fixture), @"
    ■ stopped before `migrate`: its precondition does not hold

        the backup is complete
        expected   row.complete and the backup's own id
        found      store   3 of 96 files missing

      What the plan marks as irreversible has not started: `migrate/up` comes later.
      Destructive step done: `clean`.
      Nothing has been restored.
      The backup was made: clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318
      MiB.

      next   fix it, then go on   houseplan resume 2026-11-22_143000-k7q2
             or abandon the run   houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2.
    ");
}

#[track_caller]
fn told(fixture: &mut Fixture, expected: &str) {
    fixture.suspended(SuspendReason::Interrupted);
    let screen = screen(fixture);
    assert!(screen.contains(expected), "{screen}");
    assert_eq!(screen.contains("Nothing irreversible"), expected.contains("Nothing irreversible"), "{screen}");
}

/// The move up to and without `clean`, which drops.
fn until_clean() -> Fixture {
    let mut fixture = until_migrate();
    let clean = |record: &Record| matches!(&record.event, Event::StepEntered { step: it } if *it == step("clean"));
    let at = fixture.records.iter().position(clean).expect("clean was entered");
    fixture.records.truncate(at);
    fixture
}

#[test]
fn what_has_been_dropped_is_told_though_nobody_marked_it() {
    let mut fixture = until_clean();
    told(&mut fixture, "Nothing irreversible has started: `clean` and `migrate/up` come later.");
    let mut empty = until_clean();
    empty.gate("clean");
    told(&mut empty, "Nothing irreversible has started: `migrate/up` comes later.");
    fixture.resumed(9001);
    fixture.begin("clean", vec![seed("clean", None, Some("replica1")), seed("clean", None, Some("replica2"))]);
    fixture.started("clean[replica1]", 1);
    told(&mut fixture, "Destructive step started: `clean`.");
    told(&mut until_migrate(), "What the plan marks as irreversible has not started: `migrate/up` comes later.");
    told(&mut until_migrate(), "Destructive step done: `clean`.");
}

#[test]
fn failed_in_the_servers_words() {
    let mut fixture = in_restore();
    fixture.acted("restore[feedbacks_rmt@replica1]", 1);
    fixture.failed("restore[runs@replica1]", 1, failure(), None);
    fixture.suspended(SuspendReason::Failed);
    insta::assert_snapshot!(screen(&fixture), @r#"
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

      Irreversible step done: `migrate/up`.
      Destructive step done: `clean`.
      1 of 4 restores is done: feedbacks_rmt.
      The backup was made, and a check found it complete:
      clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB.

      next   fix it, then go on   houseplan resume 2026-11-22_143000-k7q2
             or abandon the run   houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2 and what was restored
               (feedbacks_rmt).
    "#);
}

#[test]
fn many_failures_are_not_shown_whole_each() {
    let mut fixture = Fixture::new("fan-out", fixture::move_outline());
    let items: Vec<String> = (0..40).map(|n| format!("item_{n:02}")).collect();
    fixture.begin("clean", items.iter().map(|item| seed("clean", Some(item), None)).collect());
    for item in &items {
        fixture.started(&format!("clean[{item}]"), 1);
        fixture.failed(
            &format!("clean[{item}]"),
            1,
            Failure::new("houseplan::clickhouse::disk_full", "no disk space"),
            None,
        );
    }
    fixture.suspended(SuspendReason::Failed);
    let screen = screen(&fixture);
    assert_eq!(screen.matches("houseplan::clickhouse::disk_full").count(), 4);
    assert!(screen.contains("✗ `clean` for item_04 failed: no disk space"), "{screen}");
    assert!(screen.contains("…and 16 more failed"), "{screen}");
}

#[test]
fn in_doubt_and_to_be_settled_by_a_person() {
    let mut fixture = until_migrate();
    fixture.gate("migrate/begin");
    fixture.begin("migrate/up", vec![seed("migrate/up", None, None)]);
    fixture.started("migrate/up", 1);
    let failure =
        Failure::new("houseplan::exec::in_doubt", "the process was killed; whether it had done its work is unknown")
            .with_cause("`helm` ended with code 1; its last lines:\nError: UPGRADE FAILED: timed out")
            .with_help("read `schema_migrations` on the cluster: its highest `sequence` says which migration ran last");
    let task = TaskId("migrate/up".into());
    fixture.after(60_000).push(Event::TaskDoubted { task: task.clone(), attempt: 1, failure: connection_lost() });
    let unsettled = Event::TaskUnsettled { task, attempt: 1, failure };
    fixture.push(unsettled.clone());
    fixture.suspended(SuspendReason::InDoubt);
    insta::assert_snapshot!(screen(&fixture), @"
    ? in doubt: `migrate/up`, attempt 1 started at 2026-11-22 14:30:05Z
      the process was killed; whether it had done its work is unknown
        `helm` ended with code 1; its last lines:
        Error: UPGRADE FAILED: timed out
      Its outcome is unknown: it may be done, or not, and houseplan cannot find out.
      It needs your decision: look, then settle it.
      help:  read `schema_migrations` on the cluster: its highest `sequence` says
             which migration ran last

      Irreversible step started: `migrate/up`.
      Destructive step done: `clean`.
      Nothing has been restored.
      The backup was made, and a check found it complete:
      clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB.

      next   if it was done
               houseplan settle 2026-11-22_143000-k7q2 migrate/up --attempt 1 --as done
             if nothing of it was done (cannot be changed later)
               houseplan settle 2026-11-22_143000-k7q2 migrate/up --attempt 1 --as not-done
             then go on
               houseplan resume 2026-11-22_143000-k7q2
             or abandon the run
               houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2.
    ");

    fixture.push(Event::RunAbandoned {
        by: "ops".to_owned(),
        leave_in_doubt: false,
        without: vec![],
        left_in_doubt: vec![],
    });
    fixture.resumed(9001);
    fixture.push(unsettled);
    fixture.suspended(SuspendReason::InDoubt);
    let screen = screen(&fixture);
    assert!(screen.contains(&format!("houseplan abandon {RUN} --leave-in-doubt")), "{screen}");
}

#[test]
fn tables_that_were_made_are_not_called_like_the_member_they_are_on() {
    let mut outline = fixture::move_outline();
    outline
        .steps
        .insert(step("in/structure"), OutlineStep { kind: Kind::Restore, changes: true, ..OutlineStep::default() });
    let mut fixture = Fixture::new("restore", outline);
    fixture.begin("in/structure", vec![seed("in/structure", None, Some("replica1"))]);
    fixture.started("in/structure[replica1]", 1);
    fixture.acted("in/structure[replica1]", 1);
    fixture.suspended(SuspendReason::Failed);
    let screen = screen(&fixture);
    assert!(screen.contains("is done: the tables without rows on replica1."), "{screen}");
}

#[test]
fn interrupted_while_the_server_works_on() {
    let mut fixture = in_restore();
    fixture.push(Event::InterruptRequested { signal: "SIGINT".to_owned() });
    for table in ["runs", "feedbacks_rmt"] {
        let failure =
            Failure::new("houseplan::task::interrupted", "the process was asked to end while replica1 worked");
        let task = TaskId(format!("restore[{table}@replica1]").into());
        fixture.push(Event::TaskDoubted { task, attempt: 1, failure });
    }
    fixture.suspended(SuspendReason::Interrupted);
    insta::assert_snapshot!(screen(&fixture), @"
    ■ interrupted (SIGINT): 9 steps done; this process does nothing more

    ? in doubt: `restore` for runs on replica1, attempt 1 started at 2026-11-22
      14:30:08Z
      the process was asked to end while replica1 worked
      Its outcome is unknown: it may still run on the server. `resume` finds it
      there and follows it.
    ? in doubt: `restore` for feedbacks_rmt on replica1, attempt 1 started at
      2026-11-22 14:30:08Z
      the process was asked to end while replica1 worked
      Its outcome is unknown: it may still run on the server. `resume` finds it
      there and follows it.

      Irreversible step done: `migrate/up`.
      Destructive step done: `clean`.
      2 of 4 restores have started; none of them is known to be done.
      The backup was made, and a check found it complete:
      clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB.

      next   go on                houseplan resume 2026-11-22_143000-k7q2
             or abandon the run   houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2.
    ");
}

#[test]
fn left_at_once_after_a_second_interruption_it_says_so_and_how_to_go_on() {
    let mut fixture = in_restore();
    fixture.push(Event::InterruptRequested { signal: "SIGINT".to_owned() });
    let screen = screen(&fixture);
    assert!(screen.starts_with(&format!("■ run {RUN} was left at once after an")), "{screen}");
    assert!(screen.contains("may still run"), "{screen}");
    assert!(screen.contains(&format!("houseplan resume {RUN}")), "{screen}");
}

#[test]
fn an_approval_shows_what_it_is_bound_to() {
    let mut fixture = Fixture::new("standalone-to-replicated", fixture::move_outline());
    fixture.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    let task = TaskId("allow_drop".into());
    fixture.started("allow_drop", 1);
    let shown = inventory(fixture::TABLES);
    fixture.push(Event::Claimed { target: "cluster".into(), member: "replica1".into() });
    fixture.push(Event::ApprovalAwaited { task, attempt: 1, shown, digest: "sha256:77aa01bc".to_owned() });
    fixture.suspended(SuspendReason::AwaitingApproval);
    insta::assert_snapshot!(screen(&fixture), @"
    ? `allow_drop` needs your approval of this:

        4 tables in `default`, 1,240,551 rows
        runs            1,000,000 rows   233 MiB   MergeTree
        feedbacks_rmt     120,000 rows    24 MiB   MergeTree
        runs_tags          90,551 rows    48 MiB   MergeTree
        feedbacks          30,000 rows    13 MiB   MergeTree
        digest sha256:77aa01bc

      Nothing has been changed. The run keeps its lock on replica1.

      next   if this is right
               houseplan approve 2026-11-22_143000-k7q2 allow_drop --digest sha256:77aa0
             then go on
               houseplan resume 2026-11-22_143000-k7q2
             or abandon the run
               houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run
               and releases its lock. It undoes nothing.
    ");
}

/// Restores of all tables, each stopped by its own guard.
fn all_refused() -> Fixture {
    let mut fixture = until_restore();
    let tasks: Vec<String> = fixture::names().iter().map(|table| format!("restore[{table}@replica1]")).collect();
    let seeds = fixture::names().iter().map(|table| seed("restore", Some(table), Some("replica1"))).collect();
    fixture.begin("restore", seeds);
    for (task, table) in tasks.iter().zip(fixture::names()) {
        fixture.started(task, 1);
        let found = vec![vec!["replica1".to_owned(), table.to_owned(), "missing".to_owned()]];
        let refusal = Refusal { found, phase: "precondition".to_owned(), otherwise: None, ..refusal() };
        fixture.push(Event::TaskStopped { task: TaskId(task.as_str().into()), refusal });
    }
    fixture.suspended(SuspendReason::Stopped);
    fixture
}

#[test]
fn what_is_stopped_for_one_reason_is_told_once_and_has_not_begun() {
    insta::assert_snapshot!(screen(&all_refused()), @"
    ■ stopped before `restore` for runs, feedbacks_rmt, runs_tags and feedbacks: its
      precondition does not hold

        every table is there, replicated, with the same columns
        expected   row.equal and row.replicated
        found      replica1   runs            missing
                   replica1   feedbacks_rmt   missing
                   replica1   runs_tags       missing
                   replica1   feedbacks       missing

      Irreversible step done: `migrate/up`.
      Destructive step done: `clean`.
      Nothing has been restored.
      The backup was made, and a check found it complete:
      clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB.

      next   fix it, then go on   houseplan resume 2026-11-22_143000-k7q2
             or abandon the run   houseplan abandon 2026-11-22_143000-k7q2
               `abandon` runs `start_merges` and `start_writers`, then ends the run.
               It undoes nothing; what stays: the backup
               clickhouse-backup/2026-11-22_143000-k7q2.
    ");
}

#[test]
fn other_inputs_need_another_run() {
    let mut outline = fixture::move_outline();
    outline.steps[&step("preflight")].checks_inputs = true;
    let mut fixture = Fixture::new("standalone-to-replicated", outline);
    fixture.push(Event::StepEntered { step: step("preflight") });
    fixture.push(Event::StepStopped { step: step("preflight"), refusal: refusal() });
    fixture.suspended(SuspendReason::Stopped);
    let said = screen(&fixture);
    assert!(said.contains("or abandon the run (other inputs need a new one)"), "{said}");
}

#[test]
fn a_line_that_is_too_wide_is_wrapped() {
    let mut fixture = Fixture::new("standalone-to-replicated", fixture::move_outline());
    fixture.push(Event::StepEntered { step: step("preflight") });
    let found = vec![(0..9).map(|n| format!("column_{n} = 1234567890")).collect()];
    fixture.push(Event::StepStopped { step: step("preflight"), refusal: Refusal { found, ..refusal() } });
    fixture.suspended(SuspendReason::Stopped);
    let said = screen(&fixture);
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(said.contains("column_8 = 1234567890"), "{said}");
}

#[test]
fn the_last_lines_of_a_process_stay_lines() {
    let mut fixture = until_migrate();
    let failure =
        Failure::new("houseplan::exec::failed", "the process failed").with_cause("its last lines:\none\n  two");
    fixture.gate("migrate/begin");
    fixture.begin("migrate/up", vec![seed("migrate/up", None, None)]);
    fixture.started("migrate/up", 1);
    fixture.failed("migrate/up", 1, failure, None);
    fixture.suspended(SuspendReason::Failed);
    let said = screen(&fixture);
    assert!(said.contains("  cause: its last lines:\n         one\n         two\n"), "{said}");
}

#[test]
fn abandoning_tells_which_steps_of_finally_run_and_why_not_the_others() {
    let mut fixture = until_migrate();
    fixture.suspended(SuspendReason::Interrupted);
    let mut account = fixture.account();
    let [merges, writers] = account.finally.as_mut_slice() else { panic!("{:?}", account.finally) };
    merges.becomes = Becomes::Unknown("its condition reads `look`, which is in `finally` too".to_owned());
    writers.becomes =
        Becomes::Skipped("condition is false: not steps.migrate.started (`migrate` has started)".to_owned());
    insta::assert_snapshot!(abandoning(&account), @"`abandon` ends the run. Whether it runs `start_merges` cannot be known before: its condition reads `look`, which is in `finally` too. It skips `start_writers`: condition is false: not steps.migrate.started (`migrate` has started). It undoes nothing; what stays: the backup clickhouse-backup/2026-11-22_143000-k7q2.");
    account.finally.clear();
    assert!(abandoning(&account).starts_with("`abandon` ends the run."), "{}", abandoning(&account));
}
