use std::sync::{Arc, Mutex};

use crate::{
    engine::{
        event::{Event, Outcome, Verdict},
        performer::Progress,
    },
    name::TaskId,
    view::{
        Record, View,
        line::standing,
        model::Model,
        paint::Paint,
        plain::Plain,
        story::{self, Story, connection_lost, in_restore, move_outline, seed, whole_move},
    },
};

/// What stands on a terminal of `columns` after all of it.
fn stands(story: &Story, columns: usize) -> String {
    let mut model = Model::new(story.outline.clone());
    let mut out = String::from("\n");
    for record in &story.records {
        model.apply(record);
        if let Some(line) = standing(&model, record) {
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
    ✓ ready           5 checks hold                                          0.3 s
    ✓ found           no tables                                              0.2 s
    – allow_drop      skipped: `steps.found.tables` is empty
    ✓ stop_writers    nothing is bound to it here
    ✓ inventory       4 tables, 1,240,551 rows, 318 MiB                      1.1 s
    ✓ backup          clickhouse-backup/2026-11-22_143000-k7q2, 318 MiB      2.9 s
    ✓ clean           replica1, replica2                                     0.6 s
    ✓ migrate/up      houseplan sandbox migrate, exit code 0                 2.8 s
    ✓ migrate         4 of 4 tables there, replicated, same columns          3.2 s
    ✓ restore         4 tables, 318 MiB                                       16 s
    ✓ verify          4 tables are the same on replica1, replica2            2.0 s
    ✓ thaw            source, replica1, replica2                             0.3 s
    ✓ start_writers   nothing is bound to it here
    ");
}

#[test]
fn a_narrow_screen_wraps_and_loses_nothing() {
    insta::assert_snapshot!(stands(&in_restore(), 50), @"
    ✓ probe           store reached by source,
                      replica1, replica2 (0.4 s)
    ✓ ready           5 checks hold (0.3 s)
    ✓ found           no tables (0.2 s)
    – allow_drop      skipped: `steps.found.tables`
                      is empty
    ✓ stop_writers    nothing is bound to it here
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
fn two_members() -> Story {
    let mut story = Story::new("two-members", move_outline());
    story.begin("clean", vec![seed("clean", None, Some("replica1")), seed("clean", None, Some("replica2"))]);
    story.started("clean[replica1]", 1);
    story.started("clean[replica2]", 1);
    story.after(2_000).failed("clean[replica1]", 1, connection_lost(), Some(10));
    let task = TaskId("clean[replica2]".into());
    story.push(Event::TaskDoubted { task, attempt: 1, failure: connection_lost() });
    story.settled("clean[replica2]", 1, Verdict::Done(serde_json::Value::Null));
    story.push(Event::TaskSucceeded { task: TaskId("clean[replica2]".into()) });
    story.after(9_100).started("clean[replica1]", 2);
    story.after(400).acted("clean[replica1]", 2);
    story.succeeded("clean", None, serde_json::Value::Null);
    story
}

#[test]
fn retries_and_doubts_stand_too() {
    insta::assert_snapshot!(stands(&two_members(), 80), @"
    ↻ clean           replica1: attempt 1 failed, again in 10 s: the connection to
                      replica1 was lost
    ? clean           replica2: in doubt, attempt 1: the connection to replica1
                      was lost
    ✓ clean           replica2: attempt 1 settled by houseplan: it was done
    ✓ clean           2 members                                               12 s
    ");
}

#[test]
fn a_for_each_is_counted_by_its_items() {
    let mut story = Story::new("fan-out", move_outline());
    let items = ["a", "b", "c"];
    story.begin("clean", items.iter().map(|item| seed("clean", Some(item), None)).collect());
    for item in items {
        story.started(&format!("clean[{item}]"), 1);
        story.after(100).acted(&format!("clean[{item}]"), 1);
    }
    story.succeeded("clean", None, serde_json::Value::Null);
    insta::assert_snapshot!(stands(&story, 80), @"✓ clean           3 items                                                0.3 s");
}

#[test]
fn what_a_skipped_inclusion_holds_is_not_told_line_by_line() {
    let mut story = Story::new("skipped", move_outline());
    for id in ["migrate/begin", "migrate/up", "migrate"] {
        story.push(Event::StepSkipped { step: story::step(id), reason: "`when` is false".to_owned() });
    }
    story.ended(Outcome::Succeeded);
    insta::assert_snapshot!(stands(&story, 80), @"– migrate         skipped: `when` is false");
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

fn log(outline: crate::view::outline::Outline, records: &[Record]) -> (Written, Plain<Written>) {
    let written = Written::default();
    let mut plain = Plain::new(Model::new(outline), written.clone());
    records.iter().for_each(|record| plain.record(record));
    (written, plain)
}

#[test]
fn a_log_of_the_whole_move() {
    let story = whole_move();
    insta::assert_snapshot!(log(story.outline.clone(), &story.records).0.text(), @"
    2026-11-22 14:30:00Z  standalone-to-replicated 1.0.0 · environment sandbox · run 2026-11-22_143000-k7q2
    2026-11-22 14:30:00Z  ● begins  process 8123 of ada on ops-laptop
    2026-11-22 14:30:00Z  ✓ source  is the server meant
    2026-11-22 14:30:00Z  ✓ cluster/replica1  is the server meant
    2026-11-22 14:30:00Z  ✓ cluster/replica2  is the server meant
    2026-11-22 14:30:00Z  ● probe  starts
    2026-11-22 14:30:00Z  ✓ probe  store reached by source, replica1, replica2  (0.4 s)
    2026-11-22 14:30:00Z  ● ready  starts
    2026-11-22 14:30:00Z  ✓ ready  5 checks hold  (0.3 s)
    2026-11-22 14:30:00Z  ● found  starts
    2026-11-22 14:30:00Z  ✓ found  no tables  (0.2 s)
    2026-11-22 14:30:00Z  – allow_drop  skipped: `steps.found.tables` is empty
    2026-11-22 14:30:00Z  ✓ stop_writers  nothing is bound to it here
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
    2026-11-22 14:30:26Z  ✓ verify  4 tables are the same on replica1, replica2  (2.0 s)
    2026-11-22 14:30:26Z  ● finally  begins
    2026-11-22 14:30:26Z  ● thaw  starts
    2026-11-22 14:30:27Z  ✓ thaw  source, replica1, replica2  (0.3 s)
    2026-11-22 14:30:27Z  ✓ start_writers  nothing is bound to it here
    ");
}

#[test]
fn a_log_tells_retries_and_doubts() {
    let story = two_members();
    insta::assert_snapshot!(log(story.outline.clone(), &story.records[5..]).0.text(), @"
    2026-11-22 14:30:00Z  ● clean  2 members
    2026-11-22 14:30:00Z  ● clean[replica1]  starts
    2026-11-22 14:30:00Z  ● clean[replica2]  starts
    2026-11-22 14:30:02Z  ↻ clean  replica1: attempt 1 failed, again in 10 s: the connection to replica1 was lost
    2026-11-22 14:30:02Z  ? clean  replica2: in doubt, attempt 1: the connection to replica1 was lost
    2026-11-22 14:30:02Z  ● clean[replica2]  finds out what became of attempt 1
    2026-11-22 14:30:02Z  ✓ clean  replica2: attempt 1 settled by houseplan: it was done
    2026-11-22 14:30:02Z  ✓ clean[replica2]  done  (2.9 s)
    2026-11-22 14:30:12Z  ● clean[replica1]  starts, attempt 2
    2026-11-22 14:30:12Z  ✓ clean[replica1]  done  (0.4 s)
    2026-11-22 14:30:12Z  ✓ clean  2 members  (12 s)
    ");
}

#[test]
fn a_log_shows_what_processes_print_and_progress_only_now_and_then() {
    let (written, mut plain) = log(move_outline(), &[]);
    let task = TaskId("migrate/up".into());
    plain.progress(
        &task,
        &Progress { doing: Some("RESTORING".to_owned()), done: Some(1), total: Some(2), ..Progress::default() },
    );
    assert_eq!(written.text(), "");
    plain.progress(&task, &Progress { line: Some("12/u \u{1b}[2Jcreate\r\nruns".to_owned()), ..Progress::default() });
    plain.notice("the environment's file has changed");
    let text = written.text();
    let told: Vec<&str> = text.lines().map(|line| &line[22..]).collect();
    assert_eq!(told, ["│ migrate/up  12/u create runs", "! the environment's file has changed"]);
}
