//! The view for machines: the journal's own records, one JSON object a line, and between them what the journal does not keep.
//!
//! `{"n":7,"at":"…","event":"task_started",…}` is a record. Without `n` there is `"event":"progress"` (`task`, and what is
//! known of `doing`, `done`, `total`, `bytes`, `line`).

use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;

use super::live::{Live, View};
use crate::{
    account::Record,
    engine::{event::Event, performer::Progress},
    name::TaskId,
};

/// Writes JSON lines to `out`.
pub struct Json<W> {
    out: W,
}

#[derive(Serialize)]
struct RecordLine<'a> {
    n: u64,
    at: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

#[derive(Serialize)]
struct ProgressLine<'a> {
    event: &'static str,
    at: Timestamp,
    task: &'a TaskId,
    #[serde(skip_serializing_if = "Option::is_none")]
    doing: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    bytes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a str>,
}

impl<W: Write + Send> Json<W> {
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// A reader that went away does not end the run.
    fn line(&mut self, line: &impl Serialize) {
        if let Ok(mut text) = serde_json::to_string(line) {
            text.push('\n');
            self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).unwrap_or_default();
        }
    }
}

impl<W: Write + Send> View for Json<W> {
    fn record(&mut self, _: &Live, record: &Record) {
        self.line(&RecordLine { n: record.n, at: record.at, event: &record.event });
    }

    fn progress(&mut self, _: &Live, task: &TaskId, progress: &Progress) {
        let Progress { doing, done, total, bytes, line } = progress;
        self.line(&ProgressLine {
            event: "progress",
            at: Timestamp::now(),
            task,
            doing: doing.as_deref(),
            done: *done,
            total: *total,
            bytes: *bytes,
            line: line.as_deref(),
        });
    }

    fn finish(&mut self) {}
}
