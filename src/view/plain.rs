//! The view where there is no terminal: a log. A line, with its time, for each beginning and end; nothing that moves.

use std::{
    collections::HashMap,
    io::Write,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    Record, View,
    line::{passing, standing},
    model::Model,
    paint::{Paint, one_line},
    terminal::heading,
};

use crate::{
    engine::{event::Event, performer::Progress},
    humanize,
    name::TaskId,
};

/// How far a task is, is said at most this often.
const EVERY: Duration = Duration::from_secs(30);

/// Writes lines to `out`. What cannot be written is passed over: a run does not end because nobody reads along.
pub struct Plain<W> {
    model: Model,
    out: W,
    every: Duration,
    /// When a task was last heard of in the log, and in which words.
    said: HashMap<TaskId, (Instant, String)>,
}

impl<W: Write + Send> Plain<W> {
    /// To `out`, going on from `model`.
    pub fn new(model: Model, out: W) -> Self {
        Self { model, out, every: EVERY, said: HashMap::new() }
    }

    /// Says which run this is.
    pub fn heading(&mut self, now: Timestamp) {
        let heading = heading(&self.model, usize::MAX, Paint::NONE);
        self.line(&format!("{}  {heading}", humanize::moment(now)));
    }

    fn line(&mut self, text: &str) {
        // one write a line, so that lines of several writers do not mix
        self.out.write_all(format!("{text}\n").as_bytes()).and_then(|()| self.out.flush()).unwrap_or_default();
    }
}

impl<W: Write + Send> View for Plain<W> {
    fn record(&mut self, record: &Record) {
        self.model.apply(record);
        if let Event::RunCreated(_) = &record.event {
            self.heading(record.at);
        }
        if let Event::TaskStarted { task, .. } | Event::SettlementBegun { task, .. } = &record.event {
            self.said.insert(task.clone(), (Instant::now(), String::new()));
        }
        let line = standing(&self.model, record).or_else(|| passing(&self.model, record));
        if let Some(line) = line {
            self.line(&line.in_log(record.at));
        }
    }

    fn progress(&mut self, task: &TaskId, progress: &Progress) {
        let now = humanize::moment(Timestamp::now());
        if let Some(printed) = &progress.line {
            self.line(&format!("{now}  │ {task}  {}", one_line(printed)));
        }
        let text = amount(progress);
        let (last, before) = self.said.entry(task.clone()).or_insert_with(|| (Instant::now(), String::new()));
        if last.elapsed() >= self.every && !text.is_empty() && *before != text {
            (*last, *before) = (Instant::now(), text.clone());
            self.line(&format!("{now}  … {task}  {text}"));
        }
    }

    fn notice(&mut self, text: &str) {
        self.line(&format!("{}  ! {}", humanize::moment(Timestamp::now()), one_line(text)));
    }

    fn finish(&mut self) {}
}

/// `RESTORING, 61 %, 142 / 233 MiB`.
fn amount(progress: &Progress) -> String {
    let mut parts: Vec<String> = progress.doing.as_deref().map(one_line).into_iter().collect();
    match (progress.done, progress.total) {
        (Some(done), Some(total)) if total > 0 => {
            let done = done.min(total);
            parts.push(format!("{} %", (u128::from(done) * 100 / u128::from(total))));
            parts.push(match progress.bytes {
                true => humanize::size_of(done, total),
                false => format!("{} / {}", humanize::thousands(done), humanize::thousands(total)),
            });
        }
        (Some(done), _) if done > 0 => {
            parts.push(if progress.bytes { humanize::size(done) } else { humanize::thousands(done) });
        }
        _ => {}
    }
    parts.join(", ")
}
