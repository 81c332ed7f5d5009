use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{event::Event, performer::Progress},
    name::TaskId,
    view::{
        frame::{Screen, frame},
        live::{Live, Tracks},
        paint::{Paint, width},
        tests::fixture::{Fixture, connection_lost, in_restore, move_outline, seed, step, until_migrate},
    },
};

fn tracks(known: &[(&str, Progress)]) -> Tracks {
    known.iter().map(|(task, progress)| (TaskId((*task).into()), progress.clone())).collect()
}

fn bytes(done: u64, total: u64) -> Progress {
    Progress { done: Some(done << 20), total: Some(total << 20), bytes: true, ..Progress::default() }
}

fn drawn(fixture: &Fixture, tracks: &Tracks, columns: usize, rows: usize) -> String {
    let last = fixture.records.last().map_or(Timestamp::UNIX_EPOCH, |record| record.at);
    let now = last + SignedDuration::from_secs(4);
    let live = Live { account: fixture.account(), tracks: tracks.clone() };
    let lines = frame(&live, Screen { columns, rows, now, paint: Paint::NONE, beat: 0 });
    for line in &lines {
        assert!(width(line) < columns, "{columns}: {line:?}");
    }
    format!("\n{}\n", lines.join("\n"))
}

fn restoring() -> (Fixture, Tracks) {
    let known = [("restore[runs@replica1]", bytes(142, 233)), ("restore[feedbacks_rmt@replica1]", bytes(21, 24))];
    (in_restore(), tracks(&known))
}

#[test]
fn bars_where_there_are_totals() {
    let (fixture, tracks) = restoring();
    insta::assert_snapshot!(drawn(&fixture, &tracks, 80, 30), @"
    ⠋ restore  runs           ━━━━━━━━━━───────   60 %     142 / 233 MiB    00:04
    ⠋ restore  feedbacks_rmt  ━━━━━━━━━━━━━━╸──   87 %       21 / 24 MiB    00:04
      0 of 4 tables · then verify, start_merges and start_writers
    ");
}

#[test]
fn what_has_no_room_is_left_out() {
    let (fixture, tracks) = restoring();
    insta::assert_snapshot!(drawn(&fixture, &tracks, 60, 30), @"
    ⠋ restore  runs           ━━━━━━━━━──────   60 %    00:04
    ⠋ restore  feedbacks_rmt  ━━━━━━━━━━━━━──   87 %    00:04
      0 of 4 tables · then verify and 2 more
    ");
    insta::assert_snapshot!(drawn(&fixture, &tracks, 40, 30), @"
    ⠋ rest…  runs   ━━━──   60 %    00:04
    ⠋ rest…  feed…  ━━━━─   87 %    00:04
      0 of 4 tables · then verify and 2 …
    ");
    for columns in 1..130 {
        drawn(&fixture, &tracks, columns, 10);
    }
}

#[test]
fn spinners_retries_and_checks() {
    let mut fixture = until_migrate();
    fixture.push(Event::StepEntered { step: step("migrate/begin") });
    fixture.push(Event::PreconditionsBegun { step: step("migrate/begin") });
    fixture.begin(
        "start_merges",
        vec![seed("start_merges", None, Some("replica1")), seed("start_merges", None, Some("replica2"))],
    );
    fixture.started("start_merges[replica1]", 1);
    fixture.started("start_merges[replica2]", 1);
    fixture.after(1_000).failed("start_merges[replica1]", 1, connection_lost(), Some(10));
    let known =
        [("start_merges[replica2]", Progress { line: Some("applying 0042".to_owned()), ..Progress::default() })];
    insta::assert_snapshot!(drawn(&fixture, &tracks(&known), 80, 30), @"
    ⠋ migrate                 checks its preconditions                      00:05
    ↻ start_merges  replica1  attempt 2 in 6 s: the connection to repli…    00:05
    ⠋ start_merges  replica2  applying 0042                                 00:05
      0 of 2 members · then migrate/up, migrate, restore and 2 more
    ");
}

#[test]
fn hundreds_of_tasks_do_not_fill_the_screen() {
    let mut fixture = Fixture::new("fan-out", move_outline());
    let items: Vec<String> = (0..300).map(|n| format!("item_{n:03}")).collect();
    fixture.begin("clean", items.iter().map(|item| seed("clean", Some(item), None)).collect());
    items.iter().for_each(|item| fixture.started(&format!("clean[{item}]"), 1));
    fixture.acted("clean[item_000]", 1);
    insta::assert_snapshot!(drawn(&fixture, &Tracks::new(), 80, 12), @"
    ⠋ clean  item_001                                                       00:04
    ⠋ clean  item_002                                                       00:04
    ⠋ clean  item_003                                                       00:04
    ⠋ clean  item_004                                                       00:04
    ⠋ clean  item_005                                                       00:04
    ⠋ clean  item_006                                                       00:04
      …and 293 more at work
      1 of 300 items · then probe, preflight, look_at_cluster and 10 more
    ");
}

#[test]
fn all_is_said_only_when_it_is_all() {
    let (fixture, _) = restoring();
    let nearly = tracks(&[(
        "restore[runs@replica1]",
        Progress { done: Some(999_999), total: Some(1_000_000), ..Progress::default() },
    )]);
    assert!(drawn(&fixture, &nearly, 80, 30).contains(" 99 %"));
    // ClickHouse's own counters go past the total now and then
    let past = tracks(&[("restore[runs@replica1]", bytes(300, 233))]);
    assert!(drawn(&fixture, &past, 80, 30).contains("233 / 233 MiB"));
}
