//! For the eye: `cargo test --lib look_at_the_terminal -- --ignored --nocapture`, on a terminal (in tmux, at several widths).

use std::{thread::sleep, time::Duration};

use crate::{
    account::{Account, Record},
    engine::{event::Event, performer::Progress},
    name::TaskId,
    view::{
        closing::closing,
        live::{Shared, Watch},
        paint::Color,
        terminal::Terminal,
        tests::fixture::{self, TABLES, whole_move},
    },
};

#[test]
#[ignore = "to be looked at, on a terminal"]
fn look_at_the_terminal() {
    let fixture = whole_move();
    println!();
    let paint = Color::Auto.paint(&std::io::stderr());
    let live = Shared::new(Account::new(fixture.outline.clone()));
    let mut watch = Watch::new(live.clone(), Box::new(Terminal::stderr(live, paint)));
    for record in &fixture.records {
        // as if it happened now, so that the clocks go
        let record = Record { at: jiff::Timestamp::now(), ..record.clone() };
        watch.record(&record);
        if let Event::TaskStarted { task, .. } = &record.event {
            work(&mut watch, task);
        }
    }
    drop(watch);
    println!("\n{}", closing(&fixture.account(), console::Term::stderr().size().1.into(), paint));
}

fn work(watch: &mut Watch, task: &TaskId) {
    let table = TABLES.iter().find(|table| task.as_str().contains(&format!("[{}@", table.0)));
    let total = table.map_or(100, |table| table.2);
    for done in 0..=20 {
        sleep(Duration::from_millis(60));
        let progress = match table {
            Some(_) => {
                Progress { done: Some(total / 20 * done), total: Some(total), bytes: true, ..Progress::default() }
            }
            None => Progress { doing: Some(format!("at work, {done} of 20")), ..Progress::default() },
        };
        watch.progress(task, &progress);
    }
}

#[test]
fn fixtures_number_their_records_from_one() {
    assert!(fixture::whole_move().records.iter().zip(1..).all(|(record, n)| record.n == n));
}
