use jiff::SignedDuration;
use serde_json::json;

use super::{
    markdown,
    status::{RunLine, run, runs},
    text,
};
use crate::{
    account::{Account, standing::Standing},
    engine::event::{Event, Outcome, SuspendReason, Verdict},
    name::TaskId,
    view::{
        paint::Paint,
        tests::fixture::{
            Fixture, connection_lost, failure, in_restore, move_outline, refusal, seed, start, step, whole_move,
        },
    },
};

/// A move that failed once, was in doubt once, and was resumed.
fn troubled() -> Fixture {
    let mut fixture = in_restore();
    fixture.failed("restore[runs@replica1]", 1, failure(), None);
    let task = TaskId("restore[feedbacks_rmt@replica1]".into());
    fixture.push(Event::TaskDoubted { task, attempt: 1, failure: connection_lost() });
    fixture.suspended(SuspendReason::Failed);
    fixture.after(600_000).resumed(9001);
    fixture.settled("restore[feedbacks_rmt@replica1]", 1, Verdict::Done(json!(null)));
    fixture.push(Event::TaskSucceeded { task: TaskId("restore[feedbacks_rmt@replica1]".into()) });
    fixture.started("restore[runs@replica1]", 2);
    fixture
}

fn at_work(fixture: &Fixture) -> Account {
    Account { at_work: true, ..fixture.account() }
}

#[test]
fn a_report_names_what_was_left_out() {
    let mut fixture = whole_move();
    for record in &mut fixture.records {
        if let Event::StepSucceeded { step, outputs, .. } = &mut record.event
            && step.as_str() == "inventory"
        {
            outputs.insert("except".into(), json!(["schema_migrations", "audit"]));
        }
    }
    let account = fixture.account();
    let said = "verify: 4 of 4 tables of default equal on replica1 and replica2: 3 by their parts, 1 by its rows; left out: schema_migrations, audit";
    assert!(markdown(&account).contains(said), "{}", markdown(&account));
    assert_eq!(
        serde_json::to_value(&account).unwrap()["comparisons"][0]["left_out"],
        json!(["schema_migrations", "audit"])
    );
}

#[test]
fn a_report_in_text() {
    insta::assert_snapshot!(text(&whole_move().account(), 80), @r#"
    run              2026-11-22_143000-k7q2
    plan             standalone-to-replicated 1.0.0
    environment      sandbox
    digest           sha256:1f0c77
    by               ada
    started          2026-11-22 14:30:00Z
    ended            2026-11-22 14:30:27Z
    state            succeeded, after 27 s
    input database   "default"
    backup backup    clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB

    steps
      probe            succeeded  14:30:00Z  0.4 s        store reached by source,
                                                          replica1, replica2
      preflight        succeeded  14:30:00Z  0.3 s        5 checks hold
      look_at_cluster  succeeded  14:30:00Z  0.2 s        no tables
      allow_drop       skipped                            `steps.look_at_cluster.tables`
                                                          is empty
      stop_writers     succeeded  14:30:00Z  0.0 s        no steps are defined for
                                                          this procedure in
                                                          environment sandbox
      inventory        succeeded  14:30:00Z  1.1 s        4 tables, 1,240,551 rows,
                                                          318 MiB
      backup           succeeded  14:30:02Z  2.9 s        clickhouse-backup/2026-11-22_143000-k7q2,
                                                          318 MiB
      clean            succeeded  14:30:04Z  0.6 s        replica1, replica2
      migrate/up       succeeded  14:30:05Z  2.8 s        houseplan sandbox migrate,
                                                          exit code 0
      migrate          succeeded  14:30:08Z  3.2 s        4 of 4 tables there,
                                                          replicated, same columns
      restore          succeeded  14:30:08Z  16 s         4 tables, 318 MiB
      verify           succeeded  14:30:24Z  2.0 s        4 tables are the same on 2
                                                          members: 3 by their parts,
                                                          1 by its rows
      start_merges     succeeded  14:30:26Z  0.3 s        source, replica1, replica2
      start_writers    succeeded  14:30:27Z  0.0 s        no steps are defined for
                                                          this procedure in
                                                          environment sandbox

    comparisons
      verify: 4 of 4 tables of default equal on replica1 and replica2: 3 by their
      parts, 1 by its rows
        table               rows     size  replica1  replica2          checksum
        runs           1,000,000  233 MiB    = rows    = rows  9f3c61d0ab42e0a1
        feedbacks_rmt    120,000   24 MiB   = parts   = parts  03d7c2119e0f415e
        runs_tags         90,551   48 MiB   = parts   = parts  77aa01bc5512ff09
        feedbacks         30,000   13 MiB   = parts   = parts  c0ffee0011223344

    servers
      source/source: address 127.0.0.1:21010, version 26.9.1.1
      cluster/replica1: address 127.0.0.1:21010, version 26.9.1.1
      cluster/replica2: address 127.0.0.1:21010, version 26.9.1.1

    processes
      2026-11-22 14:30:00Z ada on ops-laptop, process 8123
    "#);
    insta::assert_snapshot!(text(&at_work(&troubled()), 80), @r#"
    run              2026-11-22_143000-k7q2
    plan             standalone-to-replicated 1.0.0
    environment      sandbox
    digest           sha256:1f0c77
    by               ada
    started          2026-11-22 14:30:00Z
    last record      2026-11-22 14:40:13Z
    state            running, 10 min 14 s from the first record to the last
    input database   "default"
    backup backup    clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB

    steps
      probe            succeeded  14:30:00Z  0.4 s        store reached by source,
                                                          replica1, replica2
      preflight        succeeded  14:30:00Z  0.3 s        5 checks hold
      look_at_cluster  succeeded  14:30:00Z  0.2 s        no tables
      allow_drop       skipped                            `steps.look_at_cluster.tables`
                                                          is empty
      stop_writers     succeeded  14:30:00Z  0.0 s        no steps are defined for
                                                          this procedure in
                                                          environment sandbox
      inventory        succeeded  14:30:00Z  1.1 s        4 tables, 1,240,551 rows,
                                                          318 MiB
      backup           succeeded  14:30:02Z  2.9 s        clickhouse-backup/2026-11-22_143000-k7q2,
                                                          318 MiB
      clean            succeeded  14:30:04Z  0.6 s        replica1, replica2
      migrate/up       succeeded  14:30:05Z  2.8 s        houseplan sandbox migrate,
                                                          exit code 0
      migrate          succeeded  14:30:08Z  3.2 s        4 of 4 tables there,
                                                          replicated, same columns
      restore          running    14:30:08Z
      verify           waiting
      start_merges     waiting
      start_writers    waiting

    failures and stops
      2026-11-22 14:30:12Z restore[runs@replica1], attempt 1: replica1: the table
      default.runs is not empty: Code: 608. Cannot restore the table default.runs
      because it already contains some data. (CANNOT_RESTORE_TABLE)
      2026-11-22 14:30:12Z restore[feedbacks_rmt@replica1], attempt 1: the
      connection to replica1 was lost

    decisions
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
    insta::assert_snapshot!(markdown(&at_work(&troubled())), @r#"
    # standalone-to-replicated: running

    | | |
    |---|---|
    | run | `2026-11-22_143000-k7q2` |
    | plan | standalone-to-replicated 1.0.0 |
    | environment | sandbox |
    | digest | `sha256:1f0c77` |
    | by | ada |
    | started | 2026-11-22 14:30:00Z |
    | last record | 2026-11-22 14:40:13Z |
    | state | running, 10 min 14 s from the first record to the last |
    | input database | `"default"` |
    | backup backup | `clickhouse-backup/2026-11-22_143000-k7q2`, 318 MiB |

    ## Steps

    | step | state | started | took | |
    |---|---|---|---|---|
    | `probe` | succeeded | 2026-11-22 14:30:00Z | 0.4 s | store reached by source, replica1, replica2 |
    | `preflight` | succeeded | 2026-11-22 14:30:00Z | 0.3 s | 5 checks hold |
    | `look_at_cluster` | succeeded | 2026-11-22 14:30:00Z | 0.2 s | no tables |
    | `allow_drop` | skipped |  |  | `steps.look_at_cluster.tables` is empty |
    | `stop_writers` | succeeded | 2026-11-22 14:30:00Z | 0.0 s | no steps are defined for this procedure in environment sandbox |
    | `inventory` | succeeded | 2026-11-22 14:30:00Z | 1.1 s | 4 tables, 1,240,551 rows, 318 MiB |
    | `backup` | succeeded | 2026-11-22 14:30:02Z | 2.9 s | clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB |
    | `clean` | succeeded | 2026-11-22 14:30:04Z | 0.6 s | replica1, replica2 |
    | `migrate/up` | succeeded | 2026-11-22 14:30:05Z | 2.8 s | houseplan sandbox migrate, exit code 0 |
    | `migrate` | succeeded | 2026-11-22 14:30:08Z | 3.2 s | 4 of 4 tables there, replicated, same columns |
    | `restore` | running | 2026-11-22 14:30:08Z |  |  |
    | `verify` | waiting |  |  |  |
    | `start_merges` | waiting |  |  |  |
    | `start_writers` | waiting |  |  |  |

    ## Failures and stops

    - 2026-11-22 14:30:12Z restore\[runs@replica1], attempt 1: replica1: the table default.runs is not empty: Code: 608. Cannot restore the table default.runs because it already contains some data. (CANNOT_RESTORE_TABLE)
    - 2026-11-22 14:30:12Z restore\[feedbacks_rmt@replica1], attempt 1: the connection to replica1 was lost

    ## Decisions

    - 2026-11-22 14:40:13Z houseplan settled restore\[feedbacks_rmt@replica1], attempt 1, as done

    ## Servers

    - source/source: address 127.0.0.1:21010, version 26.9.1.1
    - cluster/replica1: address 127.0.0.1:21010, version 26.9.1.1
    - cluster/replica2: address 127.0.0.1:21010, version 26.9.1.1

    ## Processes

    - 2026-11-22 14:30:00Z ada on ops-laptop, process 8123
    - 2026-11-22 14:40:12Z ada on ops-laptop, process 9001
    "#);
}

#[test]
fn a_report_as_json_has_it_all() {
    let account = serde_json::to_value(at_work(&troubled())).expect("JSON");
    assert_eq!(account["standing"], "running");
    assert_eq!(account["sessions"].as_array().map(Vec::len), Some(2));
    let restore = account["steps"].as_array().into_iter().flatten().find(|it| it["step"] == "restore");
    let attempts = &restore.expect("the step")["tasks"][0]["attempts"];
    assert_eq!((&attempts[0]["failure"]["server"]["code"], &attempts[1]["number"]), (&json!(608), &json!(2)));
    assert_eq!(account["backups"][0]["bytes"], 318 << 20);
    assert_eq!(account["next"], json!([]), "a process is at work");
}

#[test]
fn a_report_as_json_has_the_edges_between_the_steps_that_it_lists() {
    let needs = |edges: &[(&str, &str)], skipped: bool| {
        let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
        for (id, need) in edges {
            fixture.outline.steps[&step(id)].needs.push(step(need));
        }
        if skipped {
            let reason = "`when` is false".to_owned();
            fixture.push(Event::StepSkipped { step: step("migrate/begin"), reason });
        }
        let account = serde_json::to_value(fixture.account()).expect("JSON");
        let steps = account["steps"].as_array().expect("steps").clone();
        let edges = steps.iter().map(|it| (it["step"].as_str().expect("a name").to_owned(), it["needs"].clone()));
        edges.filter(|(_, needs)| needs != &json!([])).collect::<Vec<_>>()
    };
    let edges = [
        ("migrate/begin", "clean"),
        ("migrate/up", "migrate/begin"),
        ("migrate", "migrate/up"),
        ("restore", "migrate"),
    ];
    let edge = |step: &str, need: &str| (step.to_owned(), json!([need]));
    let all = [edge("migrate/up", "clean"), edge("migrate", "migrate/up"), edge("restore", "migrate")];
    assert_eq!(needs(&edges, false), all);
    assert_eq!(needs(&edges, true), [edge("migrate", "clean"), edge("restore", "migrate")]);
}

#[test]
fn a_report_as_json_says_what_is_asked_and_what_to_type() {
    let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
    fixture.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    fixture.started("allow_drop", 1);
    let (task, digest) = (TaskId("allow_drop".into()), "sha256:77aa".to_owned());
    fixture.push(Event::ApprovalAwaited { task, attempt: 1, shown: json!("x"), digest });
    fixture.suspended(SuspendReason::AwaitingApproval);
    let account = serde_json::to_value(fixture.account()).expect("JSON");
    assert_eq!(account["approvals"], json!([{ "task": "allow_drop", "digest": "sha256:77aa", "shown": "x" }]));
    let commands: Vec<&str> =
        account["next"].as_array().into_iter().flatten().filter_map(|it| it["command"].as_str()).collect();
    let run = crate::view::tests::fixture::RUN;
    let approve = format!("houseplan approve {run} allow_drop --digest sha256:77aa");
    assert_eq!(commands, [approve, format!("houseplan resume {run}"), format!("houseplan abandon {run}")]);
}

#[test]
fn a_status_of_all_runs() {
    let lines = [
        RunLine::of(&at_work(&troubled())),
        RunLine::of(&in_restore().account()),
        RunLine::of(&whole_move().account()),
    ];
    let now = start() + SignedDuration::from_hours(1);
    insta::assert_snapshot!(runs(&lines, now, 120, Paint::NONE), @"
      run                     plan                      environment  state         steps  last update  by
    ● 2026-11-22_143000-k7q2  standalone-to-replicated  sandbox      running       10/14  49 min ago   ada
    ? 2026-11-22_143000-k7q2  standalone-to-replicated  sandbox      process died  10/14  59 min ago   ada
    ✓ 2026-11-22_143000-k7q2  standalone-to-replicated  sandbox      succeeded     14/14  59 min ago   ada
    ");
    assert_eq!(runs(&[], now, 80, Paint::NONE), "no runs yet\n");
    let narrow = runs(&lines, now, 20, Paint::NONE);
    assert!(narrow.lines().skip(1).all(|line| line.contains("2026-11-22_143000-k7q2")), "{narrow}");
}

#[test]
fn a_status_of_one_run() {
    let now = start() + SignedDuration::from_mins(20);
    insta::assert_snapshot!(run(&at_work(&troubled()), now, 80, Paint::NONE), @"
    ● standalone-to-replicated 1.0.0
      environment sandbox
      run 2026-11-22_143000-k7q2
      running · last update 9 min ago · by ada

      ✓ probe            14:30:00Z      0.4 s  store reached by source, replica1,
                                               replica2
      ✓ preflight        14:30:00Z      0.3 s  5 checks hold
      ✓ look_at_cluster  14:30:00Z      0.2 s  no tables
      – allow_drop                             skipped:
                                               `steps.look_at_cluster.tables` is
                                               empty
      ✓ stop_writers     14:30:00Z      0.0 s  no steps are defined for this
                                               procedure in environment sandbox
      ✓ inventory        14:30:00Z      1.1 s  4 tables, 1,240,551 rows, 318 MiB
      ✓ backup           14:30:02Z      2.9 s  clickhouse-backup/2026-11-22_143000-k7q2,
                                               318 MiB
      ✓ clean            14:30:04Z      0.6 s  replica1, replica2
      ✓ migrate/up       14:30:05Z      2.8 s  houseplan sandbox migrate, exit code
                                               0
      ✓ migrate          14:30:08Z      3.2 s  4 of 4 tables there, replicated, same
                                               columns
      ● restore          14:30:08Z             running, 1 of 4 tasks done
            restore[runs@replica1]  running, attempt 2
            restore[feedbacks_rmt@replica1]  succeeded
        verify                                 waiting
        start_merges                           waiting
        start_writers                          waiting
    ");
}

#[test]
fn the_status_of_a_suspended_run_says_why_and_what_to_type() {
    let mut fixture = in_restore();
    let working = run(&at_work(&fixture), start(), 80, Paint::NONE);
    assert!(!working.contains("houseplan resume"), "{working}");
    let died = run(&fixture.account(), start(), 80, Paint::NONE);
    assert!(died.contains("go on                houseplan resume 2026-11-22_143000-k7q2"), "{died}");
    fixture.failed("restore[runs@replica1]", 1, failure(), None);
    fixture.suspended(SuspendReason::Failed);
    let failed = run(&fixture.account(), start(), 80, Paint::NONE);
    for said in [
        "`restore` for runs on replica1 failed",
        "TRUNCATE TABLE default.runs",
        "houseplan resume 2026-11-22_143000-k7q2",
    ] {
        assert!(failed.contains(said), "{said} is not in {failed}");
    }
}

#[test]
fn a_run_that_nobody_works_at_and_nothing_ended_lost_its_process() {
    assert_eq!(at_work(&in_restore()).standing(), Standing::Running);
    assert_eq!(in_restore().account().standing(), Standing::ProcessDied);
    assert_eq!(whole_move().account().standing(), Standing::Succeeded);
}

/// A backup that was settled as done, in a run that was abandoned.
fn abandoned_after_its_backup() -> Fixture {
    let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
    fixture.begin("backup", vec![seed("backup", None, None)]);
    fixture.started("backup", 1);
    let output = json!({ "store": "store", "path": "clickhouse-backup/x", "url": "http://s3/b", "id": "r/backup/1", "total_size": 3 << 20, "num_files": 4 });
    fixture.settled("backup", 1, Verdict::Done(output));
    fixture.push(Event::Claimed { target: "source".into(), member: "source".into() });
    fixture.push(Event::StepStopped { step: step("preflight"), refusal: refusal() });
    fixture.push(Event::RunAbandoned {
        by: "ops".to_owned(),
        leave_in_doubt: false,
        without: vec![],
        left_in_doubt: vec![],
    });
    fixture.ended(Outcome::Abandoned);
    fixture
}

#[test]
fn what_a_run_leaves_is_in_its_report_also_where_it_was_abandoned() {
    let account = abandoned_after_its_backup().account();
    let report = text(&account, 80);
    for said in [
        "backup backup    clickhouse-backup/x, 3.0 MiB",
        "  backup           done ",
        "found: replica2 · feedbacks_rmt · missing",
        "the lock on source was not released",
    ] {
        assert!(report.contains(said), "`{said}` is not in {report}");
    }
    let closing = crate::view::closing::closing(&account, 80, Paint::NONE);
    assert!(closing.contains("backup   clickhouse-backup/x in `store`, 3.0 MiB"), "{closing}");
    assert!(!closing.contains("was not released"), "it was told before, with what to do: {closing}");
    let status = run(&account, start(), 80, Paint::NONE);
    assert!(status.contains("  ✓ backup           14:30:00Z             done\n"), "{status}");
    assert!(status.contains("    inventory                              not started\n"), "{status}");
    assert!(status.contains("found: replica2 · feedbacks_rmt · missing"), "{status}");
}

#[test]
fn a_status_says_who_is_waited_for() {
    let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
    fixture.begin("allow_drop", vec![seed("allow_drop", None, None)]);
    fixture.started("allow_drop", 1);
    let (task, digest) = (TaskId("allow_drop".into()), "sha256:77aa".to_owned());
    fixture.push(Event::ApprovalAwaited { task: task.clone(), attempt: 1, shown: json!("x"), digest: digest.clone() });
    fixture.suspended(SuspendReason::AwaitingApproval);
    let waits = run(&fixture.account(), start(), 80, Paint::NONE);
    assert!(waits.contains("  ? allow_drop       14:30:00Z             needs an approval\n"), "{waits}");
    fixture.push(Event::Approved { task, digest, by: "ada".to_owned() });
    assert_eq!(fixture.account().standing(), Standing::Approved);
    let given = run(&fixture.account(), start(), 80, Paint::NONE);
    assert!(!given.contains("needs an approval"), "{given}");
}
