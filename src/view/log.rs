//! The view where there is no terminal: a log. A line, with its time, for each beginning and end; nothing that moves.

use std::{
    collections::HashMap,
    io::Write,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    line::{heading, passing, standing},
    live::{Live, View},
    paint::{Paint, one_line},
};

use crate::{
    account::{Account, Record},
    engine::{event::Event, performer::Progress},
    humanize,
    name::TaskId,
};

/// How far a task is, is said at most this often.
const EVERY: Duration = Duration::from_secs(30);

/// Writes lines to `out`. What cannot be written is dropped: a run does not end because nobody reads along.
pub struct Log<W> {
    out: W,
    every: Duration,
    /// When a task was last heard of in the log, and in which words.
    said: HashMap<TaskId, (Instant, String)>,
}

impl<W: Write + Send> Log<W> {
    pub fn new(out: W) -> Self {
        Self { out, every: EVERY, said: HashMap::new() }
    }

    /// Says which run this is.
    pub fn heading(&mut self, account: &Account, now: Timestamp) {
        let heading = heading(account, usize::MAX, Paint::NONE);
        self.line(&format!("{}  {heading}", humanize::moment(now)));
    }

    fn line(&mut self, text: &str) {
        // one write a line, so that lines of several writers do not mix
        self.out.write_all(format!("{text}\n").as_bytes()).and_then(|()| self.out.flush()).unwrap_or_default();
    }
}

impl<W: Write + Send> View for Log<W> {
    fn record(&mut self, live: &Live, record: &Record) {
        let account = &live.account;
        if let Event::RunCreated(_) = &record.event {
            self.heading(account, record.at);
        }
        if let Event::TaskStarted { task, .. } | Event::SettlementBegun { task, .. } = &record.event {
            self.said.insert(task.clone(), (Instant::now(), String::new()));
        }
        let line = standing(account, record).or_else(|| passing(account, record));
        if let Some(line) = line {
            self.line(&line.in_log(record.at));
        }
    }

    fn progress(&mut self, _: &Live, task: &TaskId, progress: &Progress) {
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
