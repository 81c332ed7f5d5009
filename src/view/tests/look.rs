//! For the eye: `cargo test --lib look_at_the_terminal -- --ignored --nocapture`, on a terminal (in tmux, at several widths).

use std::{thread::sleep, time::Duration};

use crate::{
    engine::{event::Event, performer::Progress},
    name::TaskId,
    view::{
        Record, View,
        closing::closing,
        model::Model,
        paint::Color,
        story::{self, TABLES, whole_move},
        terminal::Terminal,
    },
};

#[test]
#[ignore = "to be looked at, on a terminal"]
fn look_at_the_terminal() {
    let story = whole_move();
    println!();
    let paint = Color::Auto.paint(&std::io::stderr());
    let mut view = Terminal::stderr(Model::new(story.outline.clone()), paint);
    for record in &story.records {
        // as if it happened now, so that the clocks go
        let record = Record { at: jiff::Timestamp::now(), ..record.clone() };
        view.record(&record);
        match &record.event {
            Event::TaskStarted { task, .. } => work(&mut view, task),
            Event::StepSkipped { .. } => view
                .notice("a notice that is long enough to be wrapped on a screen that is not very wide, as this one is"),
            _ => {}
        }
    }
    view.finish();
    println!("\n{}", closing(&story.model(), console::Term::stderr().size().1.into(), paint));
}

fn work(view: &mut Terminal, task: &TaskId) {
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
        view.progress(task, &progress);
    }
}

#[test]
fn stories_number_their_records_from_one() {
    assert!(story::whole_move().records.iter().zip(1..).all(|(record, n)| record.n == n));
}
