use std::sync::{Arc, Mutex};

use crate::{
    account::{Account, Record, outline::Outline},
    engine::{
        event::{Event, Outcome, Verdict},
        performer::Progress,
    },
    name::TaskId,
    view::{
        line::standing,
        live::{Shared, Watch},
        log::Log,
        paint::Paint,
        tests::fixture::{self, Fixture, connection_lost, in_restore, move_outline, seed, whole_move},
    },
};

/// What stands on a terminal of `columns` after all of it.
fn stands(fixture: &Fixture, columns: usize) -> String {
    let mut account = Account::new(fixture.outline.clone());
    let mut out = String::from("\n");
    for record in &fixture.records {
        account.apply(record);
        if let Some(line) = standing(&account, record) {
            out.push_str(&line.on_screen(14, columns, Paint::NONE));
            out.push('\n');
        }
    }
    out
}

#[test]
fn what_stands_of_the_whole_move() {
    insta::assert_snapshot!(stands(&whole_move(), 80), @"
    ✓ probe           store reached by source, replica1, replica2            0.4 s
    ✓ preflight       5 checks hold                                          0.3 s
    ✓ look_at_cluster  no tables                                             0.2 s
    – allow_drop      skipped: `steps.look_at_cluster.tables` is empty
    ✓ stop_writers    no steps are defined for this procedure in environment
                      sandbox
    ✓ inventory       4 tables, 1,240,551 rows, 318 MiB                      1.1 s
    ✓ backup          clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB      2.9 s
    ✓ clean           replica1, replica2                                     0.6 s
    ✓ migrate/up      houseplan sandbox migrate, exit code 0                 2.8 s
    ✓ migrate         4 of 4 tables there, replicated, same columns          3.2 s
    ✓ restore         4 tables, 318 MiB                                       16 s
    ✓ verify          4 tables are the same on 2 members: 3 by their         2.0 s
                      parts, 1 by its rows
    ✓ start_merges    source, replica1, replica2                             0.3 s
    ✓ start_writers   no steps are defined for this procedure in environment
                      sandbox
    ");
}

#[test]
fn a_narrow_screen_wraps_and_loses_nothing() {
    insta::assert_snapshot!(stands(&in_restore(), 50), @"
    ✓ probe           store reached by source,
                      replica1, replica2 (0.4 s)
    ✓ preflight       5 checks hold (0.3 s)
    ✓ look_at_cluster  no tables (0.2 s)
    – allow_drop      skipped:
                      `steps.look_at_cluster.tables`
                      is empty
    ✓ stop_writers    no steps are defined for this
                      procedure in environment
                      sandbox
    ✓ inventory       4 tables, 1,240,551 rows, 318
                      MiB (1.1 s)
    ✓ backup          clickhouse-backup/2026-11-22_143000-k7q2,
                      318 MiB (2.9 s)
    ✓ clean           replica1, replica2 (0.6 s)
    ✓ migrate/up      houseplan sandbox migrate,
                      exit code 0 (2.8 s)
    ✓ migrate         4 of 4 tables there,
                      replicated, same columns (3.2
                      s)
    ");
}

/// Two members: on one a retry, on the other a doubt that is settled.
fn two_members() -> Fixture {
    let mut fixture = Fixture::new("two-members", move_outline());
    fixture.begin("clean", vec![seed("clean", None, Some("replica1")), seed("clean", None, Some("replica2"))]);
    fixture.started("clean[replica1]", 1);
    fixture.started("clean[replica2]", 1);
    fixture.after(2_000).failed("clean[replica1]", 1, connection_lost(), Some(10));
    let task = TaskId("clean[replica2]".into());
    fixture.push(Event::TaskDoubted { task, attempt: 1, failure: connection_lost() });
    fixture.settled("clean[replica2]", 1, Verdict::Done(serde_json::Value::Null));
    fixture.push(Event::TaskSucceeded { task: TaskId("clean[replica2]".into()) });
    fixture.after(9_100).started("clean[replica1]", 2);
    fixture.after(400).acted("clean[replica1]", 2);
    fixture.succeeded("clean", None, serde_json::Value::Null);
    fixture
}

#[test]
fn retries_and_doubts_stand_too() {
    insta::assert_snapshot!(stands(&two_members(), 80), @"
    ↻ clean           replica1: attempt 1 failed, next one in 10 s: the connection
                      to replica1 was lost
    ? clean           replica2: in doubt, attempt 1: the connection to replica1
                      was lost
    ✓ clean           replica2: attempt 1 settled by houseplan: it was done
    ✓ clean           2 members                                               12 s
    ");
}

#[test]
fn a_for_each_is_counted_by_its_items() {
    let mut fixture = Fixture::new("fan-out", move_outline());
    let items = ["a", "b", "c"];
    fixture.begin("clean", items.iter().map(|item| seed("clean", Some(item), None)).collect());
    for item in items {
        fixture.started(&format!("clean[{item}]"), 1);
        fixture.after(100).acted(&format!("clean[{item}]"), 1);
    }
    fixture.succeeded("clean", None, serde_json::Value::Null);
    insta::assert_snapshot!(stands(&fixture, 80), @"✓ clean           3 items                                                0.3 s");
}

#[test]
fn what_a_skipped_inclusion_holds_is_not_told_line_by_line() {
    let mut fixture = Fixture::new("skipped", move_outline());
    for id in ["migrate/begin", "migrate/up", "migrate"] {
        fixture.push(Event::StepSkipped { step: fixture::step(id), reason: "`when` is false".to_owned() });
    }
    fixture.ended(Outcome::Succeeded);
    insta::assert_snapshot!(stands(&fixture, 80), @"– migrate         skipped: `when` is false");
}

/// A writer whose text can be read afterwards.
#[derive(Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}

fn log(outline: Outline, records: &[Record]) -> (Written, Watch) {
    let written = Written::default();
    let mut watch = Watch::new(Shared::new(Account::new(outline)), Box::new(Log::new(written.clone())));
    records.iter().for_each(|record| watch.record(record));
    (written, watch)
}

#[test]
fn a_log_of_the_whole_move() {
    let fixture = whole_move();
    insta::assert_snapshot!(log(fixture.outline.clone(), &fixture.records).0.text(), @"
    2026-11-22 14:30:00Z  standalone-to-replicated 1.0.0 · environment sandbox · run 2026-11-22_143000-k7q2
    2026-11-22 14:30:00Z  ● run  started by process 8123 of ada on ops-laptop
    2026-11-22 14:30:00Z  ✓ source  is the expected server
    2026-11-22 14:30:00Z  ✓ cluster/replica1  is the expected server
    2026-11-22 14:30:00Z  ✓ cluster/replica2  is the expected server
    2026-11-22 14:30:00Z  ● probe  starts
    2026-11-22 14:30:00Z  ✓ probe  store reached by source, replica1, replica2  (0.4 s)
    2026-11-22 14:30:00Z  ● preflight  starts
    2026-11-22 14:30:00Z  ✓ preflight  5 checks hold  (0.3 s)
    2026-11-22 14:30:00Z  ● look_at_cluster  starts
    2026-11-22 14:30:00Z  ✓ look_at_cluster  no tables  (0.2 s)
    2026-11-22 14:30:00Z  – allow_drop  skipped: `steps.look_at_cluster.tables` is empty
    2026-11-22 14:30:00Z  ✓ stop_writers  no steps are defined for this procedure in environment sandbox
    2026-11-22 14:30:00Z  ● inventory  starts
    2026-11-22 14:30:02Z  ✓ inventory  4 tables, 1,240,551 rows, 318 MiB  (1.1 s)
    2026-11-22 14:30:02Z  ● backup  starts
    2026-11-22 14:30:04Z  ✓ backup  clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB  (2.9 s)
    2026-11-22 14:30:04Z  ● clean  2 members
    2026-11-22 14:30:04Z  ● clean[replica1]  starts
    2026-11-22 14:30:04Z  ● clean[replica2]  starts
    2026-11-22 14:30:05Z  ✓ clean[replica1]  done  (0.5 s)
    2026-11-22 14:30:05Z  ✓ clean[replica2]  done  (0.6 s)
    2026-11-22 14:30:05Z  ✓ clean  replica1, replica2  (0.6 s)
    2026-11-22 14:30:05Z  ● migrate/up  starts
    2026-11-22 14:30:08Z  ✓ migrate/up  houseplan sandbox migrate, exit code 0  (2.8 s)
    2026-11-22 14:30:08Z  ✓ migrate  4 of 4 tables there, replicated, same columns  (3.2 s)
    2026-11-22 14:30:08Z  ● restore  4 tables
    2026-11-22 14:30:08Z  ● restore[runs@replica1]  starts
    2026-11-22 14:30:08Z  ● restore[feedbacks_rmt@replica1]  starts
    2026-11-22 14:30:15Z  ✓ restore[runs@replica1]  done  (7.0 s)
    2026-11-22 14:30:18Z  ✓ restore[feedbacks_rmt@replica1]  done  (10 s)
    2026-11-22 14:30:18Z  ● restore[runs_tags@replica1]  starts
    2026-11-22 14:30:21Z  ✓ restore[runs_tags@replica1]  done  (3.0 s)
    2026-11-22 14:30:21Z  ● restore[feedbacks@replica1]  starts
    2026-11-22 14:30:24Z  ✓ restore[feedbacks@replica1]  done  (3.0 s)
    2026-11-22 14:30:24Z  ✓ restore  4 tables, 318 MiB  (16 s)
    2026-11-22 14:30:24Z  ● verify  starts
    2026-11-22 14:30:26Z  ✓ verify  4 tables are the same on 2 members: 3 by their parts, 1 by its rows  (2.0 s)
    2026-11-22 14:30:26Z  ● finally  starts
    2026-11-22 14:30:26Z  ● start_merges  starts
    2026-11-22 14:30:27Z  ✓ start_merges  source, replica1, replica2  (0.3 s)
    2026-11-22 14:30:27Z  ✓ start_writers  no steps are defined for this procedure in environment sandbox
    ");
}

#[test]
fn a_log_tells_retries_and_doubts() {
    let fixture = two_members();
    insta::assert_snapshot!(log(fixture.outline.clone(), &fixture.records[5..]).0.text(), @"
    2026-11-22 14:30:00Z  ● clean  2 members
    2026-11-22 14:30:00Z  ● clean[replica1]  starts
    2026-11-22 14:30:00Z  ● clean[replica2]  starts
    2026-11-22 14:30:02Z  ↻ clean  replica1: attempt 1 failed, next one in 10 s: the connection to replica1 was lost
    2026-11-22 14:30:02Z  ? clean  replica2: in doubt, attempt 1: the connection to replica1 was lost
    2026-11-22 14:30:02Z  ● clean[replica2]  finds out whether attempt 1 was done
    2026-11-22 14:30:02Z  ✓ clean  replica2: attempt 1 settled by houseplan: it was done
    2026-11-22 14:30:02Z  ✓ clean[replica2]  done  (2.9 s)
    2026-11-22 14:30:12Z  ● clean[replica1]  starts, attempt 2
    2026-11-22 14:30:12Z  ✓ clean[replica1]  done  (0.4 s)
    2026-11-22 14:30:12Z  ✓ clean  2 members  (12 s)
    ");
}

#[test]
fn a_log_shows_what_processes_print_and_progress_only_now_and_then() {
    let (written, mut watch) = log(move_outline(), &[]);
    let task = TaskId("migrate/up".into());
    watch.progress(
        &task,
        &Progress { doing: Some("RESTORING".to_owned()), done: Some(1), total: Some(2), ..Progress::default() },
    );
    assert_eq!(written.text(), "");
    watch.progress(&task, &Progress { line: Some("12/u \u{1b}[2Jcreate\r\nruns".to_owned()), ..Progress::default() });
    let text = written.text();
    let told: Vec<&str> = text.lines().map(|line| &line[22..]).collect();
    assert_eq!(told, ["│ migrate/up  12/u create runs"]);
}
