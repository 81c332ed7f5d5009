use jiff::{SignedDuration, Timestamp};

use crate::{
    engine::{event::Event, performer::Progress},
    name::TaskId,
    view::{
        frame::{Screen, Tracks, frame},
        paint::{Paint, width},
        story::{Story, connection_lost, in_restore, move_outline, seed, step, until_migrate},
    },
};

fn tracks(known: &[(&str, Progress)]) -> Tracks {
    known.iter().map(|(task, progress)| (TaskId((*task).into()), progress.clone())).collect()
}

fn bytes(done: u64, total: u64) -> Progress {
    Progress { done: Some(done << 20), total: Some(total << 20), bytes: true, ..Progress::default() }
}

fn drawn(story: &Story, tracks: &Tracks, columns: usize, rows: usize) -> String {
    let last = story.records.last().map_or(Timestamp::UNIX_EPOCH, |record| record.at);
    let now = last + SignedDuration::from_secs(4);
    let lines = frame(&story.model(), tracks, Screen { columns, rows, now, paint: Paint::NONE, beat: 0 });
    for line in &lines {
        assert!(width(line) < columns, "{columns}: {line:?}");
    }
    format!("\n{}\n", lines.join("\n"))
}

fn restoring() -> (Story, Tracks) {
    let known = [("restore[runs@replica1]", bytes(142, 233)), ("restore[feedbacks_rmt@replica1]", bytes(21, 24))];
    (in_restore(), tracks(&known))
}

#[test]
fn bars_where_there_are_totals() {
    let (story, tracks) = restoring();
    insta::assert_snapshot!(drawn(&story, &tracks, 80, 30), @"
    ⠋ restore  runs           ━━━━━━━━━━───────   60 %     142 / 233 MiB    00:04
    ⠋ restore  feedbacks_rmt  ━━━━━━━━━━━━━━╸──   87 %       21 / 24 MiB    00:04
      0 of 4 tables · then verify, thaw and start_writers
    ");
}

#[test]
fn what_has_no_room_is_left_out() {
    let (story, tracks) = restoring();
    insta::assert_snapshot!(drawn(&story, &tracks, 60, 30), @"
    ⠋ restore  runs           ━━━━━━━━━──────   60 %    00:04
    ⠋ restore  feedbacks_rmt  ━━━━━━━━━━━━━──   87 %    00:04
      0 of 4 tables · then verify, thaw and start_writers
    ");
    insta::assert_snapshot!(drawn(&story, &tracks, 40, 30), @"
    ⠋ rest…  runs   ━━━──   60 %    00:04
    ⠋ rest…  feed…  ━━━━─   87 %    00:04
      0 of 4 tables · then verify and 2 …
    ");
    for columns in 1..130 {
        drawn(&story, &tracks, columns, 10);
    }
}

#[test]
fn spinners_retries_and_checks() {
    let mut story = until_migrate();
    story.push(Event::StepEntered { step: step("migrate/begin") });
    story.push(Event::PreconditionsBegun { step: step("migrate/begin") });
    story.begin("thaw", vec![seed("thaw", None, Some("replica1")), seed("thaw", None, Some("replica2"))]);
    story.started("thaw[replica1]", 1);
    story.started("thaw[replica2]", 1);
    story.after(1_000).failed("thaw[replica1]", 1, connection_lost(), Some(10));
    let known = [("thaw[replica2]", Progress { line: Some("applying 0042".to_owned()), ..Progress::default() })];
    insta::assert_snapshot!(drawn(&story, &tracks(&known), 80, 30), @"
    ⠋ migrate            reads its preconditions                            00:05
    ↻ thaw     replica1  attempt 2 in 6 s: the connection to replica1 w…    00:05
    ⠋ thaw     replica2  applying 0042                                      00:05
      0 of 2 members · then migrate/up, migrate, restore and 2 more
    ");
}

#[test]
fn hundreds_of_tasks_do_not_fill_the_screen() {
    let mut story = Story::new("fan-out", move_outline());
    let items: Vec<String> = (0..300).map(|n| format!("item_{n:03}")).collect();
    story.begin("clean", items.iter().map(|item| seed("clean", Some(item), None)).collect());
    items.iter().for_each(|item| story.started(&format!("clean[{item}]"), 1));
    story.acted("clean[item_000]", 1);
    insta::assert_snapshot!(drawn(&story, &Tracks::new(), 80, 12), @"
    ⠋ clean  item_001                                                       00:04
    ⠋ clean  item_002                                                       00:04
    ⠋ clean  item_003                                                       00:04
    ⠋ clean  item_004                                                       00:04
    ⠋ clean  item_005                                                       00:04
    ⠋ clean  item_006                                                       00:04
      …and 293 more at work
      1 of 300 items · then probe, ready, found, allow_drop and 9 more
    ");
}

#[test]
fn all_is_said_only_when_it_is_all() {
    let (story, _) = restoring();
    let nearly = tracks(&[(
        "restore[runs@replica1]",
        Progress { done: Some(999_999), total: Some(1_000_000), ..Progress::default() },
    )]);
    assert!(drawn(&story, &nearly, 80, 30).contains(" 99 %"));
    // ClickHouse's own counters go past the total now and then
    let past = tracks(&[("restore[runs@replica1]", bytes(300, 233))]);
    assert!(drawn(&story, &past, 80, 30).contains("233 / 233 MiB"));
}
