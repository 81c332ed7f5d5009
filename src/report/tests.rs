use jiff::SignedDuration;
use serde_json::json;

use super::{
    account::Account,
    markdown,
    status::{RunLine, Standing, run, runs},
    text,
};
use crate::{
    engine::event::{Event, Outcome, SuspendReason, Verdict},
    name::TaskId,
    view::{
        paint::Paint,
        story::{Story, connection_lost, failure, in_restore, move_outline, refusal, seed, start, step, whole_move},
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
fn a_report_names_what_was_left_out() {
    let mut story = whole_move();
    for record in &mut story.records {
        if let Event::StepSucceeded { step, outputs, .. } = &mut record.event
            && step.as_str() == "inventory"
        {
            outputs.insert("except".into(), json!(["schema_migrations", "audit"]));
        }
    }
    let account = Account::of(&story.model(), false);
    let said = "verify: 4 of 4 tables of default equal on replica1 and replica2; left out: schema_migrations, audit";
    assert!(markdown(&account).contains(said), "{}", markdown(&account));
    assert_eq!(
        serde_json::to_value(&account).unwrap()["comparisons"][0]["left_out"],
        json!(["schema_migrations", "audit"])
    );
}

#[test]
fn a_report_in_text() {
    insta::assert_snapshot!(text(&Account::of(&whole_move().model(), false), 80), @r#"
    run              2026-11-22_143000-k7q2
    plan             standalone-to-replicated 1.0.0
    environment      sandbox
    digest           sha256:1f0c77
    by               ada
    began            2026-11-22 14:30:00Z
    state            succeeded, 27 s from first to last
    input database   "default"
    backup backup    clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB

    steps
      probe          succeeded  14:30:00Z  0.4 s        store reached by source,
                                                        replica1, replica2
      ready          succeeded  14:30:00Z  0.3 s        5 checks hold
      found          succeeded  14:30:00Z  0.2 s        no tables
      allow_drop     skipped                            `steps.found.tables` is
                                                        empty
      stop_writers   succeeded  14:30:00Z  0.0 s        nothing is bound to it here
      inventory      succeeded  14:30:00Z  1.1 s        4 tables, 1,240,551 rows,
                                                        318 MiB
      backup         succeeded  14:30:02Z  2.9 s        clickhouse-backup/2026-11-22_143000-k7q2,
                                                        318 MiB
      clean          succeeded  14:30:04Z  0.6 s        replica1, replica2
      migrate/up     succeeded  14:30:05Z  2.8 s        houseplan sandbox migrate,
                                                        exit code 0
      migrate        succeeded  14:30:08Z  3.2 s        4 of 4 tables there,
                                                        replicated, same columns
      restore        succeeded  14:30:08Z  16 s         4 tables, 318 MiB
      verify         succeeded  14:30:24Z  2.0 s        4 tables are the same on
                                                        replica1, replica2
      thaw           succeeded  14:30:26Z  0.3 s        source, replica1, replica2
      start_writers  succeeded  14:30:27Z  0.0 s        nothing is bound to it here

    compared
      verify: 4 of 4 tables of default equal on replica1 and replica2
        table               rows     size  replica1  replica2          checksum
        runs           1,000,000  233 MiB         =         =  9f3c61d0ab42e0a1
        feedbacks_rmt    120,000   24 MiB         =         =  03d7c2119e0f415e
        runs_tags         90,551   48 MiB         =         =  77aa01bc5512ff09
        feedbacks         30,000   13 MiB         =         =  c0ffee0011223344

    servers
      source/source: address 127.0.0.1:21010, version 26.9.1.1
      cluster/replica1: address 127.0.0.1:21010, version 26.9.1.1
      cluster/replica2: address 127.0.0.1:21010, version 26.9.1.1

    processes
      2026-11-22 14:30:00Z ada on ops-laptop, process 8123
    "#);
    insta::assert_snapshot!(text(&Account::of(&troubled().model(), true), 80), @r#"
    run              2026-11-22_143000-k7q2
    plan             standalone-to-replicated 1.0.0
    environment      sandbox
    digest           sha256:1f0c77
    by               ada
    began            2026-11-22 14:30:00Z
    state            running, 10 min 14 s from first to last
    input database   "default"
    backup backup    clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB

    steps
      probe          succeeded  14:30:00Z  0.4 s        store reached by source,
                                                        replica1, replica2
      ready          succeeded  14:30:00Z  0.3 s        5 checks hold
      found          succeeded  14:30:00Z  0.2 s        no tables
      allow_drop     skipped                            `steps.found.tables` is
                                                        empty
      stop_writers   succeeded  14:30:00Z  0.0 s        nothing is bound to it here
      inventory      succeeded  14:30:00Z  1.1 s        4 tables, 1,240,551 rows,
                                                        318 MiB
      backup         succeeded  14:30:02Z  2.9 s        clickhouse-backup/2026-11-22_143000-k7q2,
                                                        318 MiB
      clean          succeeded  14:30:04Z  0.6 s        replica1, replica2
      migrate/up     succeeded  14:30:05Z  2.8 s        houseplan sandbox migrate,
                                                        exit code 0
      migrate        succeeded  14:30:08Z  3.2 s        4 of 4 tables there,
                                                        replicated, same columns
      restore        running    14:30:08Z
      verify         waiting
      thaw           waiting
      start_writers  waiting

    went wrong on the way
      2026-11-22 14:30:12Z restore[runs@replica1], attempt 1: replica1: the table
      default.runs is not empty: Code: 608. Cannot restore the table default.runs
      because it already contains some data. (CANNOT_RESTORE_TABLE)
      2026-11-22 14:30:12Z restore[feedbacks_rmt@replica1], attempt 1: the
      connection to replica1 was lost

    decided
      2026-11-22 14:40:13Z houseplan settled restore[feedbacks_rmt@replica1],
      attempt 1, as done

    servers
      source/source: address 127.0.0.1:21010, version 26.9.1.1
      cluster/replica1: address 127.0.0.1:21010, version 26.9.1.1
      cluster/replica2: address 127.0.0.1:21010, version 26.9.1.1

    processes
      2026-11-22 14:30:00Z ada on ops-laptop, process 8123
      2026-11-22 14:40:12Z ada on ops-laptop, process 9001
    "#);
}

#[test]
fn a_report_in_markdown() {
    insta::assert_snapshot!(markdown(&Account::of(&troubled().model(), true)), @r#"
    # standalone-to-replicated: running

    | | |
    |---|---|
    | run | `2026-11-22_143000-k7q2` |
    | plan | standalone-to-replicated 1.0.0 |
    | environment | sandbox |
    | digest | `sha256:1f0c77` |
    | by | ada |
    | began | 2026-11-22 14:30:00Z |
    | last | 2026-11-22 14:40:13Z |
    | took | 10 min 14 s |
    | input `database` | `"default"` |
    | backup `backup` | `clickhouse-backup/2026-11-22_143000-k7q2`, 318 MiB |

    ## Steps

    | step | state | began | took | |
    |---|---|---|---|---|
    | `probe` | succeeded | 2026-11-22 14:30:00Z | 0.4 s | store reached by source, replica1, replica2 |
    | `ready` | succeeded | 2026-11-22 14:30:00Z | 0.3 s | 5 checks hold |
    | `found` | succeeded | 2026-11-22 14:30:00Z | 0.2 s | no tables |
    | `allow_drop` | skipped |  |  | `steps.found.tables` is empty |
    | `stop_writers` | succeeded | 2026-11-22 14:30:00Z | 0.0 s | nothing is bound to it here |
    | `inventory` | succeeded | 2026-11-22 14:30:00Z | 1.1 s | 4 tables, 1,240,551 rows, 318 MiB |
    | `backup` | succeeded | 2026-11-22 14:30:02Z | 2.9 s | clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB |
    | `clean` | succeeded | 2026-11-22 14:30:04Z | 0.6 s | replica1, replica2 |
    | `migrate/up` | succeeded | 2026-11-22 14:30:05Z | 2.8 s | houseplan sandbox migrate, exit code 0 |
    | `migrate` | succeeded | 2026-11-22 14:30:08Z | 3.2 s | 4 of 4 tables there, replicated, same columns |
    | `restore` | running | 2026-11-22 14:30:08Z |  |  |
    | `verify` | waiting |  |  |  |
    | `thaw` | waiting |  |  |  |
    | `start_writers` | waiting |  |  |  |

    ## What went wrong on the way

    - 2026-11-22 14:30:12Z restore\[runs@replica1], attempt 1: replica1: the table default.runs is not empty: Code: 608. Cannot restore the table default.runs because it already contains some data. (CANNOT_RESTORE_TABLE)
    - 2026-11-22 14:30:12Z restore\[feedbacks_rmt@replica1], attempt 1: the connection to replica1 was lost

    ## What was decided

    - 2026-11-22 14:40:13Z houseplan settled restore\[feedbacks_rmt@replica1], attempt 1, as done

    ## The servers

    - source/source: address 127.0.0.1:21010, version 26.9.1.1
    - cluster/replica1: address 127.0.0.1:21010, version 26.9.1.1
    - cluster/replica2: address 127.0.0.1:21010, version 26.9.1.1

    ## The processes

    - 2026-11-22 14:30:00Z ada on ops-laptop, process 8123
    - 2026-11-22 14:40:12Z ada on ops-laptop, process 9001
    "#);
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
    insta::assert_snapshot!(runs(&lines, now, 120, Paint::NONE), @"
      run                     plan                      environment  state       steps  last        by
    ● 2026-11-22_143000-k7q2  standalone-to-replicated  sandbox      running     10/14  49 min ago  ada
    ? 2026-11-22_143000-k7q2  standalone-to-replicated  sandbox      broken off  10/14  59 min ago  ada
    ✓ 2026-11-22_143000-k7q2  standalone-to-replicated  sandbox      succeeded   14/14  59 min ago  ada
    ");
    assert_eq!(runs(&[], now, 80, Paint::NONE), "no runs yet\n");
    let narrow = runs(&lines, now, 20, Paint::NONE);
    assert!(narrow.lines().skip(1).all(|line| line.contains("2026-11-22_143000-k7q2")), "{narrow}");
}

#[test]
fn a_status_of_one_run() {
    let now = start() + SignedDuration::from_mins(20);
    insta::assert_snapshot!(run(&troubled().model(), true, now, 80, Paint::NONE), @"
    ● standalone-to-replicated 1.0.0
      environment sandbox
      run 2026-11-22_143000-k7q2
      running · last heard of 9 min ago · by ada

      ✓ probe          14:30:00Z      0.4 s  store reached by source, replica1,
                                             replica2
      ✓ ready          14:30:00Z      0.3 s  5 checks hold
      ✓ found          14:30:00Z      0.2 s  no tables
      – allow_drop                           skipped: `steps.found.tables` is empty
      ✓ stop_writers   14:30:00Z      0.0 s  nothing is bound to it here
      ✓ inventory      14:30:00Z      1.1 s  4 tables, 1,240,551 rows, 318 MiB
      ✓ backup         14:30:02Z      2.9 s  clickhouse-backup/2026-11-22_143000-k7q2,
                                             318 MiB
      ✓ clean          14:30:04Z      0.6 s  replica1, replica2
      ✓ migrate/up     14:30:05Z      2.8 s  houseplan sandbox migrate, exit code 0
      ✓ migrate        14:30:08Z      3.2 s  4 of 4 tables there, replicated, same
                                             columns
      ● restore        14:30:08Z             running, 1 of 4 tasks done
            restore[runs@replica1] running, attempt 2
            restore[feedbacks_rmt@replica1] succeeded
        verify                               waiting
        thaw                                 waiting
        start_writers                        waiting
    ");
}

#[test]
fn the_status_of_a_run_that_stands_still_says_why_and_what_to_type() {
    let mut story = in_restore();
    let at_work = run(&story.model(), true, start(), 80, Paint::NONE);
    assert!(!at_work.contains("houseplan resume"), "{at_work}");
    let broken_off = run(&story.model(), false, start(), 80, Paint::NONE);
    assert!(broken_off.contains("go on        houseplan resume 2026-11-22_143000-k7q2"), "{broken_off}");
    story.failed("restore[runs@replica1]", 1, failure(), None);
    story.suspended(SuspendReason::Failed);
    let failed = run(&story.model(), false, start(), 80, Paint::NONE);
    for said in [
        "`restore` for runs on replica1 failed",
        "TRUNCATE TABLE default.runs",
        "houseplan resume 2026-11-22_143000-k7q2",
    ] {
        assert!(failed.contains(said), "{said} is not in {failed}");
    }
}

#[test]
fn a_run_that_nobody_works_at_and_nothing_ended_is_broken_off() {
    assert_eq!(Standing::of(&in_restore().model(), true), Standing::Running);
    assert_eq!(Standing::of(&in_restore().model(), false), Standing::BrokenOff);
    assert_eq!(Standing::of(&whole_move().model(), false), Standing::Succeeded);
}

/// A backup that was settled as done, in a run that was given up.
fn given_up_after_its_backup() -> Story {
    let mut story = Story::new("standalone-to-replicated", move_outline());
    story.begin("backup", vec![seed("backup", None, None)]);
    story.started("backup", 1);
    let output = json!({ "store": "store", "path": "clickhouse-backup/x", "total_size": 3 << 20, "num_files": 4 });
    story.settled("backup", 1, Verdict::Done(output));
    story.push(Event::Claimed { target: "source".into(), member: "source".into() });
    story.push(Event::StepStopped { step: step("ready"), refusal: refusal() });
    story.push(Event::RunAbandoned { by: "ops".to_owned(), leave_in_doubt: false, without: vec![], left: vec![] });
    story.ended(Outcome::Abandoned);
    story
}

#[test]
fn what_a_run_leaves_is_in_its_report_also_where_it_was_given_up() {
    let model = given_up_after_its_backup().model();
    let report = text(&Account::of(&model, false), 80);
    for said in [
        "backup backup    clickhouse-backup/x, 3.0 MiB",
        "  backup         done ",
        "found: replica2 · feedbacks_rmt · missing",
        "the claim on source was left there",
    ] {
        assert!(report.contains(said), "`{said}` is not in {report}");
    }
    let closing = crate::view::closing::closing(&model, 80, Paint::NONE);
    assert!(closing.contains("backup   clickhouse-backup/x in `store`, 3.0 MiB"), "{closing}");
    let status = run(&model, false, start(), 80, Paint::NONE);
    assert!(status.contains("  ✓ backup         14:30:00Z             done\n"), "{status}");
    assert!(status.contains("    inventory                            not begun\n"), "{status}");
    assert!(status.contains("found: replica2 · feedbacks_rmt · missing"), "{status}");
}

#[test]
fn a_status_says_who_is_waited_for() {
    let mut story = Story::new("standalone-to-replicated", move_outline());
    story.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    story.started("allow_drop", 1);
    let (task, digest) = (TaskId("allow_drop".into()), "sha256:77aa".to_owned());
    story.push(Event::ApprovalAwaited { task: task.clone(), attempt: 1, shown: json!("x"), digest: digest.clone() });
    story.suspended(SuspendReason::AwaitingApproval);
    let waits = run(&story.model(), false, start(), 80, Paint::NONE);
    assert!(waits.contains("  ? allow_drop     14:30:00Z             waits for an approval\n"), "{waits}");
    story.push(Event::Approved { task, digest, by: "ada".to_owned() });
    assert_eq!(Standing::of(&story.model(), false), Standing::Approved);
    let given = run(&story.model(), false, start(), 80, Paint::NONE);
    assert!(!given.contains("waits for an approval"), "{given}");
}
