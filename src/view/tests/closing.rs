use serde_json::json;

use crate::{
    account::outline::{Kind, Outline},
    engine::event::{Event, Outcome},
    humanize::NOT_IN_A_BACKUP,
    view::{
        closing::closing,
        paint::Paint,
        tests::fixture::{
            self, Fixture, TABLES, compared, compared_row, comparison, inventory, move_outline, names, seed, step,
            whole_move,
        },
    },
};

fn screen(fixture: &Fixture) -> String {
    closing(&fixture.account(), 80, Paint::NONE)
}

#[test]
fn the_whole_move() {
    insta::assert_snapshot!(screen(&whole_move()), @"
    ✓ standalone-to-replicated succeeded in 27 s: every table of `default` is the
      same on replica1 and replica2: 3 by their parts, 1 by its rows

      table                rows      size   replica1   replica2   checksum
      runs            1,000,000   233 MiB     = rows     = rows    9f3c…a1
      runs_tags          90,551    48 MiB    = parts    = parts    77aa…09
      feedbacks_rmt     120,000    24 MiB    = parts    = parts    03d7…5e
      feedbacks          30,000    13 MiB    = parts    = parts    c0ff…44
      4 tables · 1,240,551 rows · 318 MiB · compared by columns, number of rows and
      checksums

      backup    clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB; keep
                it until you trust what was restored
      skipped   allow_drop
      report    houseplan report 2026-11-22_143000-k7q2
    ");
}

/// A move whose comparison says `rows`, of an inventory of `tables`.
fn verified(tables: &[(&str, u64, u64, &str)], rows: serde_json::Value) -> Fixture {
    let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
    fixture.whole("inventory", 1_100, "tables", inventory(tables));
    fixture.whole("verify", 2_000, "compared", rows);
    fixture.ended(Outcome::Succeeded);
    fixture
}

#[test]
fn a_table_that_differs_is_always_shown_and_nothing_is_claimed() {
    let many: Vec<(String, u64)> = (0..40).map(|n| (format!("table_{n:02}"), 1_000 - n)).collect();
    let tables: Vec<_> =
        many.iter().map(|(name, rows)| (name.as_str(), *rows, rows * 1_024, "9f3c61d0ab42e0a1")).collect();
    let all: Vec<&str> = tables.iter().map(|table| table.0).collect();
    let differ = [("table_39", "replica2", "961 rows, 960 found")];
    insta::assert_snapshot!(screen(&verified(&tables, compared(&all, &["replica1", "replica2"], &differ))), @"
    ! standalone-to-replicated succeeded in 3.1 s: 1 of 40 tables differs

      table       rows       size   replica1   replica2   checksum
      table_39     961    961 KiB    = parts    differs    9f3c…a1
      table_00   1,000   1000 KiB    = parts    = parts    9f3c…a1
      table_01     999    999 KiB    = parts    = parts    9f3c…a1
      table_02     998    998 KiB    = parts    = parts    9f3c…a1
      table_03     997    997 KiB    = parts    = parts    9f3c…a1
      table_04     996    996 KiB    = parts    = parts    9f3c…a1
      table_05     995    995 KiB    = parts    = parts    9f3c…a1
      table_06     994    994 KiB    = parts    = parts    9f3c…a1
      table_07     993    993 KiB    = parts    = parts    9f3c…a1
      table_08     992    992 KiB    = parts    = parts    9f3c…a1
      table_09     991    991 KiB    = parts    = parts    9f3c…a1
      table_10     990    990 KiB    = parts    = parts    9f3c…a1
      …28 more, all equal
      ≠ table_39 on replica2: 961 rows, 960 found
      40 tables · 39,220 rows · 38 MiB · compared by columns, number of rows and
      checksums

      report   houseplan report 2026-11-22_143000-k7q2
    ");
}

#[test]
fn what_was_left_out_is_named() {
    let but = |except: &[&str]| {
        let mut inventory = inventory(TABLES);
        inventory["except"] = json!(except);
        let mut fixture = Fixture::new("standalone-to-replicated", move_outline());
        fixture.whole("inventory", 1_100, "tables", inventory);
        fixture.whole("verify", 2_000, "compared", compared(&names(), &["replica1", "replica2"], &[]));
        fixture.ended(Outcome::Succeeded);
        fixture
    };
    insta::assert_snapshot!(screen(&but(&["schema_migrations", "audit"])), @"
    ✓ standalone-to-replicated succeeded in 3.1 s: every table of `default` but
      `schema_migrations` and `audit` is the same on replica1 and replica2: 3 by
      their parts, 1 by its rows

      table                rows      size   replica1   replica2   checksum
      runs            1,000,000   233 MiB     = rows     = rows    9f3c…a1
      runs_tags          90,551    48 MiB    = parts    = parts    77aa…09
      feedbacks_rmt     120,000    24 MiB    = parts    = parts    03d7…5e
      feedbacks          30,000    13 MiB    = parts    = parts    c0ff…44
      4 tables · 1,240,551 rows · 318 MiB · compared by columns, number of rows and
      checksums

      left out   schema_migrations, audit
      report     houseplan report 2026-11-22_143000-k7q2
    ");
    let many = ["a", "b", "c", "d", "e", "f"];
    assert!(
        headline(&but(&many)).contains("every table of `default` but `a`, `b`, `c` and 3 more is the same"),
        "{}",
        headline(&but(&many))
    );
    assert!(screen(&but(&many)).contains("left out   a, b, c, d, e, f\n"));
    assert!(!screen(&but(&[])).contains("left out"));
}

#[track_caller]
fn headline(fixture: &Fixture) -> String {
    let screen = screen(fixture);
    let words: Vec<&str> = screen.split("\n\n").next().unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}

#[test]
fn of_no_tables_nothing_is_claimed() {
    let row = |member| compared_row(member, None, json!({}));
    let fixture = verified(&[], comparison(&[row("replica1"), row("replica2")]));
    assert!(headline(&fixture).contains("nothing was compared"), "{}", headline(&fixture));
    assert!(headline(&fixture).starts_with('!'), "{}", headline(&fixture));
}

#[test]
fn sameness_is_claimed_only_where_every_table_was_compared_on_every_member() {
    let members = ["replica1", "replica2"];
    let same = |rows| headline(&verified(TABLES, rows)).contains("is the same on");
    assert!(same(compared(&names(), &members, &[])));
    assert!(!same(compared(&names()[1..], &members, &[])), "a table of the inventory was not compared");
    assert!(!same(compared(&names(), &members[..1], &[])), "a member that was pinned was not compared");
    assert!(!same(compared(&names(), &members, &[("runs", "replica1", "rows")])), "one differs");
    assert!(!same(comparison(&[])), "nothing was compared");
    assert!(!same(json!({})), "nothing is known of the comparison");
}

#[test]
fn what_is_missing_extra_or_equal_only_after_merges_is_told_apart() {
    let row = |member: &str, table: &str, what: serde_json::Value| {
        let mut said = json!({ "left_rows": 5, "right_rows": 5 });
        said.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
        compared_row(member, Some(table), said)
    };
    let rows = comparison(&[
        row("replica1", "runs", json!({ "by_final": true })),
        row("replica1", "feedbacks", json!({ "right_rows": 4 })),
        row("replica1", "runs_tags", json!({ "equal": false, "missing": true, "differences": ["missing"] })),
        row(
            "replica1",
            "old",
            json!({ "equal": false, "extra": true, "differences": ["not in the inventory (5 rows)"] }),
        ),
    ]);
    insta::assert_snapshot!(screen(&verified(TABLES, rows)), @"
    ! standalone-to-replicated succeeded in 3.1 s: 3 of 5 tables differ

      table                rows      size       replica1   checksum
      runs_tags          90,551    48 MiB        missing    77aa…09
      feedbacks          30,000    13 MiB        differs    c0ff…44
      old                     5                    extra
      runs            1,000,000   233 MiB        = FINAL    9f3c…a1
      feedbacks_rmt     120,000    24 MiB   not compared    03d7…5e
      ≠ runs_tags on replica1: missing
      ≠ feedbacks on replica1: differs
      ≠ old on replica1: not in the inventory (5 rows)
      5 tables · 1,240,556 rows · 318 MiB · compared by columns, number of rows and
      checksums

      report   houseplan report 2026-11-22_143000-k7q2
    ");
}

#[test]
fn without_checksums_it_is_said_what_was_compared() {
    let mut fixture = verified(TABLES, compared(&names(), &["replica1", "replica2"], &[]));
    let verify = fixture.outline.steps.get_mut(&step("verify")).expect("in the outline");
    verify.comparison.as_mut().expect("a comparison").by.pop();
    insta::assert_snapshot!(headline(&fixture), @"✓ standalone-to-replicated succeeded in 3.1 s: every table of `default` has the same columns and number of rows on replica1 and replica2");
}

#[test]
fn a_backup_says_where_it_is() {
    let mut outline = move_outline();
    outline.steps.retain(|id, _| matches!(id.as_str(), "probe" | "backup"));
    let mut fixture = Fixture::new("backup-database", outline);
    fixture.whole("probe", 400, "store reached by source", json!({}));
    fixture.whole(
        "backup",
        2_900,
        "made",
        json!({ "store": "store", "path": "nightly/2026-11-22", "url": "http://s3/b", "id": "r/backup/1", "total_size": 318 << 20 }),
    );
    fixture.ended(Outcome::Succeeded);
    insta::assert_snapshot!(screen(&fixture), @"
    ✓ backup-database succeeded in 3.3 s

      backup   nightly/2026-11-22 in `store`, 318 MiB
      report   houseplan report 2026-11-22_143000-k7q2
    ");
}

#[test]
fn a_restore_without_a_comparison_says_that_none_was_made() {
    let mut outline = move_outline();
    outline.steps.retain(|_, it| it.kind == Kind::Restore);
    let mut fixture = Fixture::new("restore-database", outline);
    fixture.begin(
        "restore",
        vec![seed("restore", Some("runs"), Some("replica1")), seed("restore", Some("tags"), Some("replica1"))],
    );
    for task in ["restore[runs@replica1]", "restore[tags@replica1]"] {
        fixture.started(task, 1);
        fixture.after(1_000).acted(task, 1);
    }
    fixture.succeeded("restore", None, json!({}));
    fixture.ended(Outcome::Succeeded);
    insta::assert_snapshot!(screen(&fixture), @"
    ✓ restore-database succeeded in 2.0 s

      restored   2 of 2 tasks done: runs and tags; not compared with what was backed
                 up
      report     houseplan report 2026-11-22_143000-k7q2
    ");
}

#[test]
fn a_plan_of_other_steps_tells_their_summaries() {
    let mut fixture = Fixture::new("look", move_outline());
    fixture.outline.steps.retain(|id, _| id.as_str() == "preflight");
    fixture.whole("preflight", 300, "5 checks hold", json!({}));
    fixture.ended(Outcome::Succeeded);
    insta::assert_snapshot!(screen(&fixture), @"
    ✓ look succeeded in 0.3 s

      preflight   5 checks hold
      report      houseplan report 2026-11-22_143000-k7q2
    ");
}

#[test]
fn an_abandoned_run_claims_nothing_and_says_first_what_its_end_has_not_done() {
    let mut fixture = fixture::in_restore();
    fixture.push(Event::RunAbandoned {
        by: "ada".to_owned(),
        leave_in_doubt: false,
        without: vec![],
        left_in_doubt: vec![],
    });
    fixture.whole("start_merges", 300, "source, replica1, replica2", json!({}));
    let reason = "condition is false: not steps.migrate.started (`migrate` has started)".to_owned();
    fixture.push(Event::StepSkipped { step: step("start_writers/begin"), reason });
    let reason = "`start_writers/begin` was skipped".to_owned();
    fixture.push(Event::StepSkipped { step: step("start_writers"), reason });
    fixture.ended(Outcome::Abandoned);
    insta::assert_snapshot!(screen(&fixture), @"
    ! NOT DONE: `start_writers` of `finally` was skipped
      condition is false: not steps.migrate.started (`migrate` has started)
      by hand, once you are sure that it is wanted:
        local: make start_writers

    ■ standalone-to-replicated was abandoned after 13 s

      backup     clickhouse-backup/2026-11-22_143000-k7q2 in `store`, 318 MiB
      restored   0 of 4 tasks done
      skipped    allow_drop and start_writers
      report     houseplan report 2026-11-22_143000-k7q2
    ");
}

#[test]
fn what_a_backup_leaves_out_is_noted_where_there_is_a_backup() {
    let noted = |outline: Outline| {
        let mut fixture = Fixture::new("verify", outline);
        let mut held = inventory(TABLES);
        held["notes"] = json!([NOT_IN_A_BACKUP, "a view refreshes by itself"]);
        fixture.whole("inventory", 1_100, "tables", held);
        fixture.ended(Outcome::Succeeded);
        screen(&fixture).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut without = move_outline();
    without.steps.retain(|_, step| step.kind != Kind::Backup);
    assert!(noted(move_outline()).contains(NOT_IN_A_BACKUP));
    assert!(!noted(without.clone()).contains(NOT_IN_A_BACKUP));
    assert!(noted(without).contains("a view refreshes by itself"));
}

#[test]
fn servers_of_two_versions_are_noted() {
    let noted = |version: &str| {
        let mut fixture = whole_move();
        let identity = json!({ "version": version });
        fixture.push(Event::MemberPinned { target: "source".into(), member: "source".into(), identity });
        screen(&fixture).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!noted("26.9.1.1").contains("runs ClickHouse"));
    let told = "replica1 and replica2 run ClickHouse 26.9.1.1, source runs ClickHouse 24.8.4.1";
    assert!(noted("24.8.4.1").contains(&format!("note {told}")));
}
